import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Handler } from '../connection/connection-events.js';
import type { MessageData, SendType } from '../connection/outgoing-message.js';
import type { PreparedMessage } from '../connection/prepared-message.js';
import { GuardedEmitter } from '../guarded-emitter.js';
import type { Refusal as RefusalDetails } from '../handshake/handshake-response.js';
import { type BroadcastOptions } from './broadcast.js';
import { type DrainOptions } from './drain.js';
import { LivePath } from './live-path.js';
import { type ListenOptions, type RegistryOptions } from './registry-options.js';
import type { WebSocketServer } from './websocket-server.js';
/** Lists the events of a {@link ServerRegistry} with their arguments. */
export interface RegistryEvents {
    /** A server made by `listen` accepts connections. */
    listening: [];
    /** A connection was accepted; its `connect` follows. */
    connection: [connection: WebSocketServer, request: IncomingMessage];
    /** A request for a WebSocket was refused. */
    rejected: [request: IncomingMessage, status: number, reason: string];
    /** What came on a socket of a server made by `listen` was no HTTP. */
    clientError: [error: Error, socket: Duplex];
    /** Draining has begun: nothing is accepted any more. */
    drain: [];
    /** All connections are gone, and the servers let go. */
    close: [];
}
/**
 * Is the listening side: knows HTTP servers and their live paths, tests requests and upgrades them (websocket(n):
 * server, live, test, upgrade).
 */
export declare class ServerRegistry extends GuardedEmitter<RegistryEvents> {
    #private;
    /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value. */
    constructor(options?: RegistryOptions);
    /**
     * Makes an HTTP server (HTTPS with `tls`) of its own, attaches to it and listens.
     * @returns the registry, once it listens; `address()` tells where.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value; whatever Node says
     * when it cannot listen there.
     */
    static listen(options: ListenOptions): Promise<ServerRegistry>;
    /** How many connections are open. */
    get size(): number;
    /** Address of the server made by `listen`, as `net.Server` tells it; null if there is none. */
    address(): AddressInfo | string | null;
    /** Iterates over the open connections. */
    [Symbol.iterator](): IterableIterator<WebSocketServer>;
    /**
     * Makes an HTTP server known, for `live` and `test` (websocket(n): server). Its upgrades stay the caller's.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no HTTP server; InvalidStateError
     * (`ERR_WS_INVALID_STATE`) once drained.
     */
    server(httpServer: Server): this;
    /**
     * Makes an HTTP server known and takes its upgrades: tests, authorises and upgrades by itself. Paths that are not
     * live are left to other listeners for `upgrade`; without any, they get a 404, and an upgrade to anything else than
     * WebSocket goes back to the server as an ordinary request.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no HTTP server; InvalidStateError
     * (`ERR_WS_INVALID_STATE`) once drained.
     */
    attach(httpServer: Server): this;
    /**
     * Accepts connections for a path (websocket(n): live). Of several that match, the first registered is taken.
     * A registry that never had a live path accepts every path.
     * @param httpServer - server it holds for. Default: every server of this registry.
     * @param path - glob for the raw path of the request.
     * @param handler - called with everything that happens on its connections. Default: that of the registry.
     * @param protocol - glob for the subprotocol. Default `*`.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be used, or a server not made known.
     */
    live(httpServer: Server, path: string, handler?: Handler, protocol?: string): LivePath;
    live(path: string, handler?: Handler, protocol?: string): LivePath;
    /**
     * Tells whether a request is a valid opening handshake for a live path, and may be accepted now (websocket(n):
     * test). Nothing is answered: if so, the socket waits for {@link ServerRegistry.upgrade} or
     * {@link ServerRegistry.reject}, up to the handshake's deadline (408), its errors caught; if not, it is still the
     * caller's to answer. `authorize` is not asked: that is up to the caller.
     * @param head - octets that came behind the request, as the event `upgrade` has them.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments of the wrong kind or a server not made known;
     * InvalidStateError (`ERR_WS_INVALID_STATE`) when this socket waits already, or is gone.
     */
    test(httpServer: Server, request: IncomingMessage, socket: Duplex, head?: Buffer): boolean;
    /**
     * Answers a tested request with 101 (websocket(n): upgrade).
     * @returns the connection, open; `connect` follows on the next tick.
     * @throws InvalidStateError (`ERR_WS_INVALID_STATE`) for a socket that was not tested, or is gone by now.
     */
    upgrade(socket: Duplex): WebSocketServer;
    /**
     * Refuses a tested request and ends its socket.
     * @throws InvalidStateError (`ERR_WS_INVALID_STATE`) as `upgrade`; InvalidOptionError (`ERR_WS_INVALID_OPTION`) for
     * a response that cannot be sent: the request waits on then.
     */
    reject(socket: Duplex, refusal: RefusalDetails): void;
    /** Finds open connections of this registry, as `Connection.find` does. */
    find(host?: string, port?: string | number): WebSocketServer[];
    /**
     * Sends one message to all open connections, framed once, and compressed once for all that agreed on the same.
     * @param options - `path`, a glob for theirs; `where`, a test of each; `except`, those left out.
     * @returns how many took it.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be sent.
     */
    broadcast(type: SendType, message: MessageData, options?: BroadcastOptions): number;
    broadcast(message: PreparedMessage, options?: BroadcastOptions): number;
    /**
     * Accepts nothing any more, closes all connections, terminates at the deadline those that are left, and lets go
     * of the servers: the one made by `listen` is closed, others go on without us. A second call waits for the first.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
     */
    drain(options?: DrainOptions): Promise<void>;
    /** Drains with 1001 and the default deadline. */
    close(): Promise<void>;
    /** Does as {@link ServerRegistry.close}. */
    [Symbol.asyncDispose](): Promise<void>;
}
