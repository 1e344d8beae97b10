import type { IncomingMessage } from 'node:http';
import type { TlsOptions } from 'node:tls';
import { type ConnectionOptions } from '../connection/connection-options.js';
import { type Origins } from '../handshake/origin.js';
import type { ClientAddress } from './client-address.js';
/**
 * Decides on a request before it is upgraded. What it returns (or resolves to) becomes `connection.context`, unless
 * that is a refusal, or `false`, which is a 403. A refusal may also be thrown; anything else thrown is a 500.
 * `signal` is aborted when the client leaves or the handshake's deadline passes.
 */
export type Authorize = (request: IncomingMessage, options: {
    readonly signal: AbortSignal;
}) => unknown;
/** Chooses one of the subprotocols that a client offers; empty or undefined for none. */
export type SelectProtocol = (offered: readonly string[], request: IncomingMessage) => string | undefined;
/** Gives a name to the remote end of a request, for `find` and `peername`; empty or undefined for none. */
export type LookupPeerName = (request: IncomingMessage) => string | undefined;
/** Configures how a registry accepts connections. */
export interface AcceptOptions {
    /** Decides on each request; see {@link Authorize}. @defaultValue everybody may connect */
    readonly authorize?: Authorize | undefined;
    /** Origins that may connect; see {@link Origins}. @defaultValue Origin is absent or equals Host */
    readonly origins?: Origins | undefined;
    /** Chooses the subprotocol. @defaultValue the first one offered that matches the live path's glob */
    readonly selectProtocol?: SelectProtocol | undefined;
    /** Gives a name to the remote end. @defaultValue none: there is no reverse DNS */
    readonly lookupPeerName?: LookupPeerName | undefined;
    /** Milliseconds from accept to the first request, and from the upgrade to its answer. @defaultValue 10000 */
    readonly handshakeTimeoutMs?: number | undefined;
    /**
     * Most sockets that wait for their first request at once, on each server; of more, one that has waited long is
     * destroyed. @defaultValue 10000
     */
    readonly maxWaitingSockets?: number | undefined;
    /** Most connections at once; above it 503. @defaultValue Infinity */
    readonly maxConnections?: number | undefined;
    /**
     * Most connections at once of one client address, those that wait for their answer among them; above it 429. Of IPv6
     * the first 64 bits are one address. A Unix socket has none, and is not limited. @defaultValue Infinity
     */
    readonly maxConnectionsPerAddress?: number | undefined;
    /**
     * Tells the client's address where the socket is a proxy's; see {@link ClientAddress}. Asked once for each request
     * that may be accepted, if `maxConnectionsPerAddress` is finite; what throws, or returns no address, is a 500.
     * @defaultValue the remote address of the socket: no header field is trusted
     */
    readonly clientAddress?: ClientAddress | undefined;
    /** Most requests waiting for `authorize` or `upgrade` at once; above it 503. @defaultValue 1000 */
    readonly maxPendingHandshakes?: number | undefined;
    /** Most header fields of a request; above it 431. @defaultValue 200 */
    readonly maxHeaderFields?: number | undefined;
}
/** Configures a ServerRegistry, and all the connections it accepts. */
export interface RegistryOptions extends ConnectionOptions, AcceptOptions {
}
/** Configures `ServerRegistry.listen`. */
export interface ListenOptions extends RegistryOptions {
    /** TCP port; 0 for any free one. */
    readonly port?: number | undefined;
    /** Address to listen on. @defaultValue all */
    readonly host?: string | undefined;
    /** Path of a Unix socket to listen on, in place of a port. */
    readonly path?: string | undefined;
    /** Longest queue of connections not yet accepted. @defaultValue 511 */
    readonly backlog?: number | undefined;
    /** Options of `tls.createServer`; present, it listens for wss. */
    readonly tls?: TlsOptions | undefined;
}
