import type { MemoryBudget } from '../protocol/memory-budget.js';
/** Is what a holder is charged for one thing, which grows and shrinks, and is given back once. */
export declare class Charge<Holder extends object> {
    #private;
    constructor(budget: MemoryBudget<Holder>, holder: Holder);
    /** Charges so many octets instead of those before. May fail the holder, or another, before it returns. */
    set(octets: number): void;
    /** Charges so many octets more. */
    add(octets: number): void;
    /** Gives all back; what is charged later does not count. */
    close(): void;
}
