import { setTimeout as sleep } from 'node:timers/promises';
import type { End } from './end.js';
import { ackOf, contentOf, readAck, type Content } from './message.js';
import {
  isCorrupting,
  isHarmless,
  SIDES,
  type PlannedMessage,
  type Schedule,
  type Side,
} from './schedule.js';

/** Is one side's account of what it sent, what it was given, and what was confirmed to it. */
class Ledger {
  sent = 0;
  received = 0;
  confirmed = 0;
  isSending = true;
}

/** Lets two ends send each other what is planned, confirm it, and close; keeps account of it all. */
export class Exchange {
  /** What was wrong with what arrived. */
  readonly complaints: string[] = [];
  readonly #schedule: Schedule;
  readonly #ledgers: Readonly<Record<Side, Ledger>> = { client: new Ledger(), server: new Ledger() };
  readonly #ends: Partial<Record<Side, End>> = {};
  readonly #signal: AbortSignal;

  /** @param signal - ends all sending. */
  constructor(schedule: Schedule, signal: AbortSignal) {
    this.#schedule = schedule;
    this.#signal = signal;
  }

  /** Brings a side into play; it begins to send once it is open. */
  join(side: Side, end: End): void {
    this.#ends[side] = end;
    end.onMessage = (content) => this.#take(side, end, content);
    void this.#play(side, end);
  }

  /** Judges what there was, once both sides are gone. */
  judge(): void {
    const { messages, closer, close } = this.#schedule;
    if (isCorrupting(this.#schedule)) return;
    for (const side of SIDES) {
      const [own, other] = [this.#ledgers[side], this.#ledgers[opposite(side)]];
      if (own.confirmed > other.received)
        this.complaints.push(`${side}: ${own.confirmed} confirmed, ${other.received} delivered`);
      if (!isHarmless(this.#schedule) || close === 'terminate' || close === 'destroy') continue;
      // Whoever closes behind his messages has them delivered; what comes towards him may be too late.
      const isWhole = close === 'when confirmed' || (close === 'behind' && closer === side);
      if (isWhole && other.received !== messages[side].length)
        this.complaints.push(`${side}: ${other.received} of ${messages[side].length} delivered`);
      if (close === 'when confirmed' && own.confirmed !== messages[side].length)
        this.complaints.push(`${side}: ${own.confirmed} of ${messages[side].length} confirmed`);
      if (this.#ends[side]?.wasClean !== true)
        this.complaints.push(`${side}: wasClean ${String(this.#ends[side]?.wasClean)}`);
    }
  }

  /** Tells how far it came, on one line. */
  describe(): string {
    const describe = (side: Side): string => {
      const { sent, received, confirmed } = this.#ledgers[side];
      return `${side} sent ${sent} of ${this.#schedule.messages[side].length}, received ${received}, confirmed ${confirmed}`;
    };
    return SIDES.map(describe).join('; ');
  }

  async #play(side: Side, end: End): Promise<void> {
    const { messages, closer, close } = this.#schedule;
    const isCloser = closer === side || closer === 'both';
    const planned = messages[side];
    const ledger = this.#ledgers[side];
    const last =
      isCloser && close !== 'when confirmed' && close !== 'behind' ? planned.length >> 1 : Infinity;
    await end.opened;
    for (const [index, message] of planned.entries()) {
      if (index >= last) break;
      if (message.pauseMs > 0)
        await sleep(message.pauseMs, undefined, { signal: this.#signal }).catch(() => {});
      if (!end.isOpen) return;
      end.send(contentOf(this.#schedule.seed, side, index, message), message.fragments);
      ledger.sent += 1;
    }
    ledger.isSending = false;
    if (!isCloser || close === 'when confirmed') this.#closeWhenConfirmed();
    else if (close === 'terminate') end.terminate();
    else if (close === 'destroy') end.destroy();
    else end.close();
  }

  #take(side: Side, end: End, content: Content): void {
    const own = this.#ledgers[side];
    const ack = readAck(content);
    if (ack !== undefined) {
      if (ack !== own.confirmed && !isCorrupting(this.#schedule))
        this.complaints.push(`${side}: message ${ack} confirmed in place of ${own.confirmed}`);
      own.confirmed = ack + 1;
      this.#closeWhenConfirmed();
      return;
    }
    const from = opposite(side);
    const index = own.received;
    own.received += 1;
    const plan = this.#schedule.messages[from][index];
    if (!isCorrupting(this.#schedule) && !this.#isIntact(from, index, plan, content))
      this.complaints.push(
        `${side}: message ${index} is not what was sent (${typeof content}, ${content.length})`,
      );
    if (end.isOpen) end.send(ackOf(index), 1);
    // The last confirmation goes out with it: then nothing is under way that a Close could overtake.
    this.#closeWhenConfirmed();
  }

  #isIntact(from: Side, index: number, plan: PlannedMessage | undefined, content: Content): boolean {
    if (plan === undefined) return false;
    const wanted = contentOf(this.#schedule.seed, from, index, plan);
    return typeof wanted === 'string' ? wanted === content : wanted.equals(Buffer.from(content as Buffer));
  }

  /** Lets the closer close once there is nothing that is not confirmed. */
  #closeWhenConfirmed(): void {
    const { messages, closer, close } = this.#schedule;
    if (close !== 'when confirmed') return;
    for (const side of SIDES) {
      const { isSending, confirmed } = this.#ledgers[side];
      if (isSending || confirmed < messages[side].length) return;
    }
    for (const side of SIDES) {
      const end = this.#ends[side];
      if ((closer === side || closer === 'both') && end?.isOpen === true) end.close();
    }
  }
}

export function opposite(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}
