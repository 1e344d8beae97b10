import type { Duplex } from 'node:stream';
import { Connection } from '../connection/connection.js';
import { type TakeoverOptions } from '../connection/takeover-options.js';
/**
 * Is the server's end of one accepted connection. A ServerRegistry makes them; constructed by hand, it takes over a
 * byte stream on which the opening handshake is done (websocket(n): takeover).
 */
export declare class WebSocketServer extends Connection {
    /** What the registry's `authorize` returned. */
    readonly context: unknown;
    /**
     * Takes over a byte stream in the server role; `connect` follows on the next tick.
     * @param stream - any open Duplex of bytes: TCP, TLS, an HTTP/2 stream, one in memory.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no Duplex, an unknown option or a bad value;
     * InvalidStateError (`ERR_WS_INVALID_STATE`) for a stream that is not open or is a WebSocket already.
     */
    constructor(stream: Duplex, options?: TakeoverOptions);
    /** Role of this end. */
    get role(): 'server';
}
