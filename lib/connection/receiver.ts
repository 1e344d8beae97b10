import type { Duplex } from 'node:stream';
import type { Coding } from '../compression/coding.js';
import { LimitError } from '../errors.js';
import { CloseCode, MAX_IGNORED_BYTES, MAX_IGNORED_FLOOD_BYTES } from '../protocol/constants.js';
import type { MessageFragment, MessageType } from '../protocol/fragment-decoder.js';
import type { MessageSink } from '../protocol/message-assembler.js';
import type { MessageReader } from '../protocol/message-reader.js';
import type { ConnectionSettings } from './connection-options.js';
import { Decompressor, type DecompressorOwner } from './decompressor.js';
import type { Delivery } from './inbox.js';
import { MessageDelivery, Undelivered } from './message-delivery.js';
import type { OctetTaker } from './open-stream.js';
import { unfinishedBudget, type BudgetHolder } from './process-limits.js';
import { lendReader, returnReader } from './reader-pool.js';
import { NOBODY, NO_STREAM, type ReceiverOwner } from './receiver-owner.js';
import { HOLDS, Unread } from './unread.js';

/**
 * So many octets of a message that is not complete count as one: they are only copied, so that 1 MiB of them takes no
 * longer than 64 KiB of small messages. To halt the stream and resume it costs more than to copy a chunk.
 */
const COPIED_FOR_ONE = 16;

/**
 * Reads a byte stream: parses it, holds messages back while nobody can take them, and pauses the stream when too
 * many wait or its share of the turn is used.
 */
export class Receiver extends MessageDelivery implements MessageSink, DecompressorOwner, OctetTaker {
  #owner: ReceiverOwner;
  #stream: Duplex;
  #masked: boolean;
  readonly #decompressor: Decompressor | undefined;
  /** What keeps us from reading: a bit for each reason. */
  #unread: number = Unread.NOT_CONNECTED;
  /** Lent while octets are under way, so that an idle connection holds none. */
  #reader: MessageReader<BudgetHolder> | undefined;
  /** Whether further octets are ignored: the connection failed or the peer closed. */
  #isDeaf = false;
  /** Octets that may still come and be ignored. */
  #ignorable: number = MAX_IGNORED_BYTES;
  #isParsing = false;
  /** Whether a turn is under way, so that nobody else may have this. */
  #isReading = false;
  /** Frames completed since others had their turn. */
  #turnFrames = 0;
  /** Octets of the last chunk; or of all since others had their turn, where they completed no frame. */
  #turnBytes = 0;
  #end: 'none' | 'waiting' | 'told' = 'none';
  #whenFinished: (() => void) | undefined;

  /** @param coding - how the peer compresses its messages, if that was agreed on. */
  constructor(
    owner: ReceiverOwner,
    stream: Duplex,
    settings: ConnectionSettings,
    masked: boolean,
    coding?: Coding,
  ) {
    super(settings);
    this.#owner = owner;
    this.#stream = stream;
    this.#masked = masked;
    if (coding !== undefined) this.#decompressor = new Decompressor(this, coding, settings, owner);
  }

  /** Begins to read for another connection; only at rest. @param isOpen - whether it has begun to deliver and to read. */
  begin(
    owner: ReceiverOwner,
    stream: Duplex,
    settings: ConnectionSettings,
    masked: boolean,
    isOpen: boolean,
  ): void {
    // hot path: benchmarks/micro/receiver
    this.#owner = owner;
    this.#stream = stream;
    this.#masked = masked;
    this.#unread = isOpen ? 0 : Unread.NOT_CONNECTED;
    this.beginDelivery(settings, isOpen);
  }

  /** Forgets for whom it read, so that it keeps no connection alive. */
  forget(): void {
    this.#owner = NOBODY;
    this.#stream = NO_STREAM;
  }

  /** Tells whether nothing is under way, and nothing is known that would matter later. */
  get isAtRest(): boolean {
    // hot path: benchmarks/micro/receiver
    return (
      this.#reader === undefined &&
      this.#unread === 0 &&
      !this.#isReading &&
      !this.#isDeaf &&
      this.#end === 'none' &&
      this.#decompressor === undefined &&
      this.isDeliveryAtRest
    );
  }

  /** Tells whether nothing is read because of us, so that the peer's silence says nothing about it. */
  get isPaused(): boolean {
    return this.#unread !== 0;
  }

