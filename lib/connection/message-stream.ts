import { CloseCode } from '../protocol/constants.js';
import type { Connection } from './connection.js';
import type { Outcome } from './ending.js';
import { contentOf } from './inbox.js';
import { MessageIterator, type MessageTaker } from './message-iterator.js';
import { Undelivered } from './message-delivery.js';
import type { Session } from './session.js';
import { Demand, StreamReading } from './stream-reading.js';
import { WritableSide } from './writable-side.js';

/** Events whose first listener shows that somebody consumes messages. */
const CONSUMING = ['text', 'utf8', 'binary', 'message', 'fragment'] as const;
/** Events whose first listener makes Node ask for messages, by `_read`. */
const READING = ['data', 'readable'] as const;

type Listener = Parameters<WritableSide['on']>[1];

const NEVER_OPEN: Outcome = { code: CloseCode.ABNORMAL_CLOSURE, reason: '', wasClean: false };

/**
 * Is the stream that a connection is: a Duplex with one chunk per message over a {@link Session}, from the first
 * reader to the end.
 */
export abstract class MessageStream extends WritableSide {
  /** Made when somebody reads this as a stream, or wants it to wait. */
  #knownReading: StreamReading | undefined;

  override on(event: string | symbol, listener: Listener): this {
    super.on(event, listener);
    return this.noteListener(event);
  }

  override addListener(event: string | symbol, listener: Listener): this {
    return this.on(event, listener);
  }

  override prependListener(event: string | symbol, listener: Listener): this {
    super.prependListener(event, listener);
    return this.noteListener(event);
  }

  /** Stops delivery and pauses the socket. */
  override pause(): this {
    this.streamReading().isPaused = true;
    this.session?.receiver.pause();
    return super.pause();
  }

  override resume(): this {
    super.resume();
    // Last: a listener that gets what has waited may pause anew.
    this.unpause();
    return this;
  }

  override read(size?: number): unknown {
    // Somebody who reads by hand does not mean an earlier pause any more.
    if (size !== 0 && this.#knownReading?.isPaused === true) this.unpause();
    return super.read(size);
  }

  /**
   * Ends the connection: with a Close 1001 (1011 with an error) while open, as far as the socket takes it at
   * once. `close` follows.
   */
  override destroy(error?: Error | null): this {
    if (!this.destroyed) {
      // Node aborts what is only left behind, such as the iterator of a loop that was broken out of.
      const isFault = error !== undefined && error !== null && error.name !== 'AbortError';
      this.session?.leave(isFault ? CloseCode.INTERNAL_ERROR : CloseCode.GOING_AWAY);
    }
    return super.destroy(error ?? undefined);
  }

  /** Closes with 1000 and waits for `close`; messages that nobody has read by then are dropped. */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (this.closed) return;
    const closed = new Promise<void>((resolve) => this.once('close', () => resolve()));
    this.streamReading().isAbandoned = true;
    this.close();
    this.session?.receiver.abandon();
    if (this.session?.isOver === true) this.endReading();
    await closed;
  }

  /** Goes through the messages one by one, past Node's buffer; to leave the loop ends the connection. */
  override [Symbol.asyncIterator](): NodeJS.AsyncIterator<string | Buffer> {
    // Its error goes to the loop.
    this.on('error', ignoreError);
    return new MessageIterator(this, () => this.off('error', ignoreError));
  }

  /** Returns the next message, if it is there. @internal */
  takeMessage(): string | Buffer | undefined {
    // hot path: benchmarks/micro/receiver
    if (this.readableLength > 0) return (super.read() as string | Buffer | null) ?? undefined;
    const reading = this.streamReading();
    // A listener that hears of the message which somebody takes would get the same one.
    if (reading.isTaking) return undefined;
    reading.isTaking = true;
    const message = this.session?.receiver.deliverNext(Undelivered.STREAM_FULL);
    reading.isTaking = false;
    return message === undefined ? undefined : contentOf(message);
  }

  /** Gives the next message to somebody who waits for it. @internal */
  pull(taker: MessageTaker): void {
    if (this.destroyed || this.readableEnded) {
      taker.onEnd(this.reasonOfEnd());
      return;
    }
    const reading = this.streamReading();
    (reading.takers ??= []).push(taker);
    if (reading.isPaused) this.unpause();
    this.takeUpReading();
  }

  /** @internal */
  abstract close(): void;

