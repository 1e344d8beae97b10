/** Steps that the time without progress is watched in. */
const STEPS = 5;

/**
 * Gives up a closing handshake that makes no progress, or takes too long in all. Progress is an octet received,
 * or taken by the kernel.
 */
export class ClosingDeadline {
  readonly #timer: NodeJS.Timeout;

  /**
   * @param idleMs - milliseconds without progress.
   * @param totalMs - milliseconds in all.
   * @param progress - a number that changes with each octet.
   * @param onExpired - called once, when either has passed.
   */
  constructor(idleMs: number, totalMs: number, progress: () => number, onExpired: () => void) {
    const step = Math.max(1, Math.min(idleMs, totalMs) / STEPS);
    const begun = performance.now();
    let seen = progress();
    let changedAt = begun;
    this.#timer = setInterval(() => {
      const now = performance.now();
      const present = progress();
      if (present !== seen) {
        seen = present;
        changedAt = now;
      }
      if (now - changedAt < idleMs && now - begun < totalMs) return;
      this.cancel();
      onExpired();
    }, step);
  }

  cancel(): void {
    clearInterval(this.#timer);
  }
}
