import type { ConnectionSettings } from './connection-options.js';
import { Inbox, type Delivery } from './inbox.js';

/** Reasons why messages are not delivered for now; they wait in the inbox. */
export const Undelivered = {
  NOT_CONNECTED: 1,
  NO_CONSUMER: 2,
  PAUSED: 4,
  HANDLER_BUSY: 8,
  STREAM_FULL: 16,
} as const;

/** Decides what a full inbox does: see {@link MessageDelivery.dropsWhenFull} and {@link MessageDelivery.waitsWhenFull}. */
export type Phase = 'open' | 'closing' | 'abandoned' | 'over';

/** Hands messages on as long as nothing holds them back; those that are held wait in an inbox, within bounds. */
export abstract class MessageDelivery {
  /** Messages that were dropped because nobody took them. */
  discarded = 0;
  /** Whether somebody reads the connection as a stream, and pauses it to catch up. */
  isStreamed = false;

  protected settings: ConnectionSettings;
  protected phase: Phase = 'open';

  /** What holds delivery back: a bit for each reason, so that none lets go for another. */
  #reasons: number;
  /** Made when the first message has to wait. */
  #inbox: Inbox | undefined;
  #isDelivering = false;
  #whenSettled: (() => void) | undefined;

  constructor(settings: ConnectionSettings) {
    this.settings = settings;
    this.#reasons = reasonsAtFirst(settings);
  }

  /** Begins to deliver for another connection; only at rest. @param isOpen - whether it has a consumer already. */
  protected beginDelivery(settings: ConnectionSettings, isOpen: boolean): void {
    // hot path: benchmarks/micro/receiver
    this.settings = settings;
    this.#reasons = isOpen ? 0 : reasonsAtFirst(settings);
    this.#inbox = undefined;
  }

  /** Whether nothing waits, and nothing is known that would matter later. */
  protected get isDeliveryAtRest(): boolean {
    // hot path: benchmarks/micro/receiver
    return (
      this.#reasons === 0 &&
      !this.isStreamed &&
      this.phase === 'open' &&
      this.discarded === 0 &&
      !this.#isDelivering &&
      (this.#inbox === undefined || this.#inbox.length === 0)
    );
  }

  /** Tells whether any of these reasons holds delivery back. */
  isDeliveryHeldFor(reasons: number): boolean {
    return (this.#reasons & reasons) !== 0;
  }

  /** Tells whether nothing but these reasons holds delivery back; also when nothing does. */
  isDeliveryHeldOnlyFor(reasons: number): boolean {
    return (this.#reasons & ~reasons) === 0;
  }

  /** Adds reasons to hold delivery back; those that do already count once. */
  holdDelivery(reasons: number): void {
    this.#reasons |= reasons;
  }

  /** Takes reasons away; with the last one, what waits is delivered. */
  releaseDelivery(reasons: number): void {
    if ((this.#reasons & reasons) === 0) return;
    this.#reasons &= ~reasons;
    if (this.#reasons === 0) this.#deliverInbox();
  }

  /**
   * Delivers the message that has waited longest, if nothing but these reasons, all of them, holds it back.
   * @returns it.
   */
  deliverNext(reasons: number): Delivery | undefined {
    // hot path: benchmarks/micro/receiver
    if (this.#reasons !== reasons || this.#isDelivering) return undefined;
    const message = this.#inbox?.shift();
    if (message === undefined) return undefined;
    this.#isDelivering = true;
    this.deliver(message);
    this.#isDelivering = false;
    this.#deliverInbox();
    return message;
  }

  /**
   * Waits until everything is delivered, as long as nothing but `patience` holds delivery back; else drops what
   * is left and counts it.
   */
  settle(patience: number, whenSettled: () => void): void {
    if (this.#waiting() > 0 && this.isDeliveryHeldOnlyFor(patience)) {
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

  /** Delivers a message, or lets it wait. */
  protected take(message: Delivery): void {
    // hot path: benchmarks/micro/receiver
    if (this.#reasons === 0 && this.#waiting() === 0) {
      this.deliver(message);
      return;
    }
    const { maxQueuedBytes, maxQueuedMessages } = this.settings;
    const inbox = (this.#inbox ??= new Inbox(maxQueuedBytes, maxQueuedMessages));
    if (this.phase === 'abandoned' || (inbox.isFull && this.dropsWhenFull)) {
      this.discarded += 1;
      return;
    }
    inbox.push(message);
    if (inbox.isFull && this.waitsWhenFull) this.inboxOnFull();
  }

  /** Hands a message on. */
  protected abstract deliver(message: Delivery): void;
  /** Learns that no more messages should come for now. */
  protected abstract inboxOnFull(): void;
  /** Learns that nothing waits any more. */
  protected abstract inboxOnEmpty(): void;

  /** Whether somebody takes the messages, however slowly. */
  #hasReader(): boolean {
    const { HANDLER_BUSY, PAUSED, STREAM_FULL } = Undelivered;
    return this.isDeliveryHeldOnlyFor(HANDLER_BUSY | STREAM_FULL | (this.isStreamed ? PAUSED : 0));
  }

  /** Whether messages past the bound are dropped: only when closing, and when nobody takes them. */
  protected get dropsWhenFull(): boolean {
    return this.phase === 'abandoned' || (this.phase !== 'open' && !this.#hasReader());
  }

  /** Whether reading waits at the bound; what came before the stream was gone is little, and kept. */
  protected get waitsWhenFull(): boolean {
    return this.phase === 'open' || (this.phase === 'closing' && this.#hasReader());
  }

  /** How many messages wait. */
  #waiting(): number {
    return this.#inbox === undefined ? 0 : this.#inbox.length;
  }

  #deliverInbox(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    while (this.#reasons === 0 && this.#waiting() > 0) this.deliver(this.#inbox!.shift()!);
    this.#isDelivering = false;
    if (this.#waiting() > 0) return;
    this.inboxOnEmpty();
    this.#tellSettled();
  }

  #tellSettled(): void {
    const whenSettled = this.#whenSettled;
    this.#whenSettled = undefined;
    whenSettled?.();
  }
}

function reasonsAtFirst({ handler }: ConnectionSettings): number {
  return Undelivered.NOT_CONNECTED | (handler === undefined ? Undelivered.NO_CONSUMER : 0);
}
