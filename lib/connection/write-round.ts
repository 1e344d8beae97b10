import type { TickTask } from './tick-round.js';

/** Milliseconds for which a write waits for those of other connections, and for the turn that runs at their end. */
const MAX_WAIT_MS = 0.5;
/** Turns that write at once behind one that has waited for nobody: for a single busy connection, waiting only costs. */
const TURNS_ALONE = 32;

let waiting: TickTask[] = [];
let waitingSince = 0;
/** How many waited since the last turn of the event loop. */
let joined = 0;
let turnsAlone = 0;

/**
 * Lets a write wait for those that other connections have in the same turn of the event loop. To compress messages and
 * to write them, one after the other, is each time to begin with the processor's caches full of the other; and a peer
 * on the same machine falls asleep and is woken for each.
 * @returns whether it waits: its `onTick` is called soon; if not, it had better be done at once.
 */
export function joinRound(task: TickTask): boolean {
  // hot path: benchmarks/micro/output-batch
  if (turnsAlone > 0) {
    turnsAlone -= 1;
    return false;
  }
  const now = performance.now();
  if (waiting.length > 0 && now - waitingSince >= MAX_WAIT_MS) callWaiting();
  if (waiting.length === 0) waitingSince = now;
  waiting.push(task);
  joined += 1;
  if (joined === 1) setImmediate(endRound);
  return true;
}

function endRound(): void {
  if (joined === 1) turnsAlone = TURNS_ALONE;
  joined = 0;
  callWaiting();
}

function callWaiting(): void {
  const tasks = waiting;
  waiting = [];
  for (const task of tasks) task.onTick();
}
