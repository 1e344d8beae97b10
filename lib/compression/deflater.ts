import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync, type InputType, type ZlibOptions } from 'node:zlib';
import { MIN_OWN_WINDOW_BITS } from '../protocol/permessage-deflate.js';
import { SYNC_BYTES, type Coding } from './coding.js';
import type { DeflateSettings } from './deflate-options.js';
import { JobSlots } from './job-slots.js';
import { SlidingWindow } from './sliding-window.js';

const deflateLater = promisify<InputType, ZlibOptions, Buffer>(deflateRaw);

/** Compressions that run in the thread pool at once, for the whole process. */
const jobs = new JobSlots(2);

/** Octets that a sync flush ends with, and a message goes without (RFC 7692 §7.2.1). */
const TAIL_LENGTH = 4;
/** Octets that zlib may need beyond what it is given. */
const OVERHEAD = 64;
/** A memory level holds 2^(level + 6) symbols before it ends a block. */
const BITS_BELOW_MEM_LEVEL = 6;
/** Payload of a compressed message without octets, and the end of one whose last fragment has none (§7.2.3.6). */
const EMPTY = Buffer.from([0]);

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
  readonly #options: ZlibOptions & { readonly windowBits: number; readonly memLevel: number };
  /** Whether the message under way is compressed. */
  #isCompressing = false;
  /** Whether the piece under way is the first of its message. */
  #isFirst = false;

  constructor(coding: Coding, settings: DeflateSettings) {
    const { windowBits, keepsContext } = coding;
    this.#threshold = windowBits < MIN_OWN_WINDOW_BITS ? Infinity : settings.threshold;
    this.keepsContext = keepsContext;
    this.#settings = settings;
    this.#window = new SlidingWindow(windowBits);
    this.#options = { ...settings.zlib, windowBits, finishFlush: constants.Z_SYNC_FLUSH };
  }

  /** Makes one that keeps no context, and else is like this. */
  twin(): Deflater {
    return new Deflater({ windowBits: this.#options.windowBits, keepsContext: false }, this.#settings);
  }

  /** Tells whether another one makes the same of each message as this; neither keeps context. */
  isLike(deflater: Deflater): boolean {
    // hot path: benchmarks/micro/sender
    const own = this.#options;
    const other = deflater.#options;
    return (
      own.windowBits === other.windowBits &&
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
    return this.#finish(octets, deflateRawSync(octets, this.#optionsFor(octets.length)), final);
  }

  /** Does as {@link Deflater.deflateNow}, in the thread pool; one at a time. */
  async deflateLater(octets: Buffer, final: boolean): Promise<Buffer | undefined> {
    const compressed = await jobs.run(() => deflateLater(octets, this.#optionsNow()));
    return this.#finish(octets, compressed, final);
  }

  #optionsNow(): ZlibOptions {
    const { dictionary } = this.#window;
    return dictionary === undefined ? this.#options : { ...this.#options, dictionary };
  }

  /**
   * Gives the options for octets that are compressed at once: zlib clears all its memory for each call, and what
   * refers back to nothing before needs no more of it than its own length.
   */
  #optionsFor(length: number): ZlibOptions {
    // hot path: benchmarks/micro/sender
    const { dictionary } = this.#window;
    const options = this.#options;
    const chunkSize = length + OVERHEAD;
    if (dictionary !== undefined) return { ...options, dictionary, chunkSize };
    const bits = 32 - Math.clz32(length - 1);
    return {
      ...options,
      chunkSize,
      windowBits: Math.min(options.windowBits, Math.max(bits, MIN_OWN_WINDOW_BITS)),
      memLevel: Math.min(options.memLevel, Math.max(bits - BITS_BELOW_MEM_LEVEL, 1)),
    };
  }

  #deflateNothing(final: boolean): Buffer {
    if (!final) return Buffer.alloc(0);
    if (!this.keepsContext) this.#window.clear();
    return EMPTY;
  }

  #finish(octets: Buffer, compressed: Buffer, final: boolean): Buffer | undefined {
    // The other side never sees it, so that nothing may refer to it either: later messages may want to, if it is short.
    const isOfUse = this.keepsContext && octets.length <= this.#window.size;
    if (this.#isFirst && final && !isOfUse && compressed.length - TAIL_LENGTH >= octets.length)
      return undefined;
    // Within a message the next piece may always refer to this one.
    if (this.keepsContext || !final) this.#window.slide(octets);
    else this.#window.clear();
    return final ? compressed.subarray(0, compressed.length - TAIL_LENGTH) : compressed;
  }
}
