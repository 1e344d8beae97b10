/** Learns of the changes of a {@link FlowGate}; one object serves all gates of a kind. */
export interface GateEvents<Owner> {
  /** The last reason is gone. */
  opened(owner: Owner): void;
  /** The first reason has come. */
  shut(owner: Owner): void;
}

/**
 * Is open unless somebody holds it: a set of reasons, each a bit, so that several may hold it at once and none
 * lets go for another.
 */
export class FlowGate<Owner> {
  #reasons: number;
  readonly #owner: Owner;
  readonly #events: GateEvents<Owner>;

  /**
   * @param reasons - what holds the gate from the start; 0 for nothing.
   * @param events - told about each change, with `owner`.
   */
  constructor(reasons: number, owner: Owner, events: GateEvents<Owner>) {
    this.#reasons = reasons;
    this.#owner = owner;
    this.#events = events;
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
    if (wasOpen && this.#reasons !== 0) this.#events.shut(this.#owner);
  }

  /** Takes reasons away; those that do not hold the gate are ignored. */
  release(reasons: number): void {
    if ((this.#reasons & reasons) === 0) return;
    this.#reasons &= ~reasons;
    if (this.#reasons === 0) this.#events.opened(this.#owner);
  }
}
