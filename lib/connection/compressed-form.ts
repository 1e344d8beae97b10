import type { Deflater } from '../compression/deflater.js';
import { log } from '../logging.js';
import type { PreparedMessage } from './prepared-message.js';
import { SharedOctets } from './shared-octets.js';
import { wholeFrame } from './whole-frame.js';

/**
 * Is a message as it goes to all connections whose compressors are alike: compressed once, when the first of them
 * needs it.
 */
export class CompressedForm {
  readonly #message: PreparedMessage;
  readonly #deflater: Deflater;
  #isReady = false;
  /** Undefined also for a message that does not get shorter. */
  #compressed: Buffer | undefined;
  #frame: SharedOctets | undefined;
  #job: Promise<void> | undefined;

  /** @param like - compressor of the first connection that needs this form. */
  constructor(message: PreparedMessage, like: Deflater) {
    this.#message = message;
    this.#deflater = like.twin();
  }

  /** Whether it can be used at once: it is there, or is made in no time. */
  get isReady(): boolean {
    return this.#isReady || !this.#deflater.isSlow(true, this.#message.payload.length);
  }

  /** Payload of the frames, compressed; undefined when the message is to go as it is. */
  get compressed(): Buffer | undefined {
    if (!this.#isReady) this.#deflateNow();
    return this.#compressed;
  }

  /** Frame of the server role. */
  get frame(): SharedOctets {
    // hot path: benchmarks/micro/sender
    const payload = this.compressed;
    if (payload === undefined) return this.#message.frame;
    return (this.#frame ??= new SharedOctets(wholeFrame(this.#message.opcode, true, payload)));
  }

  /** Tells whether this is what a compressor would make of the message. */
  suits(deflater: Deflater): boolean {
    return this.#deflater.isLike(deflater);
  }

  /** Compresses the message in the thread pool, unless that is done or under way. */
  prepare(): Promise<void> {
    return (this.#job ??= this.#deflateLater());
  }

  #deflateNow(): void {
    const { payload } = this.#message;
    this.#deflater.takes(true, payload.length);
    try {
      this.#compressed = this.#deflater.deflateNow(payload, true);
    } catch (error) {
      goPlain(error);
    }
    this.#isReady = true;
  }

  async #deflateLater(): Promise<void> {
    const { payload } = this.#message;
    this.#deflater.takes(true, payload.length);
    try {
      this.#compressed = await this.#deflater.deflateLater(payload, true);
    } catch (error) {
      goPlain(error);
    }
    this.#isReady = true;
  }
}

/** Lets nobody suffer for what is everybody's: a message may always go as it is. */
function goPlain(error: unknown): void {
  log('warn', 'a message for many could not be compressed', { err: error });
}
