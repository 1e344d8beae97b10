import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Opcode } from '../protocol/constants.js';
import { OutgoingMessage, messageData, type MessageData } from './outgoing-message.js';
import type { Sender } from './sender.js';

/** Gives the pieces of one message, in order: a Readable, a ReadableStream, a generator, an array. */
export type MessagePieces = AsyncIterable<MessageData> | Iterable<MessageData>;

/** Octets, or units of text, of the longest frame that is made of a piece. */
const FRAME_LENGTH = 256 * 1024;
/** Octets that are sent before others get their turn of the event loop. */
const TURN_BYTES = 64 * 1024;
/** What a piece costs besides its octets, in octets. */
const PIECE_COST = 64;

/** Is a session, as far as a message in pieces needs it; its sender may be another one after each wait. */
export interface Sending {
  readonly sender: Sender;
}

/** Is a message whose pieces are still to come; they leave as fragments, as fast as the peer takes them. */
export class MessageSource {
  /** Whether the message was begun, and not brought to its end. */
  isUnfinished = false;
  /** Octets of its frames: headers and payloads. Rejects with whatever kept the message from its end. */
  readonly sent: Promise<number>;

  readonly #opcode: Opcode;
  readonly #pieces: MessagePieces;
  /** Undefined until the first piece is asked for. */
  #iterator: Iterator<MessageData> | AsyncIterator<MessageData> | undefined;
  readonly #softBacklogBytes: number;
  readonly #message = new OutgoingMessage();
  #bytes = 0;
  #turnBytes = 0;
  #reason: Error | undefined;
  /** Ends the present wait; for the next piece, or for the peer. */
  #interrupt: ((reason: Error) => void) | undefined;
  #beforeFrame!: () => void;
  #resolve!: (bytes: number) => void;
  #reject!: (reason: unknown) => void;

  /** @param softBacklogBytes - octets that the socket may be behind before the next piece is asked for. */
  constructor(opcode: Opcode, pieces: MessagePieces, softBacklogBytes: number) {
    this.#opcode = opcode;
    // The iterator of a ReadableStream could not be ended while a piece is under way.
    const isFree = pieces instanceof ReadableStream && !pieces.locked;
    this.#pieces = isFree ? Readable.fromWeb(pieces, { objectMode: true, highWaterMark: 0 }) : pieces;
    // It may fail before anybody asks it for pieces, and would end the process.
    if (this.#pieces instanceof Readable) this.#pieces.on('error', () => undefined);
    this.#softBacklogBytes = softBacklogBytes;
    this.sent = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /**
   * Sends all pieces, and the end of the message.
   * @param beforeFrame - called before each frame, to cancel it if nothing may be sent any more.
   * @returns what has kept the message from its end: what the source threw, InvalidOptionError
   * (`ERR_WS_INVALID_OPTION`) for a piece that cannot be sent, or what {@link MessageSource.cancel} was given.
   */
  async sendTo(session: Sending, beforeFrame: () => void): Promise<Error | undefined> {
    if (this.#reason !== undefined) return this.#reason;
    this.#beforeFrame = beforeFrame;
    try {
      const iterator = (this.#iterator = iterate(this.#pieces));
      for (;;) {
        const next = await this.#wait<IteratorResult<MessageData>>(iterator.next());
        if (next.done === true) break;
        await this.#sendPiece(session, next.value);
        if (this.#turnBytes < TURN_BYTES) continue;
        this.#turnBytes = 0;
        await this.#wait(nextTurn());
      }
      await this.#sendFragment(session, '', true);
      this.#resolve(this.#bytes);
      return undefined;
    } catch (error) {
      this.#reject(error);
      void this.#abandon();
      return error instanceof Error
        ? error
        : new Error('the source threw what is no error', { cause: error });
    }
  }

  /** Gives up: nobody takes the rest. Does nothing at the second call. */
  cancel(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#reject(reason);
    this.#interrupt?.(reason);
    if (this.#iterator === undefined) void this.#abandon();
  }

  /** Gives up a message that is to be dropped as a whole. */
  drop(): void {
    this.#resolve(0);
    void this.#abandon();
  }

  async #sendPiece(session: Sending, piece: MessageData): Promise<void> {
    const data = messageData(piece, 'piece');
    this.#turnBytes += data.length + PIECE_COST;
    for (let at = 0; at < data.length; at += FRAME_LENGTH) {
      await this.#sendFragment(session, part(data, at), false);
      const { sender } = session;
      if (sender.backlog >= this.#softBacklogBytes) await this.#wait(sender.taken());
    }
  }

  async #sendFragment(session: Sending, data: string | Buffer, final: boolean): Promise<void> {
    this.#beforeFrame();
    if (this.#reason !== undefined) throw this.#reason;
    const frame = this.#message.admit(this.#opcode, data, final);
    this.isUnfinished = !final;
    const { sender } = session;
    // Not to be interrupted: our Close must not overtake the frame.
    this.#bytes += sender.isSlow(frame) ? await sender.sendSlowly(frame) : sender.sendFrame(frame);
  }

  /** Waits, but not longer than anybody is interested. */
  #wait<T>(for_: T | PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#interrupt = reject;
      Promise.resolve(for_).then(resolve, reject);
      if (this.#reason !== undefined) reject(this.#reason);
    });
  }

  /** Tells the source that nobody asks for more; what it answers is of no interest. */
  async #abandon(): Promise<void> {
    try {
      // Its iterator would wait for the piece that is under way.
      if (this.#pieces instanceof Readable) this.#pieces.destroy();
      else await (this.#iterator ?? iterate(this.#pieces)).return?.();
    } catch {
      return;
    }
  }
}

/** Tells whether something can be the pieces of a message; strings and octets are messages themselves. */
export function isPieces(value: unknown): value is MessagePieces {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

function iterate(pieces: MessagePieces): Iterator<MessageData> | AsyncIterator<MessageData> {
  return Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
}

function part(data: string | Buffer, start: number): string | Buffer {
  if (data.length <= FRAME_LENGTH) return data;
  const end = start + FRAME_LENGTH;
  return typeof data === 'string' ? data.slice(start, end) : data.subarray(start, end);
}
