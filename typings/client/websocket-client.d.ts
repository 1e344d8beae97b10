import type { Duplex } from 'node:stream';
import { Connection } from '../connection/connection.js';
import { type TakeoverOptions } from '../connection/takeover-options.js';
import { type ClientOptions } from './client-options.js';
/**
 * Is the client's end of a connection: dials at construction (RFC 6455 §4.1; websocket(n): open), or takes over a
 * byte stream that is open already.
 */
export declare class WebSocketClient extends Connection {
    #private;
    /**
     * Dials; `connect` follows, or `error` with a HandshakeError and `close`.
     * @param url - `ws:`, `wss:`, `ws+unix:/socket:/path` (and http, https in their place); or a Duplex of bytes on
     * which the opening handshake is done, to be taken over.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for a URL or option that cannot be used; nothing is dialled.
     */
    constructor(url: string | URL, options?: ClientOptions);
    constructor(stream: Duplex, options?: TakeoverOptions);
    /**
     * Dials and waits for the connection.
     * @returns the open connection; its first messages wait for a listener.
     * @throws HandshakeError (`ERR_WS_HANDSHAKE_…`) when it does not open; InvalidOptionError
     * (`ERR_WS_INVALID_OPTION`) as the constructor does.
     */
    static open(url: string | URL, options?: ClientOptions): Promise<WebSocketClient>;
    /** Role of this end. */
    get role(): 'client';
    /** URL that was dialled, the last one of redirects, without credentials; empty for a stream taken over. */
    get url(): string;
    /** The URL's host; empty for a Unix socket, and for a stream that was taken over. */
    get remoteName(): string;
}
