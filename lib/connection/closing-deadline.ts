/** Checks for progress within the time that may pass without any. */
const CHECKS = 5;

/**
 * Gives up a closing handshake that makes no progress, or takes too long in all. Progress is an octet received,
 * or taken by the kernel; it is noticed up to a fifth of the idle time late.
 */
export class ClosingDeadline {
  readonly #idleMs: number;
  readonly #totalMs: number;
  readonly #progress: () => number;
  readonly #onExpired: () => void;
  readonly #begun = performance.now();
  #seen: number;
  #changedAt = this.#begun;
  #timer: NodeJS.Timeout;

  /**
   * @param idleMs - milliseconds without progress.
   * @param totalMs - milliseconds in all.
   * @param progress - gives a number that changes with each octet.
   * @param onExpired - called once, when either has passed.
   */
  constructor(idleMs: number, totalMs: number, progress: () => number, onExpired: () => void) {
    this.#idleMs = idleMs;
    this.#totalMs = totalMs;
    this.#progress = progress;
    this.#onExpired = onExpired;
    this.#seen = progress();
    this.#timer = this.#arm(this.#begun);
  }

  /** Stops watching; nothing is called any more. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  /** Waits for the next check, or for the moment that either time is over. */
  #arm(now: number): NodeJS.Timeout {
    const delay = Math.min(
      this.#idleMs / CHECKS,
      this.#changedAt + this.#idleMs - now,
      this.#begun + this.#totalMs - now,
    );
    return setTimeout(() => this.#check(), delay);
  }

  #check(): void {
    const now = performance.now();
    const progress = this.#progress();
    if (progress !== this.#seen) {
      this.#seen = progress;
      this.#changedAt = now;
    }
    if (now - this.#changedAt >= this.#idleMs || now - this.#begun >= this.#totalMs) this.#onExpired();
    else this.#timer = this.#arm(now);
  }
}
