/** Part of a token that may be missing: what is lost where the time of one is no whole number. */
const TOLERANCE = 0.01;

/**
 * Takes a token from a bucket, which limits how often something happens: so many times a second over the long run, and
 * a burst at once. The bucket is but a number, which whoever is limited keeps: the time at which it is full again.
 *
 * @param fullAt - that time; 0 or any other that is past: it is full
 * @param now - monotonic time in milliseconds
 * @param ratePerSecond - tokens that come back each second, more than none
 * @param burst - tokens it holds when full
 * @returns when it is full again without that token; undefined if there was none
 */
export function takeToken(
  fullAt: number,
  now: number,
  ratePerSecond: number,
  burst: number,
): number | undefined {
  // hot path: benchmarks/micro/token-bucket
  const msPerToken = 1000 / ratePerSecond;
  const fullAgainAt = Math.max(fullAt, now) + msPerToken;
  return fullAgainAt - now > (burst + TOLERANCE) * msPerToken ? undefined : fullAgainAt;
}
