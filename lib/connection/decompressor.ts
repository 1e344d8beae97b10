import type { Coding } from '../compression/coding.js';
import { Inflater, ownMemory } from '../compression/inflater.js';
import { FragmentDecoder, type MessageFragment, type MessageType } from '../protocol/fragment-decoder.js';
import { decodeText, isText } from '../protocol/utf8.js';
import { invalidUtf8 } from '../protocol/violations.js';
import type { ConnectionSettings } from './connection-options.js';
import { unfinishedBudget, type BudgetHolder } from './process-limits.js';

/** Takes what a {@link Decompressor} makes of compressed messages. */
export interface DecompressorOwner {
  onText(text: string): void;
  onUtf8(octets: Buffer): void;
  onBinary(data: Buffer): void;
  onFragment(fragment: MessageFragment): void;
  /** Learns that nothing may be parsed for now, so that all stays in order. */
  onBusy(): void;
  /** Learns that parsing may go on, unless there was an error. */
  onIdle(error: Error | undefined): void;
}

const GIVEN_UP = new Error('the connection is gone');

/** Turns compressed messages into messages (RFC 7692 §6.2): small ones at once, others while parsing waits. */
export class Decompressor {
  /** Whether a message is under way, and parsing waits. */
  isBusy = false;

  readonly #owner: DecompressorOwner;
  readonly #inflater: Inflater<BudgetHolder>;
  readonly #fragments: FragmentDecoder;
  readonly #settings: ConnectionSettings;
  /** Octets inflated at once since others had their turn: few that come may hold a thousand times as many. */
  #turnBytes = 0;
  #isDiscarded = false;

  constructor(owner: DecompressorOwner, coding: Coding, settings: ConnectionSettings, holder: BudgetHolder) {
    this.#owner = owner;
    this.#inflater = new Inflater(coding, settings.maxMessageBytes, unfinishedBudget, holder);
    this.#fragments = new FragmentDecoder((fragment) => owner.onFragment(fragment));
    this.#settings = settings;
  }

  /** Takes a whole message. @throws as {@link Inflater.inflateNow}, and for text that is not UTF-8. */
  take(type: MessageType, compressed: Buffer): void {
    const octets = this.#inflater.inflateNow(compressed);
    if (octets === undefined) {
      void this.#work(async () => {
        this.#handOn(type, await this.#inflater.inflateLater(compressed));
      });
      return;
    }
    this.#handOn(type, octets);
    this.#turnBytes += octets.length;
    if (this.#turnBytes >= this.#settings.maxTurnBytes && !this.#isDiscarded)
      void this.#work(() => new Promise((resolve) => setImmediate(resolve)));
  }

  /** Takes a piece of a message that is to be handed on in pieces. */
  takePiece(type: MessageType, compressed: Buffer, endsFrame: boolean, endsMessage: boolean): void {
    void this.#work(async () => {
      const onOctets = (octets: Buffer): void => this.#fragments.push(type, octets, false);
      await this.#inflater.inflatePiece(compressed, endsFrame, endsMessage, onOctets);
      if (endsMessage && !this.#isDiscarded) this.#fragments.push(type, Buffer.alloc(0), true);
    });
  }

  /** Makes no more for now than what is under way. */
  pause(): void {
    this.#inflater.pause();
  }

  resume(): void {
    this.#inflater.resume();
  }

  /** Gives up what is under way, silently; no message follows. */
  discard(): void {
    this.#isDiscarded = true;
    this.#inflater.discard(GIVEN_UP);
  }

  async #work(job: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    this.#turnBytes = 0;
    this.#owner.onBusy();
    let failure: Error | undefined;
    try {
      await job();
    } catch (error) {
      failure = error as Error;
    }
    this.isBusy = false;
    this.#owner.onIdle(this.#isDiscarded ? undefined : failure);
  }

  #handOn(type: MessageType, octets: Buffer): void {
    if (this.#isDiscarded) return;
    if (type === 'binary') {
      this.#owner.onBinary(ownMemory(octets));
      return;
    }
    if (this.#settings.textAs === 'buffer') {
      if (!isText(octets, 0, octets.length)) throw invalidUtf8('text message');
      this.#owner.onUtf8(ownMemory(octets));
      return;
    }
    const text = decodeText(octets, 0, octets.length, -1);
    if (text === undefined) throw invalidUtf8('text message');
    this.#owner.onText(text);
  }
}