  /** Hands in octets; the receiver owns them. */
  push(chunk: Buffer): void {
    // hot path: benchmarks/micro/receiver
    const owner = this.#owner;
    owner.onOctets(chunk.length);
    if (!this.#isDeaf) (this.#reader ??= this.#lendReader()).push(chunk);
    else this.#ignore(chunk.length);
    if (this.#unread !== 0) {
      this.#stream.pause();
      return;
    }
    if (this.#isParsing) return;
    // What is sent may come back at once, in a call within this one.
    const isInner = this.#isReading;
    this.#isReading = true;
    this.#turnFrames = 0;
    if (this.#isMere(chunk.length)) {
      this.#parse();
    } else {
      owner.beginTurn();
      this.#parse();
      owner.endTurn();
    }
    this.#goOn(chunk.length);
    this.#isReading = isInner;
    if (this.isAtRest) owner.receiverOnRest();
  }

  /** Tells whether the next octets, if so many come, are only copied. */
  keepsNone(count: number): boolean {
    return this.#unread === 0 && this.#isMere(count);
  }

  /** Takes the end of the byte stream: it counts once all that came before it was parsed. */
  end(): void {
    if (this.#end === 'none') this.#end = 'waiting';
    this.#tellEnd();
  }

  /** Begins delivery and reading; what was pushed before comes first. */
  start(): void {
    this.releaseDelivery(Undelivered.NOT_CONNECTED);
    this.#release(Unread.NOT_CONNECTED);
  }

  pause(): void {
    this.holdDelivery(Undelivered.PAUSED);
    if (!this.#isDeaf && this.waitsWhenFull) this.#hold(Unread.PAUSED);
  }

  resume(): void {
    this.releaseDelivery(Undelivered.PAUSED);
    this.#release(Unread.PAUSED);
  }

  /** Stops reading from a peer that does not take what we send; until {@link Receiver.endPenalty}. */
  penalise(): void {
    if (!this.#isDeaf && this.phase === 'open') this.#hold(Unread.SLOW_CONSUMER);
  }

  endPenalty(): void {
    this.#release(Unread.SLOW_CONSUMER);
  }

  /**
   * Reads on, to see the peer's Close. Where nobody takes the messages, those past the bound are dropped and counted;
   * a reader who is only slow loses none, and has until the closing deadline.
   */
  readToTheEnd(): void {
    if (this.phase === 'open') this.phase = 'closing';
    if (this.dropsWhenFull) this.#releaseHolds();
    else this.#release(Unread.SLOW_CONSUMER);
  }

  /** Drops what waits for delivery and what still comes: whoever was to take it will not. */
  abandon(): void {
    this.phase = 'abandoned';
    this.dropUndelivered();
    this.#releaseHolds();
  }

  /** Ignores all further octets (RFC 6455 §7.1.7); what waits for delivery still does. */
  ignoreFurtherOctets(): void {
    this.#isDeaf = true;
    this.#reader?.discard();
    this.#reader = undefined;
    unfinishedBudget.release(this.#owner);
    this.#decompressor?.discard();
    this.#releaseHolds();
  }

  /**
   * Parses what is left: the stream is gone and there will be no other turn.
   * @param whenFinished - called when that is done: at once, unless a compressed message is under way.
   */
  finish(whenFinished: () => void): void {
    this.#end = 'told';
    if (this.phase !== 'abandoned') this.phase = 'over';
    this.#whenFinished = whenFinished;
    this.#releaseHolds();
    this.#finishParsing();
  }

  // What the assembler finds.

  onText(text: string): void {
    this.take(text);
  }

  onUtf8(octets: Buffer): void {
    this.take({ utf8: octets });
  }

  onBinary(data: Buffer): void {
    this.take(data);
  }

  onFragment(fragment: MessageFragment): void {
    this.take(fragment);
  }

  onCompressed(type: MessageType, octets: Buffer): void {
    this.#decompressor!.take(type, octets);
  }

  onCompressedPiece(type: MessageType, octets: Buffer, endsFrame: boolean, endsMessage: boolean): void {
    this.#decompressor!.takePiece(type, octets, endsFrame, endsMessage);
  }

  // What the decompressor tells.

  onBusy(): void {
    this.#hold(Unread.INFLATING);
  }

  onIdle(error: Error | undefined): void {
    if (error !== undefined) this.#failParsing(error);
    this.#release(Unread.INFLATING);
    this.#finishParsing();
  }

  // Control frames.

  onPing(payload: Buffer): void {
    this.#owner.onPing(payload);
  }

  onPong(payload: Buffer): void {
    this.#owner.onPong(payload);
  }

  onClose(code: number, reason: string): void {
    this.ignoreFurtherOctets();
    this.#owner.onPeerClose(code, reason);
  }

  protected override deliver(message: Delivery): void {
    this.#owner.deliver(message);
  }

  protected override inboxOnFull(): void {
    this.#hold(Unread.INBOX_FULL);
    this.#decompressor?.pause();
  }

  protected override inboxOnEmpty(): void {
    this.#release(Unread.INBOX_FULL);
    this.#decompressor?.resume();
  }

  #releaseHolds(): void {
    this.#release(HOLDS);
    this.#decompressor?.resume();
  }

  #hasRest(): boolean {
    return this.#reader !== undefined && this.#reader.hasRest;
  }

  /** Tells whether so many octets only make a frame longer: nobody learns of them, and nothing is sent. */
  #isMere(octets: number): boolean {
    return this.#reader !== undefined && this.#reader.missing > octets && !this.settings.fragments;
  }

  #lendReader(): MessageReader<BudgetHolder> {
    return lendReader(this, this.settings, this.#owner, {
      masked: this.#masked,
      compression: this.#decompressor !== undefined,
    });
  }

  /** Parses what is there, for as long as this connection's share of the turn lasts. */
  #parse(): void {
    this.#isParsing = true;
    try {
      const reader = this.#reader;
      if (reader !== undefined)
        this.#turnFrames += reader.parse(this.settings.maxTurnFrames - this.#turnFrames);
    } catch (error) {
      this.#failParsing(error as Error);
    }
    this.#isParsing = false;
    if (this.#reader?.isAtRest === true) {
      returnReader(this.#reader);
      this.#reader = undefined;
    }
  }

  /** Sees to what parsing has left. @param octets - how many came. */
  #goOn(octets: number): void {
    const isCopied = this.#turnFrames === 0 && !this.settings.fragments;
    this.#turnBytes = isCopied ? this.#turnBytes + octets / COPIED_FOR_ONE : octets;
    if (this.#unread === 0 && (this.#hasRest() || this.#turnBytes >= this.settings.maxTurnBytes))
      this.#yield();
    this.#tellEnd();
  }

  /** Nothing makes sense behind an error; also when the connection has failed for another reason already. */
  #failParsing(error: Error): void {
    this.#owner.fail(error);
    this.ignoreFurtherOctets();
    // Who floods would go on: what is in flight from all others is read, so that they get to see our Close.
    if (error instanceof LimitError && error.closeCode === CloseCode.POLICY_VIOLATION)
      this.#ignorable = MAX_IGNORED_FLOOD_BYTES;
  }

