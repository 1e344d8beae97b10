import type { ConnectionEvents, Handler } from './connection-events.js';
import { type ConnectionCounters, type ConnectionInfo, type ConnectionState } from './connection-info.js';
import { type MessageData, type SendType } from './outgoing-message.js';
import { PreparedMessage } from './prepared-message.js';
import type { Role } from './role.js';
import { WatchedStream } from './watched-stream.js';
export type { Role };
/**
 * Is one WebSocket, seen from one end: a Duplex of messages (strings for text, Buffers for binary) that emits
 * typed events ({@link ConnectionEvents}). The two roles are WebSocketClient and WebSocketServer.
 */
export declare abstract class Connection extends WatchedStream {
    #private;
    /**
     * Finds live connections of this process by their remote end (websocket(n): find).
     * @param host - glob for the remote name or address. Default `*`.
     * @param port - glob for the remote port, or a number. Default `*`.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for globs that are no strings.
     */
    static find(host?: string, port?: string | number): Connection[];
    /** Whether this is the client's end. */
    get isClient(): boolean;
    /** Whether this is the server's end. */
    get isServer(): boolean;
    /** Handler given at construction (websocket(n): Callbacks). */
    get handler(): Handler | undefined;
    /** `CLOSED` from the moment closing begins. */
    get state(): ConnectionState;
    /** The standard's four states: 0 CONNECTING, 1 OPEN, 2 CLOSING, 3 CLOSED. */
    get readyState(): 0 | 1 | 2 | 3;
    /** Whether closing has begun or is over. */
    get isClosed(): boolean;
    /** Name of the remote end: the URL's host in clients; empty in servers unless `lookupPeerName` gave one. */
    get remoteName(): string;
    /**
     * Address of the remote end; empty when it has none (a Unix socket, a stream in memory), and when the peer reset the
     * connection before anybody asked.
     */
    get remoteAddress(): string;
    /** Port of the remote end; 0 when {@link Connection.remoteAddress} is empty. */
    get remotePort(): number;
    /** Name (preferred) or address of the remote end. */
    get peername(): string;
    /** Address of the local end; empty when it has none, and when the connection broke off before anybody asked. */
    get sockname(): string;
    /** Subprotocol in force; empty if none. */
    get protocol(): string;
    /** Extensions in force; empty if none. */
    get extensions(): string;
    /** Path of the request, raw and undecoded, without the query. */
    get path(): string;
    /** Query of the request, without `?`. */
    get query(): string;
    /** Octets framed for sending so far. */
    get bytesSent(): number;
    /** Octets received so far, behind the opening handshake. */
    get bytesReceived(): number;
    /** Whether nothing is read for now because of us: paused, or nobody takes the messages. */
    get isReadingPaused(): boolean;
    /** Counts what went over this connection so far. */
    get counters(): ConnectionCounters;
    /**
     * Sends a message, a fragment of one, or a control frame (websocket(n): send).
     * @param type - `text`, `binary`, `ping` or `pong` in any letter case, or opcode 1, 2, 9 or 10.
     * @param message - strings go as UTF-8, octets as they are; may be left out for pings and pongs. Octets must not
     * be changed until {@link Connection.flushed}.
     * @param final - `false` for a fragment that others of the same type follow.
     * A {@link PreparedMessage} goes by itself, behind a message in fragments that is not finished.
     * @returns octets of header and payload as framed; -1 once closing or closed; 0 when `slowConsumer: 'drop'`
     * dropped it.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be sent, InvalidStateError
     * (`ERR_WS_INVALID_STATE`) while CONNECTING and when fragments change type. Nothing is sent then.
     */
    send(type: SendType, message?: MessageData, final?: boolean): number;
    send(message: PreparedMessage): number;
    /**
     * Sends a ping.
     * @param data - its payload, at most 125 octets. Default empty.
     * @returns octets as framed; -1 once closing or closed.
     * @throws as {@link Connection.send}.
     */
    ping(data?: MessageData): number;
    /**
     * Starts the closing handshake behind all that was sent (websocket(n): close). Does nothing once closing.
     * While CONNECTING, gives the opening handshake up.
     * @param code - 1000–1003, 1007–1014 or 3000–4999; 1005 sends an empty Close; 1006 and 1015 send none, drop the
     * connection at once and are reported locally. Default 1000.
     * @param reason - cut to 123 octets at a character. Default: that of the code.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for a code that may not be sent.
     */
    close(code?: number, reason?: string): void;
    /** Ends the connection at once and sends nothing; `close` follows with 1006. */
    terminate(): void;
    /**
     * Answers one question about this connection (websocket(n): conninfo).
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown key.
     */
    conninfo<K extends keyof ConnectionInfo>(what: K): ConnectionInfo[K];
    private get streamEnds();
    private sendControl;
    private cannotSend;
    private handlerOnBusy;
}
export interface Connection {
    [Symbol.asyncIterator](): NodeJS.AsyncIterator<string | Buffer>;
    on<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): this;
    once<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): this;
    off<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): this;
    addListener<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): this;
    removeListener<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): this;
    prependListener<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): this;
    prependOnceListener<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): this;
}
