/** Is what a {@link DueQueue} holds; the queue alone writes these two. */
export interface Due {
    /** When it is due, on whatever clock the owner of the queue uses. */
    dueAt: number;
    /** Place in the heap; -1 outside of it. */
    heapIndex: number;
}
/**
 * Orders items by when they are due: a binary heap whose items know their place in it.
 * An item can be in one queue only. Peeking costs O(1), all else O(log n).
 */
export declare class DueQueue<T extends Due> {
    #private;
    /** How many items are queued. */
    get size(): number;
    /** Returns the item that is due first, and leaves it in the queue. */
    peek(): T | undefined;
    /** Adds an item, or moves one that is queued already. */
    schedule(item: T, dueAt: number): void;
    /** Removes an item, if it is queued. */
    remove(item: T): void;
    /** Removes all items. */
    clear(): void;
}
