import { backlogBudget, type BudgetHolder } from './process-limits.js';

/** Octets from which a backlog counts, unless its soft limit is less: what is below is on its way with any luck. */
const COUNTED_FROM = 64 * 1024;
/** Places in the queue that may be used up before it is cut. */
const MAX_USED_PLACES = 1024;

/** Is a frame that waits in several queues, and how far the socket has to be to have taken it. */
interface SharedFrame {
  readonly frame: Buffer;
  readonly end: number;
}

/** Tells from how many octets on a backlog counts. */
export function countedFrom(softBacklogBytes: number): number {
  return Math.min(COUNTED_FROM, softBacklogBytes);
}

/** In how many accounts that count each shared frame waits. */
const sharers = new Map<Buffer, number>();

/** Charges the process for what one peer has not taken; of a frame that waits for several, only once. */
export class BacklogAccount {
  readonly #owner: BudgetHolder;
  readonly #from: number;
  #charged = 0;
  #shared: SharedFrame[] = [];
  /** Index of the first shared frame that is not taken. */
  #head = 0;

  constructor(owner: BudgetHolder, softBacklogBytes: number) {
    this.#owner = owner;
    this.#from = countedFrom(softBacklogBytes);
  }

  /** Whether nothing is charged, and no shared frame waits. */
  get isEmpty(): boolean {
    return this.#charged === 0 && this.#head === this.#shared.length;
  }

  /** Notes a frame that others were given too; `end` counts the octets up to and with it. */
  share(frame: Buffer, end: number): void {
    this.#shared.push({ frame, end });
    if (this.#charged > 0) retain(frame);
  }

  /**
   * Brings the charge up to date. May fail the owner, or others, before it returns.
   * @param backlog - octets that the socket has not taken.
   * @param takenBytes - octets that it has taken so far.
   */
  update(backlog: number, takenBytes: number): void {
    // hot path: benchmarks/micro/sender
    while (this.#head < this.#shared.length && this.#shared[this.#head]!.end <= takenBytes) this.#dropFirst();
    const held = backlog < this.#from ? 0 : backlog;
    const change = held - this.#charged;
    if (change === 0) return;
    if (this.#charged === 0) this.#forEachShared(retain);
    if (held === 0) this.#forEachShared(release);
    this.#charged = held;
    backlogBudget.charge(this.#owner, change);
  }

  /** Gives everything back: the stream is gone. */
  close(): void {
    if (this.#charged > 0) this.#forEachShared(release);
    this.#shared = [];
    this.#head = this.#charged = 0;
    backlogBudget.release(this.#owner);
  }

  #dropFirst(): void {
    if (this.#charged > 0) release(this.#shared[this.#head]!.frame);
    this.#head += 1;
    if (this.#head < this.#shared.length && this.#head < MAX_USED_PLACES) return;
    this.#shared.splice(0, this.#head);
    this.#head = 0;
  }

  #forEachShared(change: (frame: Buffer) => void): void {
    for (let at = this.#head; at < this.#shared.length; at++) change(this.#shared[at]!.frame);
  }
}

function retain(frame: Buffer): void {
  const before = sharers.get(frame) ?? 0;
  sharers.set(frame, before + 1);
  if (before > 0) backlogBudget.overlap(frame.length);
}

function release(frame: Buffer): void {
  const before = sharers.get(frame)!;
  if (before > 1) {
    sharers.set(frame, before - 1);
    backlogBudget.overlap(-frame.length);
  } else sharers.delete(frame);
}
