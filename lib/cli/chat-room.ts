import type { Connection } from '../index.js';
import { takeToken } from '../protocol/token-bucket.js';
import { chatEventAsText, type ChatEvent, type ChatMessage } from './chat-events.js';
import { cleanChatName, uniqueChatName } from './chat-name.js';

/** What a chat room needs of a connection. */
export type ChatConnection = Pick<Connection, 'send' | 'close' | 'protocol'>;

/** Bounds what strangers can make a room hold and say. */
const MAX_MEMBERS = 100;
const MAX_HISTORY = 30;
const MAX_TEXT_LENGTH = 1_000;
const MESSAGES_PER_SECOND = 5;
const MESSAGE_BURST = 10;
/** So many messages in a row that came too fast end the connection. */
const MAX_STRIKES = 50;

interface Member {
  readonly name: string;
  /** When the most messages may come at once again. */
  fullAt: number;
  strikes: number;
}

/** Is one room of the chat: its members and the last things said. */
export class ChatRoom {
  readonly #members = new Map<ChatConnection, Member>();
  readonly #history: ChatMessage[] = [];
  readonly #now: () => number;
  #guests = 0;

  /** @param now - monotonic clock in milliseconds, for the rate limit. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** How many are in the room. */
  get size(): number {
    return this.#members.size;
  }

  /**
   * Lets a connection in, greets it and tells the others; a full room turns it away with 1013.
   * @param wantedName - name as the user typed it; without one the room makes one up.
   */
  enter(connection: ChatConnection, wantedName: string): void {
    if (this.#members.size >= MAX_MEMBERS) {
      connection.close(1013, 'The room is full');
      return;
    }
    const taken = new Set([...this.#members.values()].map((member) => member.name));
    const name = uniqueChatName(cleanChatName(wantedName) || `guest ${String(++this.#guests)}`, taken);
    this.#members.set(connection, {
      name,
      fullAt: 0,
      strikes: 0,
    });
    tell(connection, { type: 'welcome', name, members: [...taken, name], history: this.#history });
    this.#announce({ type: 'join', name, count: this.size }, connection);
  }

  /** Forgets a connection and tells the others; one that is no member changes nothing. */
  leave(connection: ChatConnection): void {
    const member = this.#members.get(connection);
    if (member === undefined) return;
    this.#members.delete(connection);
    this.#announce({ type: 'leave', name: member.name, count: this.size });
  }

  /** Passes on what a member says, if it is neither too long nor too fast. */
  say(connection: ChatConnection, spoken: string): void {
    const member = this.#members.get(connection);
    if (member === undefined) return;
    const fullAt = takeToken(member.fullAt, this.#now(), MESSAGES_PER_SECOND, MESSAGE_BURST);
    if (fullAt === undefined) {
      this.#strike(connection, member);
      return;
    }
    member.fullAt = fullAt;
    member.strikes = 0;
    if (spoken.length > MAX_TEXT_LENGTH) {
      tell(connection, {
        type: 'notice',
        text: `not sent: longer than ${String(MAX_TEXT_LENGTH)} characters`,
      });
      return;
    }
    const text = cleanText(spoken);
    if (text === '') return;
    const message: ChatMessage = { type: 'message', name: member.name, text, time: new Date().toISOString() };
    this.#history.push(message);
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
    this.#announce(message);
  }

  #strike(connection: ChatConnection, member: Member): void {
    member.strikes++;
    if (member.strikes > MAX_STRIKES) connection.close(1008, 'Too many messages');
    // Told once for each series, so that a flood is not answered by a flood.
    else if (member.strikes === 1)
      tell(connection, { type: 'notice', text: 'not sent: too many messages a second' });
  }

  #announce(event: ChatEvent, except?: ChatConnection): void {
    const text = chatEventAsText(event);
    const json = JSON.stringify(event);
    for (const connection of this.#members.keys()) {
      if (connection !== except) connection.send('text', speaksJson(connection) ? json : text);
    }
  }
}

function tell(connection: ChatConnection, event: ChatEvent): void {
  connection.send('text', speaksJson(connection) ? JSON.stringify(event) : chatEventAsText(event));
}

function speaksJson(connection: ChatConnection): boolean {
  return connection.protocol === 'chat.json';
}

/** Keeps text, tabs and single empty lines; drops characters that act on a terminal. */
function cleanText(spoken: string): string {
  return spoken
    .replace(/\r\n?/g, '\n')
    .replace(/(?![\n\t])\p{Cc}/gu, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
