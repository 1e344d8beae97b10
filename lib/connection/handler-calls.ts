import type { Connection } from './connection.js';
import type { Handler, HandlerArguments, HandlerMessages } from './connection-events.js';

/** Calls a connection's handler, and knows how many of its promises for messages are still out. */
export class HandlerCalls {
  readonly handler: Handler;
  readonly #connection: Connection;
  readonly #concurrency: number;
  /** Told when the handler can take messages no more, or again. */
  readonly #onBusy: (isBusy: boolean) => void;
  readonly #onError: (error: unknown) => void;
  #underWay = 0;

  constructor(
    connection: Connection,
    handler: Handler,
    concurrency: number,
    onBusy: (isBusy: boolean) => void,
    onError: (error: unknown) => void,
  ) {
    this.#connection = connection;
    this.handler = handler;
    this.#concurrency = concurrency;
    this.#onBusy = onBusy;
    this.#onError = onError;
  }

  /** Calls the handler with a message; its promise counts against the concurrency. */
  deliver<T extends 'text' | 'utf8' | 'binary' | 'fragment'>(type: T, message: HandlerMessages[T]): void {
    const promise = this.#call(type, message);
    if (promise === undefined) return;
    this.#underWay += 1;
    if (this.#underWay >= this.#concurrency) this.#onBusy(true);
    void promise.then(() => {
      this.#underWay -= 1;
      if (this.#underWay < this.#concurrency) this.#onBusy(false);
    });
  }

  /** Calls the handler with `connect`; its promise holds back everything. */
  connect(message: HandlerMessages['connect']): void {
    const promise = this.#call('connect', message);
    if (promise === undefined) return;
    this.#onBusy(true);
    void promise.then(() => this.#onBusy(false));
  }

  /** Calls the handler with anything else; nobody waits for it. */
  notify<T extends keyof HandlerMessages>(type: T, message: HandlerMessages[T]): void {
    void this.#call(type, message);
  }

  /** Returns a promise that never rejects, or `undefined` when the handler was synchronous. */
  #call<T extends keyof HandlerMessages>(type: T, message: HandlerMessages[T]): Promise<void> | undefined {
    try {
      const result: unknown = this.handler(
        ...([this.#connection, type, message] as unknown as HandlerArguments),
      );
      if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') return undefined;
      return Promise.resolve(result).then(() => undefined, this.#onError);
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }
}
