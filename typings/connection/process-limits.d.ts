import { MemoryBudget } from '../protocol/memory-budget.js';
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
/** Accounts for unfinished messages. */
export declare const unfinishedBudget: MemoryBudget<BudgetHolder>;
/** Accounts for what peers have not taken yet. */
export declare const backlogBudget: MemoryBudget<BudgetHolder>;
/**
 * Sets the limits that all connections of the process share, or queries them when called with nothing. What is
 * left out stays as it is; a lower limit takes effect at once.
 * @returns the limits now in force.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown limit or a bad value; nothing changes then.
 */
export declare function processLimits(limits?: ProcessLimits): Required<ProcessLimits>;
