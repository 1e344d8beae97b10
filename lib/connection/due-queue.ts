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
export class DueQueue<T extends Due> {
  readonly #heap: T[] = [];

  /** How many items are queued. */
  get size(): number {
    return this.#heap.length;
  }

  /** Returns the item that is due first, and leaves it in the queue. */
  peek(): T | undefined {
    return this.#heap[0];
  }

  /** Iterates over all items, in no order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#heap.values();
  }

  /** Adds an item, or moves one that is queued already. */
  schedule(item: T, dueAt: number): void {
    item.dueAt = dueAt;
    const index = item.heapIndex === -1 ? this.#heap.length : item.heapIndex;
    if (!this.#rise(item, index)) this.#sink(item, index);
  }

  /** Removes an item, if it is queued. */
  remove(item: T): void {
    const index = item.heapIndex;
    if (index === -1) return;
    item.heapIndex = -1;
    const last = this.#heap.pop() as T;
    if (last === item) return;
    if (!this.#rise(last, index)) this.#sink(last, index);
  }

  /** Removes all items. */
  clear(): void {
    for (const item of this.#heap) item.heapIndex = -1;
    this.#heap.length = 0;
  }

  /** Moves parents down until `item` fits in; tells whether it left `index`. */
  #rise(item: T, index: number): boolean {
    let hole = index;
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      const parent = this.#heap[above] as T;
      if (parent.dueAt <= item.dueAt) break;
      this.#put(parent, hole);
      hole = above;
    }
    this.#put(item, hole);
    return hole !== index;
  }

  /** Moves children up until `item`, which is at `index`, fits in. */
  #sink(item: T, index: number): void {
    let hole = index;
    for (;;) {
      const left = this.#heap[2 * hole + 1];
      if (left === undefined) break;
      const right = this.#heap[2 * hole + 2];
      const child = right !== undefined && right.dueAt < left.dueAt ? right : left;
      if (child.dueAt >= item.dueAt) break;
      const below = child.heapIndex;
      this.#put(child, hole);
      hole = below;
    }
    this.#put(item, hole);
  }

  #put(item: T, index: number): void {
    this.#heap[index] = item;
    item.heapIndex = index;
  }
}
