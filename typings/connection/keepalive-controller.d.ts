import { GuardedEmitter } from '../guarded-emitter.js';
import { KeepaliveEntry, type KeepaliveOptions, type KeepaliveSettings, type KeepaliveTarget } from './keepalive-entry.js';
export { KeepaliveEntry, type KeepaliveOptions, type KeepaliveSettings, type KeepaliveTarget };
/** Maps the events of a {@link KeepaliveController} to their arguments. */
export interface KeepaliveEvents<T extends KeepaliveTarget = KeepaliveTarget> {
    /** A ping went out. */
    ping: [target: T];
    /** The last ping was answered. */
    pong: [target: T, latencyMs: number];
    /** The target stayed silent past its deadline; it is no longer watched. */
    timeout: [target: T];
}
/** Configures a {@link KeepaliveController}: its clock, and the defaults of its targets. */
export interface KeepaliveControllerOptions extends KeepaliveOptions {
    /** Tells the time in milliseconds and never goes back. @defaultValue `performance.now` */
    readonly clock?: (() => number) | undefined;
}
/**
 * Keeps targets alive: pings each after an interval without a received octet, and gives it up when it stays silent
 * past the deadline of the pong. Sending postpones no ping, for it proves nothing about the receiver.
 *
 * Any object with a method `ping` will do that is not frozen; hawser's connections use
 * {@link defaultKeepaliveController} unless they are given another. One timer serves all targets, and holds no process
 * open; a wake-up costs as much as the targets that are due. Listeners that throw are logged.
 *
 * Source: websocket(n): configure; RFC 6455 §5.5.2, §5.5.3.
 */
export declare class KeepaliveController<T extends KeepaliveTarget = KeepaliveTarget> extends GuardedEmitter<KeepaliveEvents<T>> {
    #private;
    /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value. */
    constructor(options?: KeepaliveControllerOptions);
    /** How many targets are watched, those included whose keepalive is off. */
    get size(): number;
    /**
     * Watches a target from now on; one that is watched already is configured anew.
     * @param options - differences from the controller's own.
     * @returns the handle to report received octets and pongs to.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an object without `ping`, an unknown option or a bad value.
     */
    add(target: T, options?: KeepaliveOptions): KeepaliveEntry<T>;
    /** Returns the handle of a target, if it is watched. */
    get(target: T): KeepaliveEntry<T> | undefined;
    /** Tells whether a target is watched. */
    has(target: T): boolean;
    /** Notes that octets were received from a target just now; tells whether it is watched. */
    touch(target: T): boolean;
    /**
     * Notes that a pong was received from a target just now.
     * @param payload - its payload; left out, it is taken for that of the last ping.
     * @returns milliseconds since the last keepalive ping, if this is the first pong to answer it.
     */
    pong(target: T, payload?: Uint8Array): number | undefined;
    /** Watches a target no longer; tells whether it was watched. */
    delete(target: T): boolean;
    /** Watches nothing any longer. */
    clear(): void;
    /** Iterates over the targets that are watched. */
    [Symbol.iterator](): IterableIterator<T>;
}
/** Watches hawser's connections that are given no controller of their own. */
export declare const defaultKeepaliveController: KeepaliveController<KeepaliveTarget>;
