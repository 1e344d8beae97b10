import type { Connection } from '../connection/connection.js';
import type { WebSocketServer } from './websocket-server.js';
/** Says who is left out of a broadcast. */
export interface BroadcastOptions {
    /** Glob for the path of the connections that get it. @defaultValue '*' */
    readonly path?: string | undefined;
    /** Connection, or connections, that do not get it. */
    readonly except?: Connection | Iterable<Connection> | undefined;
    /** Tells of each connection whether it gets it; the way to match what is no glob. @defaultValue all do */
    readonly where?: ((connection: WebSocketServer) => boolean) | undefined;
}
