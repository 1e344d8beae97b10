import { inflateRawSync, type InflateRaw, type ZlibOptions } from 'node:zlib';
import type { MemoryBudget } from '../protocol/memory-budget.js';
import { MAX_WINDOW_BITS, MIN_OWN_WINDOW_BITS } from '../protocol/permessage-deflate.js';
import { invalidDeflate, messageTooLong } from '../protocol/violations.js';
import { Charge } from './charge.js';
import { SYNC_BYTES, type Coding } from './coding.js';
import { GrowingOctets } from './growing-octets.js';
import { COMPLETION, Inflation, checkComplete, checkFinalBlocks } from './inflation.js';
import { JobSlots, type Place } from './job-slots.js';
import { SlidingWindow } from './sliding-window.js';

/** Octets up to which a message is inflated at once; what turns out to be larger goes to the thread pool. */
const SYNC_OUTPUT = 4 * SYNC_BYTES;
const NO_OCTETS = Buffer.alloc(0);
/** Takes what is inflated at once, and its completion: zlib keeps no hold of it. */
const completion = Buffer.alloc(SYNC_BYTES + COMPLETION.length);
/**
 * What a message grows to at most, as a rule; zlib gets that much room at a time, within bounds, in octets. For more
 * than one piece of room it would also set up a window.
 */
const USUAL_RATIO = 8;
const MIN_CHUNK = 1024;
const MAX_CHUNK = 32 * 1024;

/** Inflations of whole messages that run in the thread pool at once, for the whole process. */
const jobs = new JobSlots(2);
/** Octets above which a message waits until no other is so large: what two of them hold would be too much. */
const LARGE_BYTES = 4 * 1024 * 1024;
const largeJobs = new JobSlots(1);

/**
 * Octets that an inflation in the thread pool takes for itself: what zlib has, with its window, some 44 KiB; what it
 * writes to, 32 KiB; what the message may refer back to once a final block was met, 64 KiB.
 */
export const INFLATION_BYTES = 140 * 1024;

/** Takes what a message in pieces is inflated to. */
export type PieceSink = (octets: Buffer) => void;

/**
 * Inflates the messages of one direction (RFC 7692 §7.2.2), each within the limit on messages. What it holds while it
 * works is charged to a process-wide budget in the name of `holder`.
 */
export class Inflater<Holder extends object> {
  readonly #maxMessageBytes: number;
  readonly #budget: MemoryBudget<Holder>;
  readonly #holder: Holder;
  readonly #keepsContext: boolean;
  readonly #window: SlidingWindow;
  /** What the window takes between messages, and what a message in pieces takes between its pieces. */
  readonly #windowCharge: Charge<Holder>;
  readonly #piecesCharge: Charge<Holder>;
  /** Place of the message that waits for a slot. */
  readonly #place: Place = {};
  /** Why no message follows. */
  #discarded: Error | undefined;
  /** Message that is inflated in the thread pool, or comes in pieces. */
  #inflation: Inflation | undefined;
  /** The same if it comes in pieces: only that one waits for those who take them. A whole one holds a slot meanwhile. */
  #pieces: Inflation | undefined;
  /** Octets that the present frame of a message in pieces was inflated to. */
  #frameBytes = 0;
  #isPaused = false;

