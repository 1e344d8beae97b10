import type { Connection } from '../connection/connection.js';
/** Says who is left out of a broadcast. */
export interface BroadcastOptions {
    /** Glob for the path of the connections that get it. @defaultValue '*' */
    readonly path?: string | undefined;
    /** Connection, or connections, that do not get it. */
    readonly except?: Connection | Iterable<Connection> | undefined;
}
