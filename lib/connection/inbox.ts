import type { MessageFragment } from '../protocol/fragment-decoder.js';

/** Is a text that is delivered as its octets. */
export interface Utf8Text {
  readonly utf8: Buffer;
}

/** Is a message on its way to whoever listens: text, octets, or a piece of either. */
export type Delivery = string | Buffer | Utf8Text | MessageFragment;

/** Queues messages that cannot be delivered yet, and knows when it is full. */
export class Inbox {
  readonly #maxBytes: number;
  readonly #maxMessages: number;
  #messages: Delivery[] = [];
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
    return this.#messages.length;
  }

  /** Tells whether the bound is reached, so that reading must wait. */
  get isFull(): boolean {
    return this.#messages.length >= this.#maxMessages || this.#bytes >= this.#maxBytes;
  }

  /** Adds a message behind the others; also to a full queue. */
  push(message: Delivery): void {
    this.#messages.push(message);
    this.#bytes += sizeOf(message);
  }

  /** Takes the message that waited longest, if any. */
  shift(): Delivery | undefined {
    const message = this.#messages.shift();
    if (message !== undefined) this.#bytes -= sizeOf(message);
    return message;
  }

  /** Empties the queue. @returns how many messages were dropped. */
  clear(): number {
    const dropped = this.#messages.length;
    this.#messages = [];
    this.#bytes = 0;
    return dropped;
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
