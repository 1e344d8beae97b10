import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { backlogBudget, unfinishedBudget } from '../../lib/connection/process-limits.js';
import { findConnections } from '../../lib/connection/live-connections.js';
import { makeSchedule } from './schedule.js';
import { attempt, type Verdict } from './trial.js';

/** Milliseconds for what is closing to be closed. */
const GRACE_MS = 5_000;

/** Plays the schedules of seeds in a row, so many at a time; yields the verdict of each. */
export async function* campaign(first: number, count: number, atOnce: number): AsyncGenerator<Verdict> {
  for (let start = 0; start < count; start += atOnce) {
    const seeds = Array.from(
      { length: Math.min(atOnce, count - start) },
      (_, index) => first + start + index,
    );
    const [verdicts, left] = await tracing(() =>
      Promise.all(seeds.map((seed) => attempt(makeSchedule(seed)))),
    );
    yield* verdicts;
    if (left.length > 0) yield* search(seeds, left);
  }
}

/** Plays schedules of which one left something behind, each alone, to find it. */
async function* search(seeds: readonly number[], left: readonly string[]): AsyncGenerator<Verdict> {
  let isFound = false;
  for (const seed of seeds) {
    const verdict = await playAlone(seed);
    if (verdict.complaints.length > 0) yield verdict;
    isFound ||= verdict.complaints.length > 0;
  }
  const seed = seeds[0]!;
  const complaints = left.map(
    (what) => `${what} by one of ${String(seeds.length)} from here on, played at once`,
  );
  if (!isFound) yield { schedule: makeSchedule(seed), complaints, journal: [] };
}

/** Plays one schedule with nothing beside it. */
export async function playAlone(seed: number): Promise<Verdict> {
  const [verdict, left] = await tracing(() => attempt(makeSchedule(seed)));
  return { ...verdict, complaints: [...verdict.complaints, ...left] };
}

/** Does something, and tells what it has left behind when its time to tidy up is over. */
export async function tracing<T>(
  run: () => Promise<T>,
  graceMs = GRACE_MS,
): Promise<[outcome: T, left: string[]]> {
  // A test runner starts a timer of its own once it has our promise.
  await new Promise((resolve) => setImmediate(resolve));
  const before = census();
  const outcome = await run();
  return [outcome, await leftSince(before, graceMs)];
}

/** Counts what the process has open, and what its connections hold. */
function census(): ReadonlyMap<string, number> {
  const census = new Map<string, number>();
  for (const resource of process.getActiveResourcesInfo()) {
    // Requests end by themselves; it is handles and timers that stay.
    if (!resource.includes('Req')) census.set(resource, (census.get(resource) ?? 0) + 1);
  }
  for (const name of process.eventNames())
    census.set(`listener of process '${String(name)}'`, process.listenerCount(name));
  census.set('live connection', findConnections(undefined, undefined).length);
  census.set('octet of unfinished messages', unfinishedBudget.total);
  census.set('octet of backlog', backlogBudget.total);
  return census;
}

/** Waits until nothing more is there than before. @returns what is. */
async function leftSince(before: ReadonlyMap<string, number>, graceMs: number): Promise<string[]> {
  for (const start = performance.now(); ;) {
    const left: string[] = [];
    for (const [what, count] of census()) {
      const more = count - (before.get(what) ?? 0);
      if (more > 0) left.push(`${String(more)} × ${what} left behind`);
    }
    if (left.length === 0 || performance.now() - start > graceMs) return left;
    // Behind the callback of its own timer.
    await sleep(5);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Says what was wrong, and how to see it again. */
export function describeVerdict({ schedule, complaints, journal }: Verdict): string {
  return [
    `seed ${String(schedule.seed)}: npm run faults -- --seed ${String(schedule.seed)}`,
    ...complaints.map((complaint) => `  ${complaint}`),
    'what happened:',
    ...journal.map((line) => `  ${line}`),
    'schedule:',
    inspect(schedule, { depth: 6, breakLength: 110, maxArrayLength: 200 }),
  ].join('\n');
}
