type Message = string | Buffer;

/** Is what a {@link MessageIterator} reads. */
export interface MessageSupply {
  /** Returns the next message, if it is there. */
  takeMessage(): Message | undefined;
  /** Gives the next message when it is there; when there will be none, an error or nothing. */
  pull(taker: MessageTaker): void;
  destroy(): unknown;
}

/** Waits for the next message of a {@link MessageSupply}; one of its methods is called, once. */
export interface MessageTaker {
  onMessage(message: Message): void;
  onEnd(error: Error | undefined): void;
}

/**
 * Goes through the messages of a connection one by one, as they are asked for. Leaving the loop destroys the
 * connection, as Node's streams do.
 */
export class MessageIterator implements NodeJS.AsyncIterator<Message> {
  readonly #supply: MessageSupply;
  /** Called once, when nothing is taken any more. */
  readonly #onDone: () => void;
  #isDone = false;

  constructor(supply: MessageSupply, onDone: () => void) {
    this.#supply = supply;
    this.#onDone = onDone;
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    // hot path: benchmarks/micro/receiver
    if (this.#isDone) return Promise.resolve({ value: undefined, done: true });
    const message = this.#supply.takeMessage();
    if (message !== undefined) return Promise.resolve({ value: message, done: false });
    return new Promise((resolve, reject) => {
      this.#supply.pull({
        onMessage: (value) => resolve({ value, done: false }),
        onEnd: (error) => {
          const isLast = !this.#isDone;
          this.#finish();
          // Of several that wait, one learns of the error.
          if (error !== undefined && isLast) reject(error);
          else resolve({ value: undefined, done: true });
        },
      });
    });
  }

  return(): Promise<IteratorResult<Message, undefined>> {
    if (!this.#isDone) {
      this.#finish();
      this.#supply.destroy();
    }
    return Promise.resolve({ value: undefined, done: true });
  }

  throw(error?: unknown): Promise<IteratorResult<Message, undefined>> {
    void this.return();
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the loop was given
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#onDone();
  }
}
