/** Ends the list of places that are free. */
const NONE = -1;

/** Is what a roster leaves on its members: each roster its own property. */
type Placed = Record<symbol, number | undefined>;

/**
 * Is a set of objects that come and go in great numbers, in an order that is not told. A Set would do, but for the
 * garbage collector: every so many deletions it moves to another table, and once it is old each table left behind
 * keeps what it held from being freed young. What hangs on a connection is much; with five such sets half of the
 * garbage of a short one had to wait for a full collection.
 *
 * A member tells its place by a property, so membership costs no search.
 */
export class Roster<T extends object> implements Iterable<T> {
  readonly #place = Symbol('place');
  /** The members; at a free place, the next one that is free. */
  #places: (T | number)[] = [];
  #firstFree = NONE;
  #size = 0;

  /** How many members there are. */
  get size(): number {
    return this.#size;
  }

  has(member: T): boolean {
    return this.#placeOf(member) !== NONE;
  }

  /** Adds an object, unless it is a member already. */
  add(member: T): void {
    if (this.has(member)) return;
    const place = this.#firstFree === NONE ? this.#places.length : this.#firstFree;
    if (place !== this.#places.length) this.#firstFree = this.#places[place] as number;
    this.#places[place] = member;
    (member as Placed)[this.#place] = place;
    this.#size += 1;
  }

  /** Takes a member out. @returns whether it was one. */
  delete(member: T): boolean {
    const place = this.#placeOf(member);
    if (place === NONE) return false;
    (member as Placed)[this.#place] = NONE;
    this.#places[place] = this.#firstFree;
    this.#firstFree = place;
    this.#size -= 1;
    if (this.#size === 0) this.#shrink();
    return true;
  }

  /** Iterates over the members; who is deleted meanwhile is left out, who is added may be. */
  [Symbol.iterator](): IterableIterator<T> {
    // A generator would take several times as long.
    let place = 0;
    const next = (): IteratorResult<T, undefined> => {
      // Read anew each time: the loop may delete and add.
      while (place < this.#places.length) {
        const value = this.#places[place++]!;
        if (typeof value !== 'number') return { done: false, value };
      }
      return { done: true, value: undefined };
    };
    return {
      next,
      [Symbol.iterator]() {
        return this;
      },
    };
  }

  #placeOf(member: T): number {
    return (member as Placed)[this.#place] ?? NONE;
  }

  /** Gives back the room of the most members there ever were. */
  #shrink(): void {
    this.#places = [];
    this.#firstFree = NONE;
  }
}
