import type { MessageFragment } from '../protocol/fragment-decoder.js';

/** Is a text that is delivered as its octets. */
export interface Utf8Text {
  readonly utf8: Buffer;
}

/** Is a message on its way to whoever listens: text, octets, or a piece of either. */
export type Delivery = string | Buffer | Utf8Text | MessageFragment;

/** Places of messages that were taken are given up when there are so many of them. */
const MOST_TAKEN = 64;

/** Queues messages that cannot be delivered yet, and knows when it is full. */
export class Inbox {
  readonly #maxBytes: number;
  readonly #maxMessages: number;
  /** Made anew whenever all is taken: to write young messages into an old array has a cost. */
  #messages: (Delivery | undefined)[] = [];
  /** How many of them are taken; shifting all others for each would be slow. */
  #taken = 0;
  #bytes = 0;

  /**
   * @param maxBytes - octets, or units of text, from which the queue is full.
   * @param maxMessages - messages from which it is full.
   */
  constructor(maxBytes: number, maxMessages: number) {
    this.#maxBytes = maxBytes;
    this.#maxMessages = maxMessages;
  }

  /** Messages that wait. */
  get length(): number {
    return this.#messages.length - this.#taken;
  }

  /** Tells whether the bound is reached, so that reading must wait. */
  get isFull(): boolean {
    return this.length >= this.#maxMessages || this.#bytes >= this.#maxBytes;
  }

  /** Adds a message behind the others; also to a full queue. */
  push(message: Delivery): void {
    this.#messages.push(message);
    this.#bytes += sizeOf(message);
  }

  /** Takes the message that waited longest, if any. */
  shift(): Delivery | undefined {
    // hot path: benchmarks/micro/receiver
    const message = this.#messages[this.#taken];
    if (message === undefined) return undefined;
    this.#bytes -= sizeOf(message);
    this.#messages[this.#taken] = undefined;
    this.#taken += 1;
    if (this.#taken === this.#messages.length) this.#begin([]);
    else if (this.#taken === MOST_TAKEN) this.#begin(this.#messages.slice(MOST_TAKEN));
    return message;
  }

  /** Empties the queue. @returns how many messages were dropped. */
  clear(): number {
    const dropped = this.length;
    this.#begin([]);
    this.#bytes = 0;
    return dropped;
  }

  #begin(messages: (Delivery | undefined)[]): void {
    this.#messages = messages;
    this.#taken = 0;
  }
}

/** Counts a string by its units: within a factor of three of its octets, and cheap. */
function sizeOf(message: Delivery): number {
  // hot path: benchmarks/micro/receiver
  if (typeof message === 'string') return message.length;
  const { length } = message as { readonly length?: number };
  if (length !== undefined) return length;
  return ('utf8' in message ? message.utf8 : (message as MessageFragment).data).length;
}

/** Gives what a stream's reader gets of a message. */
export function contentOf(message: Delivery): string | Buffer {
  // hot path: benchmarks/micro/receiver
  if (typeof message === 'string' || message instanceof Uint8Array) return message;
  return 'utf8' in message ? message.utf8 : message.data;
}
