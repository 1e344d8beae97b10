/** Bounds how many jobs run at once, in the order in which they ask. */
export class JobSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param count - jobs that may run at once. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs a job when a slot is free. @returns what the job gives. @throws what it throws. */
  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
