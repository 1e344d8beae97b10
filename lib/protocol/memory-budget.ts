/** Part of the limit, as its divisor, up to which there is plenty. */
const STRAINED = 4;

/**
 * Bounds what many holders hold together, in octets: the process fails its largest holder rather than run out
 * of memory. Charging is O(1); only when the limit is passed are the holders compared.
 */
export class MemoryBudget<Holder extends object> {
  readonly #held = new Map<Holder, number>();
  readonly #onExceeded: (largest: Holder, held: number, limit: number) => void;
  #limit: number;
  #total = 0;

  /**
   * @param limit - octets that all holders may hold together
   * @param onExceeded - called with the largest holder, the octets it held, and the limit, when the limit is
   *   passed; the holder has been released by then and must give up what it holds. May charge and release.
   */
  constructor(limit: number, onExceeded: (largest: Holder, held: number, limit: number) => void) {
    this.#limit = limit;
    this.#onExceeded = onExceeded;
  }

  /** Gives the octets that all holders hold together, those in common once. */
  get total(): number {
    return this.#total;
  }

  /** Gives the octets that all holders may hold together. */
  get limit(): number {
    return this.#limit;
  }

  /** Sets the limit, in octets. It takes effect at once: a lower one fails the largest holders now. */
  set limit(octets: number) {
    this.#limit = octets;
    this.#enforce();
  }

  /** Tells whether so much is held that nobody should take more than is needed. */
  get isStrained(): boolean {
    return this.#total > this.#limit / STRAINED;
  }

  /** Gives the octets that one holder holds. */
  heldBy(holder: Holder): number {
    return this.#held.get(holder) ?? 0;
  }

  /**
   * Charges a holder. May fail it, or another, before it returns.
   *
   * @param holder - who holds the octets; forgotten when it holds none
   * @param delta - octets more, or less when negative; what would leave less than none leaves none
   */
  charge(holder: Holder, delta: number): void {
    // hot path: benchmarks/micro/memory-budget
    const before = this.heldBy(holder);
    // Whoever was failed here may still give back, octet by octet, what was released in one go.
    const after = Math.max(0, before + delta);
    if (after === 0) this.#held.delete(holder);
    else this.#held.set(holder, after);
    this.#total += after - before;
    this.#enforce();
  }

  /**
   * Notes octets that several holders are charged for and hold in common: of those, the process has fewer.
   *
   * @param delta - octets that are counted too often, more or less than before
   */
  overlap(delta: number): void {
    this.#total -= delta;
  }

  /** Takes back all that a holder holds, and forgets it. */
  release(holder: Holder): void {
    this.#total -= this.heldBy(holder);
    this.#held.delete(holder);
  }

  #enforce(): void {
    while (this.#total > this.#limit) {
      let largest: Holder | undefined;
      let most = 0;
      for (const [holder, held] of this.#held) {
        if (held > most) {
          largest = holder;
          most = held;
        }
      }
      if (largest === undefined) return;
      this.release(largest);
      this.#onExceeded(largest, most, this.#limit);
    }
  }
}