  #ignore(count: number): void {
    this.#ignorable -= count;
    if (this.#ignorable < 0) this.#owner.onUselessFlood();
  }

  #tellEnd(): void {
    if (this.#end !== 'waiting' || this.#hasRest() || this.#isParsing || this.#decompressor?.isBusy === true)
      return;
    this.#end = 'told';
    this.#owner.onEnd();
  }

  #finishParsing(): void {
    if (this.#whenFinished === undefined) return;
    const { TURN_USED } = Unread;
    while (this.#unread === TURN_USED && !this.#isParsing) {
      this.#release(TURN_USED);
    }
    // Comes back when that is done; once the connection failed, nobody waits for it.
    if (this.#decompressor?.isBusy === true && !this.#isDeaf) return;
    const whenFinished = this.#whenFinished;
    this.#whenFinished = undefined;
    this.ignoreFurtherOctets();
    whenFinished();
  }

  #hold(reason: number): void {
    if (this.#unread === 0) this.#reader?.stop();
    this.#unread |= reason;
    // A loop may take within this turn what waits; else the next chunk pauses the stream.
    const isForLoop = reason === Unread.INBOX_FULL && this.isDeliveryHeldOnlyFor(Undelivered.STREAM_FULL);
    // A DirectSocket that is told twice would read nothing, and not hear of the end.
    if (!isForLoop && this.#stream.readableFlowing !== false) this.#stream.pause();
  }

  #release(reasons: number): void {
    if ((this.#unread & reasons) === 0) return;
    this.#unread &= ~reasons;
    if (this.#unread === 0) this.#continue();
  }

  /** Takes up what was left when reading was halted, then the stream. */
  #continue(): void {
    if (this.#isParsing) {
      // The turn that runs was told to stop.
      this.#yield();
      return;
    }
    this.#parse();
    this.#goOn(0);
    if (this.#unread === 0) this.#stream.resume();
  }

  /** Leaves the rest of this turn of the event loop to others. */
  #yield(): void {
    this.#hold(Unread.TURN_USED);
    this.#turnFrames = this.#turnBytes = 0;
    setImmediate(() => {
      const owner = this.#owner;
      this.#isReading = true;
      owner.beginTurn();
      this.#release(Unread.TURN_USED);
      owner.endTurn();
      this.#isReading = false;
      if (this.isAtRest) owner.receiverOnRest();
    });
  }
}
