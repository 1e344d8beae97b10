import { getHeapStatistics } from 'node:v8';
import type { LimitError } from '../errors.js';
import { limit, normalise } from '../options.js';
import { DEFAULTS } from '../protocol/constants.js';
import { MemoryBudget } from '../protocol/memory-budget.js';
import { unfinishedBytesExhausted } from '../protocol/violations.js';

/** Can be failed for holding the most when a process-wide limit is passed. */
export interface BudgetHolder {
  /** Fails the connection for something its peer did. */
  fail(error: Error): void;
  /** Ends the connection at once: its peer does not take what it is sent. */
  endSlowConsumer(): void;
}

/** Sets the limits that all connections of the process share. */
export interface ProcessLimits {
  /**
   * Octets held in unfinished messages, by inflations and by context takeover; past it the largest holder is failed
   * with 1009. @defaultValue 256 MiB, or a quarter of V8's heap limit if that is less
   */
  readonly maxUnfinishedBytes?: number | undefined;
  /**
   * Octets of output backlog, a broadcast counted once; past it the largest holder is terminated. A backlog counts
   * from 64 KiB on, or from its soft limit if that is less. @defaultValue 256 MiB, or a quarter of V8's heap limit if that is less
   */
  readonly maxBacklogBytes?: number | undefined;
}

/**
 * Octets that a budget has by default at most: a quarter of what V8's heap may grow to, which follows from the machine's
 * memory, the container's, or `--max-old-space-size`. Who gives a process little means all of its memory.
 */
const MOST = Math.floor(getHeapStatistics().heap_size_limit / 4);

/** Accounts for unfinished messages. */
export const unfinishedBudget = new MemoryBudget<BudgetHolder>(
  Math.min(DEFAULTS.maxUnfinishedBytes, MOST),
  (largest, held, max) => largest.fail(unfinishedBytesExhausted(max, held) satisfies LimitError),
);

/** Accounts for what peers have not taken yet. */
export const backlogBudget = new MemoryBudget<BudgetHolder>(
  Math.min(DEFAULTS.maxBacklogBytes, MOST),
  (largest) => largest.endSlowConsumer(),
);

/**
 * Sets the limits that all connections of the process share, or queries them when called with nothing. What is
 * left out stays as it is; a lower limit takes effect at once.
 * @returns the limits now in force.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown limit or a bad value; nothing changes then.
 */
export function processLimits(limits?: ProcessLimits): Required<ProcessLimits> {
  const schema = {
    maxUnfinishedBytes: limit(unfinishedBudget.limit),
    maxBacklogBytes: limit(backlogBudget.limit),
  };
  const inForce = normalise(schema, limits, 'ProcessLimits');
  unfinishedBudget.limit = inForce.maxUnfinishedBytes;
  backlogBudget.limit = inForce.maxBacklogBytes;
  return inForce;
}
