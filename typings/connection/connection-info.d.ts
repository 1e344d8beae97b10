import type { Duplex } from 'node:stream';
import type { Connection } from './connection.js';
import type { Handler } from './connection-events.js';
/** Maps what `conninfo` can be asked to its answer (websocket(n): conninfo). */
export interface ConnectionInfo {
    /** Name (preferred) or address of the remote end; empty when it has none. */
    peername: string;
    /** Address of the local end; empty when it has none. */
    sockname: string;
    /** The same as `sockname`. */
    name: string;
    closed: boolean;
    client: boolean;
    server: boolean;
    type: 'client' | 'server';
    handler: Handler | undefined;
    state: ConnectionState;
}
/** Names the states of websocket(n): conninfo. */
export type ConnectionState = 'CONNECTING' | 'CONNECTED' | 'CLOSED';
/**
 * Answers one question about a connection.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown key.
 */
export declare function answerConninfo<K extends keyof ConnectionInfo>(connection: Connection, what: K): ConnectionInfo[K];
/** Counts what went over a connection. */
export interface ConnectionCounters {
    /** Octets received behind the opening handshake. */
    readonly bytesReceived: number;
    /** Octets framed for sending. */
    readonly bytesSent: number;
    /** Messages (with `fragments: true`, pieces) delivered. */
    readonly messagesReceived: number;
    /** Messages handed in for sending and taken. */
    readonly messagesSent: number;
    /** Messages that `slowConsumer: 'drop'` dropped. */
    readonly messagesDropped: number;
    /** Received messages that nobody took before the end. */
    readonly messagesDiscarded: number;
    /** Pongs that a newer one made needless. */
    readonly pongsDropped: number;
}
/** Holds the two ends of a byte stream; ports are 0 where there is none. */
export interface Addresses {
    readonly remoteAddress: string;
    readonly remotePort: number;
    readonly localAddress: string;
}
/** Stands for the ends of a stream that is not there yet. */
export declare const NO_ADDRESSES: Addresses;
/** Reads the addresses of a byte stream: its own, or those of the socket under an HTTP/2 stream. */
export declare function addressesOf(stream: Duplex): Addresses;
