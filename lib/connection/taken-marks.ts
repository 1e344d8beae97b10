/** Waits for a socket to take everything up to a mark. */
interface Waiter {
  readonly mark: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Are places in what was handed in for sending that somebody waits for, in order. */
export class TakenMarks {
  #waiters: Waiter[] = [];

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#waiters.length === 0;
  }

  /** Waits until so many octets are taken. @throws what {@link TakenMarks.fail} is called with first. */
  reached(mark: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ mark, resolve, reject }));
  }

  /** Tells those whose mark is reached. */
  settle(takenBytes: number): void {
    while (this.#waiters.length > 0 && this.#waiters[0]!.mark <= takenBytes) this.#waiters.shift()!.resolve();
  }

  /** Tells all that their mark will never be reached. */
  fail(reason: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
  }
}
