/**
 * Is open unless somebody holds it: a set of reasons, each a bit, so that several may hold it at once and none
 * lets go for another.
 */
export class FlowGate {
  #reasons: number;
  readonly #onOpen: () => void;
  readonly #onShut: () => void;

  /**
   * @param reasons - what holds the gate from the start; 0 for nothing.
   * @param onOpen - called when the last reason is gone.
   * @param onShut - called when the first reason comes.
   */
  constructor(reasons: number, onOpen: () => void, onShut: () => void) {
    this.#reasons = reasons;
    this.#onOpen = onOpen;
    this.#onShut = onShut;
  }

  /** Tells whether nothing holds the gate. */
  get isOpen(): boolean {
    return this.#reasons === 0;
  }

  /** Tells whether any of these reasons holds the gate. */
  isHeldFor(reasons: number): boolean {
    return (this.#reasons & reasons) !== 0;
  }

  /** Tells whether nothing but these reasons holds the gate; also when it is open. */
  isHeldOnlyFor(reasons: number): boolean {
    return (this.#reasons & ~reasons) === 0;
  }

  /** Adds reasons to hold the gate; those that hold it already count once. */
  hold(reasons: number): void {
    const wasOpen = this.#reasons === 0;
    this.#reasons |= reasons;
    if (wasOpen && this.#reasons !== 0) this.#onShut();
  }

  /** Takes reasons away; those that do not hold the gate are ignored. */
  release(reasons: number): void {
    if ((this.#reasons & reasons) === 0) return;
    this.#reasons &= ~reasons;
    if (this.#reasons === 0) this.#onOpen();
  }
}
