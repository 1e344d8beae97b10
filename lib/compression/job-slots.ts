/** Lets a job that waits for its slot be given up. */
export interface Place {
  /** Leaves the queue: the job never runs, and whoever waits for it learns why. There only while it waits. */
  leave?: ((reason: Error) => void) | undefined;
}

/** Bounds how many jobs run at once, in the order in which they ask. */
export class JobSlots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /** @param count - jobs that may run at once. */
  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Runs a job when a slot is free.
   * @param place - gets the means to give it up while it waits.
   * @returns what the job gives.
   * @throws what it throws; what {@link Place.leave} was given.
   */
  async run<T>(job: () => Promise<T>, place: Place = {}): Promise<T> {
    if (this.#free === 0) await this.#wait(place);
    else this.#free -= 1;
    try {
      return await job();
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  /** Waits for a slot that another job has left. */
  #wait(place: Place): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(begin);
        place.leave = undefined;
      };
      const begin = (): void => {
        end();
        resolve();
      };
      place.leave = (reason) => {
        end();
        reject(reason);
      };
      this.#waiting.add(begin);
    });
  }
}