  /** @internal */
  override _read(): void {
    this.streamReading().demand = Demand.WANTED;
    this.takeUpReading();
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#knownReading?.consumerDeadline);
    this.session?.receiver.dropUndelivered();
    process.nextTick(() => {
      this.failHeld(error);
      if (this.#knownReading?.takers !== undefined) this.turnTakersAway(this.reasonOfEnd());
      const outcome = this.session?.outcome ?? NEVER_OPEN;
      if (this.isAnnounced) this.reportDisconnect(outcome);
      callback(error);
      process.nextTick(() => this.emit('close', outcome.code, outcome.reason));
    });
  }

  /** Tells everybody how the connection ended. @internal */
  protected abstract reportDisconnect(outcome: Outcome): void;

  /** Hands a message to whoever reads the stream. @internal */
  pushMessage(message: string | Buffer): void {
    // hot path: benchmarks/micro/receiver
    const reading = this.#knownReading;
    if (reading === undefined) return;
    if (reading.isTaking) {
      reading.isTaking = false;
      return;
    }
    if (reading.takers !== undefined) {
      this.giveToTaker(reading, reading.takers, message);
      return;
    }
    if (reading.demand === Demand.NONE || this.push(message)) return;
    reading.demand = Demand.FULL;
    this.session!.receiver.holdDelivery(Undelivered.STREAM_FULL);
  }

  /** Takes up a session, with what was asked of the stream before. @internal */
  protected adopt(session: Session<Connection>): void {
    this.session = session;
    const reading = this.#knownReading;
    if (reading?.isPaused === true) session.receiver.pause();
    if (this.isWanted() || reading?.takers !== undefined) this.takeUpReading();
  }

  /** Begins delivery, if somebody listens for messages. @internal */
  consume(): void {
    if (this.session === undefined || !CONSUMING.some((event) => this.listenerCount(event) > 0)) return;
    // Who reads the stream as well gets the first message too: delivery begins when Node asks for it.
    if (!this.isWanted() && READING.some((event) => this.listenerCount(event) > 0)) return;
    this.session.releaseDelivery(Undelivered.NO_CONSUMER);
  }

  /** Ends the stream after its session, once what was received is delivered. @internal */
  endAfterSession(): void {
    if (this.destroyed) return;
    const session = this.session!;
    const { receiver, outcome } = session;
    const { HANDLER_BUSY, NO_CONSUMER, PAUSED, STREAM_FULL } = Undelivered;
    if (!outcome.wasClean) {
      receiver.settle(HANDLER_BUSY, () => super.destroy(session.closedError()));
      return;
    }
    const patience = HANDLER_BUSY | PAUSED | STREAM_FULL;
    const isPeers = session.closedBy === 'remote';
    if (isPeers && receiver.isDeliveryHeldFor(NO_CONSUMER)) this.awaitConsumer();
    receiver.settle(isPeers ? patience | NO_CONSUMER : patience, () => this.endReading());
  }

  /** Gives whoever was to read what the peer said before it closed a last chance to come. */
  private awaitConsumer(): void {
    const { receiver } = this.session!;
    this.streamReading().consumerDeadline = setTimeout(() => {
      if (receiver.isDeliveryHeldOnlyFor(Undelivered.NO_CONSUMER)) receiver.dropUndelivered();
    }, this.settings.closeTimeoutMs);
  }

  /** Ends the readable side, and this stream once its reader has come to the end. */
  private endReading(): void {
    if (this.destroyed) return;
    const reading = this.#knownReading;
    clearTimeout(reading?.consumerDeadline);
    this.push(null);
    this.turnTakersAway(undefined);
    if (reading?.isAbandoned === true) super.destroy();
    else if (this.readableEnded) this.endWriting();
    else {
      this.once('end', () => this.endWriting());
      // Nothing is left to be read: the end does not wait for somebody to ask for it.
      if (this.readableLength === 0) super.read(0);
    }
  }

  /** Ends the writable side and then this stream, or cuts a writer short that does not end when its reader has. */
  private endWriting(): void {
    if (this.hasWriter) {
      setImmediate(() => {
        if (this.writableEnded) this.endWriting();
        else super.destroy();
      });
      return;
    }
    if (!this.writableEnded) super.end();
    if (this.writableFinished) super.destroy();
    else this.once('finish', () => super.destroy());
  }

  private giveToTaker(reading: StreamReading, takers: MessageTaker[], message: string | Buffer): void {
    const taker = takers.shift();
    if (takers.length === 0) this.session!.receiver.holdDelivery(Undelivered.STREAM_FULL);
    if (taker !== undefined) taker.onMessage(message);
    else if (!this.push(message)) reading.demand = Demand.FULL;
  }

  /** Tells those who wait for a message that none will come. */
  private turnTakersAway(error: Error | undefined): void {
    for (const taker of this.#knownReading?.takers?.splice(0) ?? []) taker.onEnd(error);
  }

  /** Returns what a reader is told of an end that cut something off. */
  private reasonOfEnd(): Error | undefined {
    if (this.errored) return this.errored;
    return this.readableEnded ? undefined : this.closedError();
  }

  private takeUpReading(): void {
    const receiver = this.session?.receiver;
    if (receiver === undefined) return;
    receiver.isStreamed = true;
    receiver.releaseDelivery(Undelivered.NO_CONSUMER | Undelivered.STREAM_FULL);
  }

  /** Begins delivery in the next microtask after the first consumer came. */
  private noteListener(event: string | symbol): this {
    // Whoever has come before `connect` is seen when delivery begins.
    if (this.isAnnounced && this.awaitsConsumer() && (CONSUMING as readonly unknown[]).includes(event))
      queueMicrotask(() => this.consume());
    return this;
  }

  private streamReading(): StreamReading {
    return (this.#knownReading ??= new StreamReading());
  }

  /** Whether Node has asked for messages. */
  private isWanted(): boolean {
    return this.#knownReading !== undefined && this.#knownReading.demand !== Demand.NONE;
  }

  private awaitsConsumer(): boolean {
    return this.session?.busyReceiver?.isDeliveryHeldFor(Undelivered.NO_CONSUMER) === true;
  }

  private unpause(): void {
    if (this.#knownReading !== undefined) this.#knownReading.isPaused = false;
    this.session?.busyReceiver?.resume();
  }
}

function ignoreError(): void {
  // Whoever reads is told.
}
