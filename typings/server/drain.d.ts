import type { Connection } from '../connection/connection.js';
/** Says how connections are taken leave of. */
export interface DrainOptions {
    /** Status code of the Close frames. @defaultValue 1001 */
    readonly code?: number | undefined;
    /** Reason of the Close frames. @defaultValue that of the code */
    readonly reason?: string | undefined;
    /** Milliseconds after which those that are left are terminated. @defaultValue 10000 */
    readonly timeout?: number | undefined;
}
/** Are drain options after their check. */
export interface DrainSettings {
    readonly code: number;
    readonly reason: string | undefined;
    readonly timeout: number;
}
/** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value. */
export declare function drainSettings(options: DrainOptions): DrainSettings;
/** Closes connections and waits until all are gone; terminates those that are left at the deadline. */
export declare function drainConnections(connections: ReadonlySet<Connection>, { code, reason, timeout }: DrainSettings): Promise<void>;
