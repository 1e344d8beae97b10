import { EventEmitter } from 'eventemitter3';
/**
 * Emits typed events to listeners that cannot harm anybody: what one throws, or rejects when it is asynchronous, stops
 * neither the other listeners nor the emitter. It goes to {@link GuardedEmitter.listenerFailed | listenerFailed}.
 */
export declare class GuardedEmitter<Events extends object> extends EventEmitter<Events> {
    #private;
    /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when the listener is no function. */
    on<E extends EventEmitter.EventNames<Events>>(event: E, listener: EventEmitter.EventListener<Events, E>, context?: unknown): this;
    /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when the listener is no function. */
    once<E extends EventEmitter.EventNames<Events>>(event: E, listener: EventEmitter.EventListener<Events, E>, context?: unknown): this;
    /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when the listener is no function. */
    addListener<E extends EventEmitter.EventNames<Events>>(event: E, listener: EventEmitter.EventListener<Events, E>, context?: unknown): this;
    removeListener<E extends EventEmitter.EventNames<Events>>(event: E, listener?: EventEmitter.EventListener<Events, E>, context?: unknown, once?: boolean): this;
    off<E extends EventEmitter.EventNames<Events>>(event: E, listener?: EventEmitter.EventListener<Events, E>, context?: unknown, once?: boolean): this;
    listeners<E extends EventEmitter.EventNames<Events>>(event: E): EventEmitter.EventListener<Events, E>[];
    /** Is told what a listener threw or rejected with, and what it had been called with; logs it. */
    protected listenerFailed(error: unknown, _args: readonly unknown[]): void;
}
