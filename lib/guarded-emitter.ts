import { EventEmitter } from 'eventemitter3';
import { InvalidOptionError } from './errors.js';
import { log } from './logging.js';

type Listener = (this: unknown, ...args: never[]) => unknown;

/**
 * Emits typed events to listeners that cannot harm anybody: what one throws, or rejects when it is asynchronous, stops
 * neither the other listeners nor the emitter. It goes to {@link GuardedEmitter.listenerFailed | listenerFailed}.
 */
export class GuardedEmitter<Events extends object> extends EventEmitter<Events> {
  readonly #guards = new WeakMap<Listener, Listener>();
  readonly #listeners = new WeakMap<Listener, Listener>();

  /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when the listener is no function. */
  override on<E extends EventEmitter.EventNames<Events>>(
    event: E,
    listener: EventEmitter.EventListener<Events, E>,
    context?: unknown,
  ): this {
    return super.on(event, this.#guard(listener), context);
  }

  /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when the listener is no function. */
  override once<E extends EventEmitter.EventNames<Events>>(
    event: E,
    listener: EventEmitter.EventListener<Events, E>,
    context?: unknown,
  ): this {
    return super.once(event, this.#guard(listener), context);
  }

  /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when the listener is no function. */
  override addListener<E extends EventEmitter.EventNames<Events>>(
    event: E,
    listener: EventEmitter.EventListener<Events, E>,
    context?: unknown,
  ): this {
    return this.on(event, listener, context);
  }

  override removeListener<E extends EventEmitter.EventNames<Events>>(
    event: E,
    listener?: EventEmitter.EventListener<Events, E>,
    context?: unknown,
    once?: boolean,
  ): this {
    return super.removeListener(
      event,
      listener === undefined ? undefined : this.#guard(listener),
      context,
      once,
    );
  }

  override off<E extends EventEmitter.EventNames<Events>>(
    event: E,
    listener?: EventEmitter.EventListener<Events, E>,
    context?: unknown,
    once?: boolean,
  ): this {
    return this.removeListener(event, listener, context, once);
  }

  override listeners<E extends EventEmitter.EventNames<Events>>(
    event: E,
  ): EventEmitter.EventListener<Events, E>[] {
    return super.listeners(event).map((guard) => this.#listeners.get(guard as Listener) as typeof guard);
  }

  /** Is told what a listener threw or rejected with, and what it had been called with; logs it. */
  protected listenerFailed(error: unknown, _args: readonly unknown[]): void {
    log('error', `a listener of ${this.constructor.name} failed`, { err: error });
  }

  /** Wraps a listener; always the same wrapper for the same listener, so that it can be removed again. */
  #guard<L>(listener: L): L {
    if (typeof listener !== 'function') throw new InvalidOptionError('listener', listener, 'a function');
    const unguarded = listener as unknown as Listener;
    // eventemitter3 removes a listener of `once` by what it holds: the wrapper.
    if (this.#listeners.has(unguarded)) return listener;
    let guard = this.#guards.get(unguarded);
    if (guard === undefined) {
      const failed = (error: unknown, args: readonly unknown[]): void => this.listenerFailed(error, args);
      guard = function (...args) {
        try {
          const result = unguarded.apply(this, args) as PromiseLike<unknown> | undefined;
          if (typeof result?.then === 'function')
            result.then(undefined, (error: unknown) => failed(error, args));
        } catch (error) {
          failed(error, args);
        }
      };
      this.#guards.set(unguarded, guard);
      this.#listeners.set(guard, unguarded);
    }
    return guard as unknown as L;
  }
}
