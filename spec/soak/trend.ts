/** Is a line through points: the least sum of squares. */
export interface Trend {
  /** Units a second. */
  readonly slope: number;
  /** Where the line is at the first and at the last point. */
  readonly from: number;
  readonly to: number;
  /** Standard deviation of the points around the line. */
  readonly spread: number;
}

/** Draws the line that is nearest to points: seconds and values. */
export function trendOf(points: readonly (readonly [seconds: number, value: number])[]): Trend {
  const count = points.length;
  const mean = (pick: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / count;
  const meanTime = mean(([seconds]) => seconds);
  const meanValue = mean(([, value]) => value);
  let above = 0;
  let below = 0;
  for (const [seconds, value] of points) {
    above += (seconds - meanTime) * (value - meanValue);
    below += (seconds - meanTime) ** 2;
  }
  const slope = below === 0 ? 0 : above / below;
  const at = (seconds: number): number => meanValue + slope * (seconds - meanTime);
  const spread = Math.sqrt(mean(([seconds, value]) => (value - at(seconds)) ** 2));
  return { slope, from: at(points[0]?.[0] ?? 0), to: at(points.at(-1)?.[0] ?? 0), spread };
}

/**
 * Tells whether something grows: the line climbs by more than is tolerated, and by more than its points are scattered.
 * @param tolerance - units over the whole time.
 */
export function grows({ from, to, spread }: Trend, tolerance: number): boolean {
  return to - from > tolerance && to - from > 2 * spread;
}