  constructor(coding: Coding, maxMessageBytes: number, budget: MemoryBudget<Holder>, holder: Holder) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#budget = budget;
    this.#holder = holder;
    this.#windowCharge = new Charge(budget, holder);
    this.#piecesCharge = new Charge(budget, holder);
    this.#keepsContext = coding.keepsContext;
    // Some compressors that were told 8 use 9, as zlib did.
    this.#window = new SlidingWindow(Math.max(coding.windowBits, MIN_OWN_WINDOW_BITS));
  }

  /**
   * Inflates a message at once, unless it is too large for that.
   * @returns its octets, in memory that may be much larger: see {@link ownMemory}; undefined when it is to be inflated
   * by {@link Inflater.inflateLater}.
   * @throws ProtocolError (`ERR_WS_INVALID_DEFLATE`), LimitError for one above `maxMessageBytes`.
   */
  inflateNow(compressed: Buffer): Buffer | undefined {
    if (compressed.length === 0) return NO_OCTETS;
    if (compressed.length > SYNC_BYTES) return undefined;
    const parts: Buffer[] = [];
    let room = Math.min(this.#maxMessageBytes, SYNC_OUTPUT);
    let rest = completed(compressed);
    // One turn, unless a final block ends what zlib takes for its data within the message (RFC 7692 §7.2.3.4).
    for (;;) {
      const { octets, consumed } = inflatePart(rest, room, this.#dictionaryBehind(parts));
      if (octets === undefined) {
        if (this.#maxMessageBytes > SYNC_OUTPUT) return undefined;
        throw messageTooLong(this.#maxMessageBytes, this.#maxMessageBytes + 1);
      }
      room -= octets.length;
      parts.push(octets);
      rest = rest.subarray(consumed);
      if (rest.length <= COMPLETION.length) break;
      checkFinalBlocks(parts.length, compressed.length);
    }
    checkComplete(COMPLETION.length - rest.length);
    const message = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (this.#keepsContext) {
      this.#window.slide(message);
      this.#windowCharge.set(this.#window.capacity);
    }
    return message;
  }

  /**
   * Inflates a message in the thread pool.
   * @returns its octets.
   * @throws as {@link Inflater.inflateNow}; what {@link Inflater.discard} was given.
   */
  async inflateLater(compressed: Buffer): Promise<Buffer> {
    const charge = new Charge(this.#budget, this.#holder);
    charge.add(compressed.length);
    try {
      this.#checkNotDiscarded();
      // While it waits, nothing of zlib is there.
      return await jobs.run(() => this.#inflateWhole(compressed, charge), this.#place);
    } finally {
      charge.close();
    }
  }

  async #inflateWhole(compressed: Buffer, charge: Charge<Holder>): Promise<Buffer> {
    const message = new GrowingOctets();
    let isLarge = false;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    charge.add(INFLATION_BYTES);
    this.#checkNotDiscarded();
    const inflation = this.#begin((octets) => {
      const length = message.length + octets.length;
      if (length > this.#maxMessageBytes) {
        inflation.fail(messageTooLong(this.#maxMessageBytes, length));
        return;
      }
      charge.add(octets.length);
      // Charging for more may have failed this very connection.
      if (this.#discarded !== undefined) return;
      message.push(octets);
      if (isLarge || length <= LARGE_BYTES) return;
      isLarge = true;
      inflation.pause();
      void largeJobs.run(() => {
        inflation.resume();
        return finished;
      });
    });
    try {
      await inflation.push(compressed);
      await inflation.end();
      return message.take();
    } finally {
      finish();
      message.clear();
      this.#end();
    }
  }

  /**
   * Inflates the next piece of a message, and hands on what it holds, piece by piece.
   * @returns once all of it was handed on.
   * @throws as {@link Inflater.inflateLater}, with the limit for each frame.
   */
  async inflatePiece(
    compressed: Buffer,
    endsFrame: boolean,
    endsMessage: boolean,
    onOctets: PieceSink,
  ): Promise<void> {
    this.#piecesCharge.set(INFLATION_BYTES + compressed.length);
    this.#checkNotDiscarded();
    const inflation = (this.#pieces ??= this.#begin((octets) => {
      this.#frameBytes += octets.length;
      const most = this.#maxMessageBytes;
      if (this.#frameBytes > most) inflation.fail(messageTooLong(most, this.#frameBytes));
      else onOctets(octets);
    }));
    if (this.#isPaused) inflation.pause();
    if (compressed.length > 0) await inflation.push(compressed);
    if (endsMessage) {
      await inflation.end();
      this.#end();
    }
    this.#piecesCharge.set(endsMessage ? 0 : INFLATION_BYTES);
    if (endsFrame) this.#frameBytes = 0;
  }

  /** Inflates no more for now than what is under way. */
  pause(): void {
    this.#isPaused = true;
    this.#pieces?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#pieces?.resume();
  }

  /** Gives up what is under way, and frees what is kept; no message follows. */
  discard(reason: Error): void {
    this.#discarded = reason;
    this.#place.leave?.(reason);
    this.#inflation?.fail(reason);
    this.#inflation = this.#pieces = undefined;
    this.#window.clear();
    this.#windowCharge.close();
    this.#piecesCharge.close();
  }

  #checkNotDiscarded(): void {
    if (this.#discarded !== undefined) throw this.#discarded;
  }

  #begin(onOctets: PieceSink): Inflation {
    const window = this.#keepsContext ? this.#window : new SlidingWindow(MAX_WINDOW_BITS);
    this.#inflation = new Inflation(window, onOctets);
    return this.#inflation;
  }

  #end(): void {
    this.#inflation?.fail(new Error('the message is over'));
    this.#inflation = this.#pieces = undefined;
    if (this.#keepsContext) this.#windowCharge.set(this.#window.capacity);
  }

  /** Gives what the next part of a message may refer back to. */
  #dictionaryBehind(parts: readonly Buffer[]): Buffer | undefined {
    const before = this.#keepsContext ? this.#window.dictionary : undefined;
    if (parts.length === 0) return before;
    return Buffer.concat([before ?? NO_OCTETS, ...parts]);
  }
}

/** Completes a message for zlib in memory that the next call uses again. */
function completed(compressed: Buffer): Buffer {
  // hot path: benchmarks/micro/inflate
  const end = compressed.copy(completion, 0) + COMPLETION.copy(completion, compressed.length);
  return completion.subarray(0, end);
}

/** Copies octets that would pin more than four times their length, for who keeps them. */
export function ownMemory(octets: Buffer): Buffer {
  return octets.buffer.byteLength > 4 * octets.length ? Buffer.from(octets) : octets;
}

/** Inflates as far as the next final block. Returns no octets when there are more than there is room for. */
function inflatePart(
  compressed: Buffer,
  room: number,
  dictionary: Buffer | undefined,
): { octets: Buffer | undefined; consumed: number } {
  const chunkSize = Math.min(Math.max(compressed.length * USUAL_RATIO, MIN_CHUNK), MAX_CHUNK);
  const options: ZlibOptions = { chunkSize, dictionary, maxOutputLength: Math.max(1, room), info: true };
  try {
    const result = inflateRawSync(compressed, options) as unknown as { buffer: Buffer; engine: InflateRaw };
    const { buffer, engine } = result;
    return { octets: buffer.length > room ? undefined : buffer, consumed: engine.bytesWritten };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') return { octets: undefined, consumed: 0 };
    throw invalidDeflate(message);
  }
}
