import type { EventEmitter } from 'node:events';
import type { Connection } from '../connection/connection.js';
import { type Normalised } from '../options.js';
/** Says how connections are taken leave of. */
export interface DrainOptions {
    /** Status code of the Close frames; one that may be sent. @defaultValue 1001 */
    readonly code?: number | undefined;
    /** Reason of the Close frames, cut to 123 octets. @defaultValue that of the code */
    readonly reason?: string | undefined;
    /** Milliseconds after which those that are left are terminated. @defaultValue 10000 */
    readonly timeout?: number | undefined;
}
declare const DRAIN_SCHEMA: {
    code: import("../options.js").Option<number>;
    reason: import("../options.js").Option<string | undefined>;
    timeout: import("../options.js").Option<number>;
};
/** Are drain options after their check. */
export type DrainSettings = Normalised<typeof DRAIN_SCHEMA>;
/** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value. */
export declare function drainSettings(options: DrainOptions): DrainSettings;
/** Closes connections and waits until all are gone; terminates those that are left at the deadline. */
export declare function drainConnections(connections: Iterable<Connection>, { code, reason, timeout }: DrainSettings): Promise<void>;
/**
 * Waits until all of these have emitted `close`. At the deadline `end` is called with each that has not, and a
 * moment later nobody is waited for any more.
 */
export declare function allClosed<T extends Pick<EventEmitter, 'once'>>(emitters: Iterable<T>, timeoutMs: number, end: (emitter: T) => void): Promise<void>;
export {};
