import type { MemoryBudget } from '../protocol/memory-budget.js';

/** Is what a holder is charged for one thing, which grows and shrinks, and is given back once. */
export class Charge<Holder extends object> {
  readonly #budget: MemoryBudget<Holder>;
  readonly #holder: Holder;
  #octets = 0;
  #isClosed = false;

  constructor(budget: MemoryBudget<Holder>, holder: Holder) {
    this.#budget = budget;
    this.#holder = holder;
  }

  /** Charges so many octets instead of those before. May fail the holder, or another, before it returns. */
  set(octets: number): void {
    const delta = octets - this.#octets;
    if (delta === 0 || this.#isClosed) return;
    this.#octets = octets;
    this.#budget.charge(this.#holder, delta);
  }

  /** Charges so many octets more. */
  add(octets: number): void {
    this.set(this.#octets + octets);
  }

  /** Gives all back; what is charged later does not count. */
  close(): void {
    this.set(0);
    this.#isClosed = true;
  }
}
