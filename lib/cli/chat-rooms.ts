import type { Connection, HandlerArguments } from '../index.js';
import { ChatRoom } from './chat-room.js';

const MAX_ROOMS = 100;
const MAX_PATH_LENGTH = 100;

/** Keeps the rooms of the chat, one for each path. */
export class ChatRooms {
  /** In order of last use; a room outlives its last member, so that who reloads a page finds the history. */
  readonly #rooms = new Map<string, ChatRoom>();

  /** How many rooms there are, empty ones included. */
  get size(): number {
    return this.#rooms.size;
  }

  /** Handles the connections of `/chat/*`. */
  readonly handler = (...[connection, type, message]: HandlerArguments): void => {
    switch (type) {
      case 'connect':
        this.#enter(connection);
        break;
      case 'text':
        this.#rooms.get(connection.path)?.say(connection, message);
        break;
      case 'binary':
        connection.close(1003, 'The chat is text');
        break;
      case 'disconnect':
        this.#rooms.get(connection.path)?.leave(connection);
        break;
    }
  };

  #enter(connection: Connection): void {
    if (connection.path.length > MAX_PATH_LENGTH) {
      connection.close(1008, 'The name of the room is too long');
      return;
    }
    const room = this.#open(connection.path);
    if (room === undefined) connection.close(1013, 'There are too many rooms');
    else room.enter(connection, new URLSearchParams(connection.query).get('name') ?? '');
  }

  #open(path: string): ChatRoom | undefined {
    const room = this.#rooms.get(path) ?? (this.#hasSpace() ? new ChatRoom() : undefined);
    if (room === undefined) return undefined;
    this.#rooms.delete(path);
    this.#rooms.set(path, room);
    return room;
  }

  /** Makes space for one room more by forgetting the empty one that was used least recently. */
  #hasSpace(): boolean {
    if (this.#rooms.size < MAX_ROOMS) return true;
    for (const [path, room] of this.#rooms) {
      if (room.size > 0) continue;
      this.#rooms.delete(path);
      return true;
    }
    return false;
  }
}
