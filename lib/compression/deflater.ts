import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync, type InputType, type ZlibOptions } from 'node:zlib';
import { MAX_WINDOW_BITS, MIN_OWN_WINDOW_BITS } from '../protocol/permessage-deflate.js';
import type { Charge } from './charge.js';
import { SYNC_BYTES, type Coding } from './coding.js';
import type { DeflateSettings } from './deflate-options.js';
import { JobSlots } from './job-slots.js';
import { SlidingWindow } from './sliding-window.js';

const deflateLater = promisify<InputType, ZlibOptions, Buffer>(deflateRaw);

/** Compressions that run in the thread pool at once, for the whole process. */
const jobs = new JobSlots(2);

/** Octets that a sync flush ends with, and a message goes without (RFC 7692 §7.2.1). */
const TAIL_LENGTH = 4;
/** Octets of room that zlib gets at a time: of the first such piece its stream keeps hold until it is collected. */
const MIN_CHUNK = 1024;
const MAX_CHUNK = 4032;
/** The same in the thread pool, where each piece is a trip. */
const MAX_ASYNC_CHUNK = 64 * 1024;
/** A memory level holds 2^(level + 6) symbols before it ends a block. */
const BITS_BELOW_MEM_LEVEL = 6;
/** Payload of a compressed message without octets, and the end of one whose last fragment has none (§7.2.3.6). */
const EMPTY = Buffer.from([0]);

/** Is told what a compressor keeps. */
type WindowCharge = Pick<Charge<object>, 'set' | 'close'>;

/**
 * Compresses the messages of one direction (RFC 7692 §7.2.1). What it may refer back to is given to zlib anew for
 * each piece, so that nothing of zlib outlives a call.
 */
export class Deflater {
  /** Whether what it makes of a message depends on those before. */
  readonly keepsContext: boolean;

  readonly #settings: DeflateSettings;
  readonly #threshold: number;
  readonly #window: SlidingWindow;
  readonly #windowBits: number;
  readonly #charge: WindowCharge | undefined;
  /** Whether the message under way is compressed. */
  #isCompressing = false;
  /** Whether the piece under way is the first of its message. */
  #isFirst = false;
  #isDiscarded = false;

  /** @param charge - told what it keeps between messages, or between the pieces of one. */
  constructor(coding: Coding, settings: DeflateSettings, charge?: WindowCharge) {
    const { windowBits, keepsContext } = coding;
    this.#threshold = windowBits < MIN_OWN_WINDOW_BITS ? Infinity : settings.threshold;
    this.keepsContext = keepsContext;
    this.#settings = settings;
    this.#window = new SlidingWindow(windowBits);
    this.#windowBits = windowBits;
    this.#charge = charge;
  }

  /** Makes one that keeps no context, and else is like this. */
  twin(): Deflater {
    return new Deflater({ windowBits: this.#windowBits, keepsContext: false }, this.#settings);
  }

  /** Tells whether another one makes the same of each message as this; neither keeps context. */
  isLike(deflater: Deflater): boolean {
    // hot path: benchmarks/micro/sender
    const own = this.#settings.zlib;
    const other = deflater.#settings.zlib;
    return (
      this.#windowBits === deflater.#windowBits &&
      own.level === other.level &&
      own.memLevel === other.memLevel &&
      own.strategy === other.strategy
    );
  }

  /** Tells whether a whole message is compressed. */
  takesWhole(length: number): boolean {
    return length >= this.#threshold;
  }

  /**
   * Tells whether the next piece is compressed, and takes so long that it is better done by
   * {@link Deflater.deflateLater}.
   */
  isSlow(isFirst: boolean, length: number): boolean {
    return length > SYNC_BYTES && (isFirst ? length >= this.#threshold : this.#isCompressing);
  }

  /** Decides on a message by its first piece, and tells of each whether it is compressed. */
  takes(isFirst: boolean, length: number): boolean {
    this.#isFirst = isFirst;
    if (isFirst) this.#isCompressing = length >= this.#threshold;
    return this.#isCompressing;
  }

  /**
   * Compresses the next piece of a message.
   * @returns the payload of its frame; undefined for a whole message that does not get shorter: it is to go as it is,
   * as some peers bound what comes before they inflate it.
   */
  deflateNow(octets: Buffer, final: boolean): Buffer | undefined {
    if (octets.length === 0) return this.#deflateNothing(final);
    return this.#finish(octets, deflateRawSync(octets, this.#optionsFor(octets.length, MAX_CHUNK)), final);
  }

  /** Does as {@link Deflater.deflateNow}, in the thread pool; one at a time. */
  async deflateLater(octets: Buffer, final: boolean): Promise<Buffer | undefined> {
    const compressed = await jobs.run(() =>
      deflateLater(octets, this.#optionsFor(octets.length, MAX_ASYNC_CHUNK)),
    );
    return this.#finish(octets, compressed, final);
  }

  /**
   * Gives zlib's options for a piece. It clears all its memory for each call, and what refers back to nothing before
   * needs no more of it than its own length.
   */
  #optionsFor(length: number, maxChunk: number): ZlibOptions {
    // hot path: benchmarks/micro/deflate
    const { dictionary } = this.#window;
    const { level, memLevel, strategy } = this.#settings.zlib;
    const bits = dictionary === undefined ? 32 - Math.clz32(length - 1) : MAX_WINDOW_BITS;
    // Always the same properties: the streams that zlib makes of them are what short messages cost.
    return {
      chunkSize: Math.min(Math.max(length >> 1, MIN_CHUNK), maxChunk),
      finishFlush: constants.Z_SYNC_FLUSH,
      windowBits: Math.min(this.#windowBits, Math.max(bits, MIN_OWN_WINDOW_BITS)),
      level,
      memLevel: Math.min(memLevel, Math.max(bits - BITS_BELOW_MEM_LEVEL, 1)),
      strategy,
      dictionary,
    };
  }

  /** Frees what it keeps, for good: no message follows. */
  discard(): void {
    this.#isDiscarded = true;
    this.#window.clear();
    this.#charge?.close();
  }

  #remember(octets: Buffer): void {
    // What was under way in the thread pool may end later.
    if (this.#isDiscarded) return;
    this.#window.slide(octets);
    this.#charge?.set(this.#window.capacity);
  }

  #forget(): void {
    this.#window.clear();
    this.#charge?.set(0);
  }

  #deflateNothing(final: boolean): Buffer {
    if (!final) return Buffer.alloc(0);
    if (!this.keepsContext) this.#forget();
    return EMPTY;
  }

  #finish(octets: Buffer, compressed: Buffer, final: boolean): Buffer | undefined {
    // The other side never sees it, so that nothing may refer to it either: later messages may want to, if it is short.
    const isOfUse = this.keepsContext && octets.length <= this.#window.size;
    if (this.#isFirst && final && !isOfUse && compressed.length - TAIL_LENGTH >= octets.length)
      return undefined;
    // Within a message the next piece may always refer to this one.
    if (this.keepsContext || !final) this.#remember(octets);
    else this.#forget();
    return final ? compressed.subarray(0, compressed.length - TAIL_LENGTH) : compressed;
  }
}
