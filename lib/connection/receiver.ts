import type { Duplex } from 'node:stream';
import type { Coding } from '../compression/coding.js';
import type { MessageFragment, MessageType } from '../protocol/fragment-decoder.js';
import { FrameParser } from '../protocol/frame-parser.js';
import { MessageAssembler, type MessageSink } from '../protocol/message-assembler.js';
import { TokenBucket } from '../protocol/token-bucket.js';
import { tooManyControlFrames } from '../protocol/violations.js';
import type { ConnectionSettings } from './connection-options.js';
import { Decompressor, type DecompressorOwner } from './decompressor.js';
import { FlowGate, type GateEvents } from './flow-gate.js';
import { Inbox, type Delivery } from './inbox.js';
import { unfinishedBudget, type BudgetHolder } from './process-limits.js';

/** Reasons why messages are not delivered for now; they wait in the inbox. */
export const Undelivered = {
  NOT_CONNECTED: 1,
  NO_CONSUMER: 2,
  PAUSED: 4,
  HANDLER_BUSY: 8,
  STREAM_FULL: 16,
} as const;

/** Reasons why nothing is read from the byte stream for now. */
const Unread = {
  NOT_CONNECTED: 1,
  INBOX_FULL: 2,
  TURN_USED: 4,
  PAUSED: 8,
  SLOW_CONSUMER: 16,
  INFLATING: 32,
} as const;

/** Reasons that make the peer wait; of no use once nothing is sent to it any more. */
const HOLDS = Unread.INBOX_FULL | Unread.PAUSED | Unread.SLOW_CONSUMER;

/** Takes what a {@link Receiver} finds. */
export interface ReceiverOwner extends BudgetHolder {
  /** Takes a message that may be delivered now. */
  deliver(message: Delivery): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  onPeerClose(code: number, reason: string): void;
  /** Learns that octets came, before they are parsed. */
  onOctets(count: number): void;
  /** Learns that the peer ended its direction, and that all that came before was parsed. */
  onEnd(): void;
  /** Brackets what happens in one read callback. */
  beginTurn(): void;
  endTurn(): void;
}

/**
 * Reads a byte stream: parses it, holds messages back while nobody can take them, and pauses the stream when too
 * many wait or its share of the turn is used.
 */
