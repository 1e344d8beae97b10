/**
 * Limits how often something happens: so many times a second over the long run, and a burst at once.
 * The caller brings the clock.
 */
export class TokenBucket {
  readonly #burst: number;
  readonly #perMs: number;
  #tokens: number;
  #last = 0;

  /**
   * @param ratePerSecond - tokens that come back each second; 0: none ever
   * @param burst - tokens it holds when full, and holds at first
   */
  constructor(ratePerSecond: number, burst: number) {
    this.#perMs = ratePerSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /**
   * Takes one token.
   *
   * @param now - monotonic time in milliseconds; a clock that steps back brings no tokens
   * @returns whether there was one
   */
  take(now: number): boolean {
    // hot path: benchmarks/micro/token-bucket
    const elapsed = now - this.#last;
    this.#last = now;
    if (elapsed > 0) this.#tokens = Math.min(this.#burst, this.#tokens + elapsed * this.#perMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
