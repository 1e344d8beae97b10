import { Readable } from 'node:stream';
import { Opcode } from '../protocol/constants.js';
import { OutgoingMessage, messageData, type MessageData } from './outgoing-message.js';
import type { Sender } from './sender.js';

/** Gives the pieces of one message, in order: a Readable, a ReadableStream, a generator, an array. */
export type MessagePieces = AsyncIterable<MessageData> | Iterable<MessageData>;

/** Octets, or units of text, of the longest frame that is made of a piece. */
const FRAME_LENGTH = 256 * 1024;
const NO_OCTETS = Buffer.alloc(0);

/** Is a message whose pieces are still to come; they leave as fragments, as fast as the peer takes them. */
export class MessageSource {
  /** Whether the message was begun, and not brought to its end. */
  isUnfinished = false;
  /** Octets of its frames: headers and payloads. Rejects with whatever kept the message from its end. */
  readonly sent: Promise<number>;

  readonly #opcode: Opcode;
  readonly #pieces: MessagePieces;
  readonly #softBacklogBytes: number;
  readonly #message = new OutgoingMessage();
  #bytes = 0;
  #reason: Error | undefined;
  /** Ends the present wait; for the next piece, or for the peer. */
  #interrupt: ((reason: Error) => void) | undefined;
  #resolve!: (bytes: number) => void;
  #reject!: (reason: unknown) => void;

  /** @param softBacklogBytes - octets that the socket may be behind before the next piece is asked for. */
  constructor(opcode: Opcode, pieces: MessagePieces, softBacklogBytes: number) {
    this.#opcode = opcode;
    this.#pieces = pieces;
    this.#softBacklogBytes = softBacklogBytes;
    this.sent = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /**
   * Sends all pieces, and the end of the message.
   * @returns what has kept the message from its end: what the source threw, InvalidOptionError
   * (`ERR_WS_INVALID_OPTION`) for a piece that cannot be sent, or what {@link MessageSource.cancel} was given.
   */
  async sendTo(sender: Sender): Promise<Error | undefined> {
    const iterator = iterate(this.#pieces);
    try {
      if (this.#reason !== undefined) throw this.#reason;
      for (;;) {
        const next = await this.#wait<IteratorResult<MessageData>>(iterator.next());
        if (next.done === true) break;
        await this.#sendPiece(sender, next.value);
      }
      await this.#sendFragment(sender, this.#opcode === Opcode.TEXT ? '' : NO_OCTETS, true);
      this.#resolve(this.#bytes);
      return undefined;
    } catch (error) {
      this.#reject(error);
      this.#abandon(iterator);
      return error as Error;
    }
  }

  /** Gives up: nobody takes the rest. */
  cancel(reason: Error): void {
    this.#reason ??= reason;
    this.#reject(reason);
    this.#interrupt?.(reason);
  }

  async #sendPiece(sender: Sender, piece: MessageData): Promise<void> {
    const data = messageData(piece, 'piece');
    for (let at = 0; at < data.length; at += FRAME_LENGTH) {
      await this.#sendFragment(sender, part(data, at), false);
      if (sender.backlog >= this.#softBacklogBytes) await this.#wait(sender.taken());
    }
  }

  async #sendFragment(sender: Sender, data: string | Buffer, final: boolean): Promise<void> {
    const frame = this.#message.admit(this.#opcode, data, final);
    this.isUnfinished = !final;
    this.#bytes += sender.isSlow(frame)
      ? await this.#wait(sender.sendSlowly(frame))
      : sender.sendFrame(frame);
  }

  /** Waits, but not longer than anybody is interested. */
  #wait<T>(for_: T | PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#interrupt = reject;
      Promise.resolve(for_).then(resolve, reject);
      if (this.#reason !== undefined) reject(this.#reason);
    });
  }

  /** Tells the source that nobody asks for more. */
  #abandon(iterator: Iterator<MessageData> | AsyncIterator<MessageData>): void {
    // Its iterator would wait for the piece that is under way.
    if (this.#pieces instanceof Readable) this.#pieces.destroy();
    else void Promise.resolve(iterator.return?.()).catch(() => undefined);
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
