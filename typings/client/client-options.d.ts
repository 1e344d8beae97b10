import type { Agent, ClientRequestArgs } from 'node:http';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type ConnectionOptions } from '../connection/connection-options.js';
import type { CallerHeaders } from '../handshake/caller-headers.js';
/** Configures the opening handshake of a client. */
export interface OpeningOptions {
    /** Subprotocols to offer, most wanted first (websocket(n): -protocol). @defaultValue none */
    readonly protocol?: string | readonly string[] | undefined;
    /** Further header fields of the request; never those of the handshake itself. */
    readonly headers?: CallerHeaders | undefined;
    /** Value of the Origin field. @defaultValue none */
    readonly origin?: string | undefined;
    /** Credentials `user:password` for Authorization: Basic. @defaultValue those of the URL */
    readonly auth?: string | undefined;
    /**
     * HTTP proxy to tunnel through with CONNECT (RFC 7231 §4.3.6), for ws and wss alike: `http://proxy:3128`, or
     * `http://user:password@proxy:3128`. The proxy resolves the URL's host; `lookup`, `family` and `localAddress` are
     * about the way to the proxy. Its credentials go to nobody else. Cannot go with `agent` or a Unix socket.
     * @defaultValue none; no environment variable is read
     */
    readonly proxy?: string | URL | undefined;
    /**
     * Milliseconds for the whole opening handshake, from name lookup over proxy, TLS and redirects to the 101
     * (websocket(n): -timeout). @defaultValue 10000
     */
    readonly timeout?: number | undefined;
    /** Gives the opening handshake up when aborted; means nothing once connected. */
    readonly signal?: AbortSignal | undefined;
    /** Whether redirects are followed. Credentials never cross an origin, and wss never falls to ws. @defaultValue false */
    readonly followRedirects?: boolean | undefined;
    /** Most redirects in a row. @defaultValue 10 */
    readonly maxRedirects?: number | undefined;
    /** Longest header section of the response, in octets; a longer one fails the handshake. @defaultValue 16 KiB */
    readonly maxResponseHeaderBytes?: number | undefined;
    /** Most octets of a response's body that are read, for the error, when it is no 101. @defaultValue 1 MiB */
    readonly maxResponseBodyBytes?: number | undefined;
}
/** Names further options of `tls.connect` that are handed through; Node judges them, before it dials. */
declare const TLS_OPTIONS: readonly ['ALPNProtocols', 'allowPartialTrustChain', 'ca', 'cert', 'ciphers', 'clientCertEngine', 'crl', 'ecdhCurve', 'enableTrace', 'key', 'maxVersion', 'minDHSize', 'minVersion', 'passphrase', 'pfx', 'privateKeyEngine', 'privateKeyIdentifier', 'requestOCSP', 'secureContext', 'secureOptions', 'secureProtocol', 'session', 'sigalgs'];
type CheckedTlsOptions = Pick<TlsOptions, 'checkServerIdentity' | 'pskCallback' | 'rejectUnauthorized' | 'servername'>;
/** Are options of `net.connect` and `http.request` that are handed through; Node's documentation describes them. */
export interface NetOptions {
    readonly agent?: Agent | false | undefined;
    readonly lookup?: ClientRequestArgs['lookup'];
    readonly family?: 0 | 4 | 6 | undefined;
    readonly hints?: number | undefined;
    readonly localAddress?: string | undefined;
    readonly localPort?: number | undefined;
    /** Path of a Unix socket to connect to, whatever the URL's host is. */
    readonly socketPath?: string | undefined;
    readonly autoSelectFamily?: boolean | undefined;
    readonly autoSelectFamilyAttemptTimeout?: number | undefined;
}
/** Are options that belong to Node and are handed through. */
export type TransportOptions = NetOptions & Readonly<CheckedTlsOptions & Pick<TlsOptions, Extract<(typeof TLS_OPTIONS)[number], keyof TlsOptions>>>;
/** Configures a WebSocketClient. */
export interface ClientOptions extends ConnectionOptions, OpeningOptions, TransportOptions {
}
export {};
