/** Describes where a client dials and what it asks for there. */
export interface WebSocketUrl {
    /** Normalised URL with the scheme ws or wss (or their +unix forms) and without credentials, so fit for logs. */
    readonly href: string;
    /** Whether TLS is used. */
    readonly secure: boolean;
    /** Host name or address to connect to, an IPv6 address without brackets; `localhost` for a Unix socket. */
    readonly host: string;
    /** Port to connect to; of no use for a Unix socket. */
    readonly port: number;
    /** Path of the Unix socket to connect to instead. */
    readonly socketPath: string | undefined;
    /** Value of the Host field: host, and port unless it is the scheme's default. */
    readonly authority: string;
    /** Path and query, as they stand in the request line. */
    readonly target: string;
    /** Path alone, undecoded. */
    readonly path: string;
    /** Query alone, undecoded and without its `?`; empty if there is none. */
    readonly query: string;
    /** Credentials `user:password` of the URL, decoded; `undefined` if it has none. */
    readonly auth: string | undefined;
}
/**
 * Parses the URL a client is given (RFC 6455 §3; the `+unix` forms as in `ws`). http and https stand for ws and wss,
 * as they do in browsers.
 *
 * @param option - Name of the argument, for the error.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for anything but a URL of one of these schemes, and for a
 * fragment, even an empty one.
 */
export declare function parseWebSocketUrl(url: unknown, option?: string): WebSocketUrl;
