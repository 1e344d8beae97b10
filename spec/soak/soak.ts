import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { findConnections } from '../../lib/connection/live-connections.js';
import { backlogBudget, unfinishedBudget } from '../../lib/connection/process-limits.js';
import { collectGarbage } from '../garbage-collection.js';
import { Churn, type Counts } from './churn.js';
import { grows, trendOf, type Trend } from './trend.js';

const MiB = 1024 * 1024;

/** Is what is measured, and how much it may grow from the end of the warm-up to the end of the run. */
export const MEASURES = {
  heap: { title: 'heap behind a collection', unit: 'MiB', tolerance: 1 },
  rss: { title: 'resident memory', unit: 'MiB', tolerance: 24 },
  handles: { title: 'handles and timers', unit: '', tolerance: 20 },
} as const;
export type Measure = keyof typeof MEASURES;

/** Is a look at the process. */
export type Sample = Readonly<Record<Measure, number>> & { readonly seconds: number };

/** Share of the samples that counts as warming up. */
const WARM_UP = 0.3;

export interface SoakResult {
  readonly counts: Counts;
  readonly samples: readonly Sample[];
  readonly trends: Readonly<Record<Measure, Trend & { readonly grows: boolean }>>;
  /** What was wrong: nothing, if it was fine. */
  readonly complaints: readonly string[];
}

export interface SoakOptions {
  readonly forMs: number;
  readonly everyMs: number;
  readonly atOnce: number;
  readonly seed: number;
  /** What each may grow, in place of what a run of minutes is judged by. */
  readonly tolerances?: Partial<Record<Measure, number>>;
  /** Called with each sample. */
  readonly onSample?: (sample: Sample, counts: Counts) => void;
  /** Called with each connection that is over: specs leak something here. */
  readonly onOver?: () => void;
}

/** Lets connections and messages come and go for some time, and judges whether anything stays. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const churn = await Churn.start(options.onOver);
  const samples: Sample[] = [];
  const start = performance.now();
  const over = churn.run(options.atOnce, options.seed);
  while (performance.now() - start < options.forMs) {
    await sleep(options.everyMs);
    const sample = await look((performance.now() - start) / 1000);
    samples.push(sample);
    options.onSample?.(sample, churn.counts);
  }
  churn.stop();
  await over;
  const complaints = [...new Set(churn.counts.wrong)].slice(0, 20);
  // The server's end is gone a moment after the client's.
  for (let naps = 0; churn.size > 0 && naps < 300; naps++) await sleep(10);
  if (churn.size > 0) complaints.push(`${String(churn.size)} connections left`);
  await churn.close();
  complaints.push(...leftBehind());
  const trends = judge(samples, options.tolerances ?? {});
  for (const [name, { grows: isGrowing, from, to }] of Object.entries(trends)) {
    const { title, unit } = MEASURES[name as Measure];
    if (isGrowing) complaints.push(`${title}: from ${from.toFixed(1)} to ${to.toFixed(1)} ${unit}`);
  }
  return { counts: churn.counts, samples, trends, complaints };
}

async function look(seconds: number): Promise<Sample> {
  await collectGarbage();
  await turn();
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().filter((name) => !name.includes('Req')).length;
  return { seconds, heap: (heapUsed + external) / MiB, rss: rss / MiB, handles };
}

function judge(
  samples: readonly Sample[],
  tolerances: Partial<Record<Measure, number>>,
): SoakResult['trends'] {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const judgeOne = (name: Measure) => {
    const trend = trendOf(warm.map((sample) => [sample.seconds, sample[name]]));
    return { ...trend, grows: grows(trend, tolerances[name] ?? MEASURES[name].tolerance) };
  };
  return { heap: judgeOne('heap'), rss: judgeOne('rss'), handles: judgeOne('handles') };
}

function leftBehind(): string[] {
  const left = {
    'live connections': findConnections(undefined, undefined).length,
    'octets of unfinished messages': unfinishedBudget.total,
    'octets of backlog': backlogBudget.total,
  };
  return Object.entries(left)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${String(count)} ${what} left`);
}
