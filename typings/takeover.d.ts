import type { Duplex } from 'node:stream';
import { WebSocketClient } from './client/websocket-client.js';
import { Connection as BaseConnection } from './connection/connection.js';
import { type TakeoverOptions } from './connection/takeover-options.js';
import { WebSocketServer } from './server/websocket-server.js';
/** Says which role this end has on a stream taken over. */
export interface TakeoverRole {
    /** Whether this is the server's end (websocket(n): takeover). @defaultValue false */
    readonly server?: boolean | undefined;
}
/**
 * Treats an open byte stream as a WebSocket from now on (websocket(n): takeover); `connect` follows on the next tick.
 * @param stream - any open Duplex of bytes: TCP, TLS, an HTTP/2 stream, one in memory.
 * @param options - `server` for the role, and the options of the connection.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no Duplex, an unknown option or a bad value;
 * InvalidStateError (`ERR_WS_INVALID_STATE`) for a stream that is not open or was taken over before.
 */
declare function takeover(stream: Duplex, options: TakeoverOptions & {
    readonly server: true;
}): WebSocketServer;
declare function takeover(stream: Duplex, options?: TakeoverOptions & {
    readonly server?: false | undefined;
}): WebSocketClient;
declare function takeover(stream: Duplex, options?: TakeoverOptions & TakeoverRole): WebSocketServer | WebSocketClient;
/** Is one WebSocket, seen from one end. Knows both roles, which the class itself must not. */
export type Connection = BaseConnection;
export declare const Connection: typeof BaseConnection & {
    takeover: typeof takeover;
};
export {};