export class Receiver implements MessageSink, DecompressorOwner {
  static readonly #DELIVERY: GateEvents<Receiver> = {
    opened: (receiver) => receiver.#deliverInbox(),
    shut: () => undefined,
  };
  static readonly #READING: GateEvents<Receiver> = {
    opened: (receiver) => receiver.#continue(),
    shut: (receiver) => receiver.#halt(),
  };

  /** Whether messages are delivered. */
  readonly delivery: FlowGate<Receiver>;
  /** Messages that were dropped because nobody took them. */
  discarded = 0;
  /** Whether somebody reads the connection as a stream, and pauses it to catch up. */
  isStreamed = false;

  readonly #owner: ReceiverOwner;
  readonly #stream: Duplex;
  readonly #settings: ConnectionSettings;
  readonly #reading: FlowGate<Receiver>;
  /** Made when the first message has to wait. */
  #inbox: Inbox | undefined;
  readonly #assembler: MessageAssembler<BudgetHolder>;
  /** Replaced by nothing once the connection failed or the peer closed: further octets are ignored. */
  #parser: FrameParser | undefined;
  readonly #decompressor: Decompressor | undefined;
  #controlFrames: TokenBucket | undefined;
  #isParsing = false;
  #isDelivering = false;
  /** Decides what a full inbox does: see {@link Receiver.#dropsWhenFull} and {@link Receiver.#waitsWhenFull}. */
  #phase: 'open' | 'closing' | 'abandoned' | 'over' = 'open';
  #end: 'none' | 'waiting' | 'told' = 'none';
  #whenSettled: (() => void) | undefined;
  #whenFinished: (() => void) | undefined;

  /** @param coding - how the peer compresses its messages, if that was agreed on. */
  constructor(
    owner: ReceiverOwner,
    stream: Duplex,
    settings: ConnectionSettings,
    masked: boolean,
    coding?: Coding,
  ) {
    this.#owner = owner;
    this.#stream = stream;
    this.#settings = settings;
    this.#assembler = new MessageAssembler(this, settings, unfinishedBudget, owner);
    if (coding !== undefined) this.#decompressor = new Decompressor(this, coding, settings, owner);
    this.#parser = new FrameParser(this.#assembler, { masked, compression: coding !== undefined });
    const waiting = settings.handler === undefined ? Undelivered.NO_CONSUMER : 0;
    this.delivery = new FlowGate(Undelivered.NOT_CONNECTED | waiting, this, Receiver.#DELIVERY);
    this.#reading = new FlowGate(Unread.NOT_CONNECTED, this, Receiver.#READING);
  }

  /** Tells whether nothing is read because of us, so that the peer's silence says nothing about it. */
  get isPaused(): boolean {
    return !this.#reading.isOpen;
  }

  /** Hands in octets; the receiver owns them. */
  push(chunk: Buffer): void {
    this.#owner.onOctets(chunk.length);
    this.#parser?.push(chunk);
    this.#parse(chunk.length);
  }

  /** Takes the end of the byte stream: it counts once all that came before it was parsed. */
  end(): void {
    if (this.#end === 'none') this.#end = 'waiting';
    this.#tellEnd();
  }

  /** Begins delivery and reading; what was pushed before comes first. */
  start(): void {
    this.delivery.release(Undelivered.NOT_CONNECTED);
    this.#reading.release(Unread.NOT_CONNECTED);
  }

  pause(): void {
    this.delivery.hold(Undelivered.PAUSED);
    if (this.#parser !== undefined && this.#waitsWhenFull) this.#reading.hold(Unread.PAUSED);
  }

  resume(): void {
    this.delivery.release(Undelivered.PAUSED);
    this.#reading.release(Unread.PAUSED);
  }

  /** Stops reading from a peer that does not take what we send; until {@link Receiver.endPenalty}. */
  penalise(): void {
    if (this.#parser !== undefined && this.#phase === 'open') this.#reading.hold(Unread.SLOW_CONSUMER);
  }

  endPenalty(): void {
    this.#reading.release(Unread.SLOW_CONSUMER);
  }

  /**
   * Reads on, to see the peer's Close. Where nobody takes the messages, those past the bound are dropped and counted;
   * a reader who is only slow loses none, and has until the closing deadline.
   */
  readToTheEnd(): void {
    if (this.#phase === 'open') this.#phase = 'closing';
    if (this.#dropsWhenFull) this.#releaseHolds();
    else this.#reading.release(Unread.SLOW_CONSUMER);
  }

  /** Drops what waits for delivery and what still comes: whoever was to take it will not. */
  abandon(): void {
    this.#phase = 'abandoned';
    this.dropUndelivered();
    this.#releaseHolds();
  }

  /** Ignores all further octets (RFC 6455 §7.1.7); what waits for delivery still does. */
  ignoreFurtherOctets(): void {
    this.#parser?.stop();
    this.#parser = undefined;
    this.#assembler.discard();
    this.#decompressor?.discard();
    this.#releaseHolds();
  }

  /**
   * Parses what is left: the stream is gone and there will be no other turn.
   * @param whenFinished - called when that is done: at once, unless a compressed message is under way.
   */
  finish(whenFinished: () => void): void {
    this.#end = 'told';
    if (this.#phase !== 'abandoned') this.#phase = 'over';
    this.#whenFinished = whenFinished;
    this.#releaseHolds();
    this.#finishParsing();
  }

  /**
   * Waits until everything is delivered, as long as nothing but `patience` holds delivery back; else drops what
   * is left and counts it.
   */
  settle(patience: number, whenSettled: () => void): void {
    if (this.#undelivered > 0 && this.delivery.isHeldOnlyFor(patience)) {
      this.#whenSettled = whenSettled;
      return;
    }
    this.dropUndelivered();
    whenSettled();
  }

  /** Drops what waits for delivery, and counts it. */
  dropUndelivered(): void {
    this.discarded += this.#inbox?.clear() ?? 0;
    this.#tellSettled();
  }

  // What the assembler finds.

  onText(text: string): void {
    this.#take(text);
  }

  onBinary(data: Buffer): void {
    this.#take(data);
  }

  onFragment(fragment: MessageFragment): void {
    this.#take(fragment);
  }

  onCompressed(type: MessageType, octets: Buffer): void {
    this.#decompressor!.take(type, octets);
  }

  onCompressedPiece(type: MessageType, octets: Buffer, endsFrame: boolean, endsMessage: boolean): void {
    this.#decompressor!.takePiece(type, octets, endsFrame, endsMessage);
  }

  // What the decompressor tells.

  onBusy(): void {
    this.#reading.hold(Unread.INFLATING);
  }

  onIdle(error: Error | undefined): void {
    if (error !== undefined) this.#failParsing(error);
    this.#reading.release(Unread.INFLATING);
    this.#finishParsing();
  }

  // Control frames.

  onPing(payload: Buffer): void {
    this.#countControlFrame();
    this.#owner.onPing(payload);
  }

  onPong(payload: Buffer): void {
    this.#countControlFrame();
    this.#owner.onPong(payload);
  }

  onClose(code: number, reason: string): void {
    this.ignoreFurtherOctets();
    this.#owner.onPeerClose(code, reason);
  }

  #countControlFrame(): void {
    const { controlFramesPerSecond, controlFrameBurst } = this.#settings;
    this.#controlFrames ??= new TokenBucket(controlFramesPerSecond, controlFrameBurst);
    if (!this.#controlFrames.take(performance.now())) throw tooManyControlFrames(controlFramesPerSecond);
  }

  #take(message: Delivery): void {
    // hot path: benchmarks/micro/receiver
    if (this.delivery.isOpen && this.#undelivered === 0) {
      this.#owner.deliver(message);
      return;
    }
    const { maxQueuedBytes, maxQueuedMessages } = this.#settings;
    const inbox = (this.#inbox ??= new Inbox(maxQueuedBytes, maxQueuedMessages));
    if (this.#phase === 'abandoned' || (inbox.isFull && this.#dropsWhenFull)) {
      this.discarded += 1;
      return;
    }
    inbox.push(message);
    if (!inbox.isFull || !this.#waitsWhenFull) return;
    this.#reading.hold(Unread.INBOX_FULL);
    this.#decompressor?.pause();
  }

  #deliverInbox(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    if (!this.#isParsing) this.#owner.beginTurn();
    while (this.delivery.isOpen && this.#undelivered > 0) this.#owner.deliver(this.#inbox!.shift()!);
    this.#isDelivering = false;
    if (!this.#isParsing) this.#owner.endTurn();
    if (this.#undelivered > 0) return;
    this.#reading.release(Unread.INBOX_FULL);
    this.#decompressor?.resume();
    this.#tellSettled();
  }

  #releaseHolds(): void {
    this.#reading.release(HOLDS);
    this.#decompressor?.resume();
  }

  #tellSettled(): void {
    const whenSettled = this.#whenSettled;
    this.#whenSettled = undefined;
    whenSettled?.();
  }

  /** Whether somebody takes the messages, however slowly. */
  get #hasReader(): boolean {
    const { HANDLER_BUSY, PAUSED, STREAM_FULL } = Undelivered;
    return this.delivery.isHeldOnlyFor(HANDLER_BUSY | STREAM_FULL | (this.isStreamed ? PAUSED : 0));
  }

  /** Whether messages past the bound are dropped: only when closing, and when nobody takes them. */
  get #dropsWhenFull(): boolean {
    return this.#phase === 'abandoned' || (this.#phase !== 'open' && !this.#hasReader);
  }

  /** Whether reading waits at the bound; what came before the stream was gone is little, and kept. */
  get #waitsWhenFull(): boolean {
    return this.#phase === 'open' || (this.#phase === 'closing' && this.#hasReader);
  }

  /** How many messages wait. */
  get #undelivered(): number {
    return this.#inbox === undefined ? 0 : this.#inbox.length;
  }

  get #hasRest(): boolean {
    return this.#parser?.hasRest === true;
  }

  /** Parses what is there, for as long as this connection's share of the turn lasts. */
  #parse(octets: number): void {
    if (this.#isParsing || !this.#reading.isOpen) return;
    this.#isParsing = true;
    this.#owner.beginTurn();
    try {
      this.#parser?.parse(this.#settings.maxTurnFrames);
    } catch (error) {
      this.#failParsing(error as Error);
    }
    this.#isParsing = false;
    this.#owner.endTurn();
    if (this.#reading.isOpen && (this.#hasRest || octets >= this.#settings.maxTurnBytes)) this.#yield();
    this.#tellEnd();
  }

  /** Nothing makes sense behind an error; also when the connection has failed for another reason already. */
  #failParsing(error: Error): void {
    this.#owner.fail(error);
    this.ignoreFurtherOctets();
  }

  #tellEnd(): void {
    if (this.#end !== 'waiting' || this.#hasRest || this.#isParsing || this.#decompressor?.isBusy === true)
      return;
    this.#end = 'told';
    this.#owner.onEnd();
  }

  #finishParsing(): void {
    if (this.#whenFinished === undefined) return;
    const { TURN_USED } = Unread;
    while (this.#reading.isHeldFor(TURN_USED) && this.#reading.isHeldOnlyFor(TURN_USED) && !this.#isParsing) {
      this.#reading.release(TURN_USED);
    }
    // Comes back when that is done; once the connection failed, nobody waits for it.
    if (this.#decompressor?.isBusy === true && this.#parser !== undefined) return;
    const whenFinished = this.#whenFinished;
    this.#whenFinished = undefined;
    this.ignoreFurtherOctets();
    whenFinished();
  }

  #halt(): void {
    this.#parser?.stop();
    this.#stream.pause();
  }

  /** Takes up what was left when reading was halted, then the stream. */
  #continue(): void {
    if (this.#isParsing) {
      // The turn that runs was told to stop.
      this.#yield();
      return;
    }
    this.#parse(0);
    if (this.#reading.isOpen) this.#stream.resume();
  }

  /** Leaves the rest of this turn of the event loop to others. */
  #yield(): void {
    this.#reading.hold(Unread.TURN_USED);
    setImmediate(() => this.#reading.release(Unread.TURN_USED));
  }
}
