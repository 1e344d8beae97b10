import { createInflateRaw, type InflateRaw } from 'node:zlib';
import { invalidDeflate } from '../protocol/violations.js';
import type { SlidingWindow } from './sliding-window.js';

/**
 * Completes a compressed message for zlib: the end of the empty block that the message goes without (RFC 7692
 * §7.2.2), and a final block, which proves that the message ended between two blocks.
 */
export const COMPLETION = Buffer.from('0000ffff010000ffff', 'hex');

/** Octets of {@link COMPLETION} that complete a message: none, or its first four, behind a final block of its own. */
const COMPLETE: ReadonlySet<number> = new Set([0, 4, COMPLETION.length]);

const CHUNK_SIZE = 32 * 1024;

/** Final blocks that any message may have; each costs as much as a message. */
const FINAL_BLOCKS = 16;
/** Octets for which one more is allowed. */
const BYTES_PER_FINAL_BLOCK = 64;

/**
 * Bounds the final blocks within a message, each of which makes zlib begin anew.
 * @throws ProtocolError (`ERR_WS_INVALID_DEFLATE`) for more than so many octets can need.
 */
export function checkFinalBlocks(count: number, octets: number): void {
  if (count > FINAL_BLOCKS + octets / BYTES_PER_FINAL_BLOCK) throw invalidDeflate('too many final blocks');
}

/**
 * Checks that a message has ended between two blocks.
 * @param consumed - octets of {@link COMPLETION} that zlib took for its end.
 * @throws ProtocolError (`ERR_WS_INVALID_DEFLATE`) for one that has not.
 */
export function checkComplete(consumed: number): void {
  if (!COMPLETE.has(consumed)) throw invalidDeflate('the message is not complete');
}

/** Waits for what was handed in to be inflated. */
interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Inflates one message that comes in pieces, or is large, in the thread pool; as fast as its sink takes it. */
export class Inflation {
  readonly #window: SlidingWindow;
  readonly #onOctets: (octets: Buffer) => void;
  #stream: InflateRaw;
  #waiter: Waiter | undefined;
  #whenDrained: (() => void) | undefined;
  #isPaused = false;
  #failure: Error | undefined;
  #finalBlocks = 0;
  #bytes = 0;

  /**
   * @param window - what the message may refer back to; it slides on.
   * @param onOctets - takes what was inflated; what it throws fails the message.
   */
  constructor(window: SlidingWindow, onOctets: (octets: Buffer) => void) {
    this.#window = window;
    this.#onOctets = onOctets;
    this.#stream = this.#open();
  }

  /**
   * Inflates the next octets of the message; one call at a time.
   * @returns once all that they hold was handed on.
   * @throws ProtocolError (`ERR_WS_INVALID_DEFLATE`) for what is no deflate; what {@link Inflation.fail} was given.
   */
  push(octets: Buffer): Promise<void> {
    this.#bytes += octets.length;
    return this.#wait(() => this.#feed(octets));
  }

  /** Ends the message. @throws as {@link Inflation.push}; also for a message that ends within a block. */
  end(): Promise<void> {
    return this.#wait(() => this.#complete());
  }

  /** Inflates no more than what is under way. */
  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream.resume();
  }

  /** Ends it before its time: whoever waits learns why. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#stream.destroy();
    this.#whenDrained = undefined;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.reject(this.#failure);
  }

  #open(): InflateRaw {
    const { dictionary } = this.#window;
    const stream = createInflateRaw({
      chunkSize: CHUNK_SIZE,
      ...(dictionary !== undefined && { dictionary }),
    });
    stream.on('data', (octets: Buffer) => this.#streamOnData(octets));
    stream.on('error', (error) => this.fail(invalidDeflate(error.message)));
    if (this.#isPaused) stream.pause();
    return stream;
  }

  #wait(begin: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#waiter = { resolve, reject };
      begin();
    });
  }

  #settle(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve();
  }

  #feed(octets: Buffer): void {
    this.#write(octets, (consumed) => {
      if (consumed === octets.length) {
        this.#settle();
        return;
      }
      // A final block ends what zlib takes for its data, but not the message (RFC 7692 §7.2.3.4).
      this.#beginAnew();
      this.#feed(octets.subarray(consumed));
    });
  }

  #beginAnew(): void {
    this.#finalBlocks += 1;
    checkFinalBlocks(this.#finalBlocks, this.#bytes);
    this.#stream.destroy();
    this.#stream = this.#open();
  }

  #complete(): void {
    if (this.#bytes === 0) {
      // Nothing came that could be completed: an empty message, as where it is inflated whole.
      this.#settle();
      return;
    }
    this.#write(COMPLETION, (consumed) => {
      checkComplete(consumed);
      if (consumed < COMPLETION.length) this.#settle();
      else this.#stream.once('end', () => this.#settle()).end();
    });
  }

  /** Gives octets to zlib; `then` learns how many it took, once all that they hold was handed on. */
  #write(octets: Buffer, then: (consumed: number) => void): void {
    const stream = this.#stream;
    const before = stream.bytesWritten;
    stream.write(octets, (error) => {
      // What failed was told by the event; a stream that was given up calls back as if it had taken nothing.
      if ((error !== undefined && error !== null) || this.#failure !== undefined) return;
      this.#whenDrained = () => then(stream.bytesWritten - before);
      this.#checkDrained();
    });
  }

  #streamOnData(octets: Buffer): void {
    this.#window.slide(octets);
    try {
      this.#onOctets(octets);
    } catch (error) {
      // Thrown from here, it would end the process.
      this.fail(error as Error);
    }
    this.#checkDrained();
  }

  #checkDrained(): void {
    if (this.#whenDrained === undefined || this.#stream.readableLength > 0) return;
    const whenDrained = this.#whenDrained;
    this.#whenDrained = undefined;
    try {
      whenDrained();
    } catch (error) {
      this.fail(error as Error);
    }
  }
}
