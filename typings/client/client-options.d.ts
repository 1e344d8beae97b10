import type { Agent, ClientRequestArgs } from 'node:http';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type ConnectionOptions, type ConnectionSettings } from '../connection/connection-options.js';
import type { CallerHeaders } from '../handshake/caller-headers.js';
import type { WebSocketUrl } from '../handshake/websocket-url.js';
import { type Normalised, type Option } from '../options.js';
import { type ProxyAddress } from './proxy.js';
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
/** Names options of `tls.connect` that are handed through; Node judges them, before it dials. */
declare const TLS_OPTIONS: readonly ['ALPNProtocols', 'allowPartialTrustChain', 'ca', 'cert', 'checkServerIdentity', 'ciphers', 'clientCertEngine', 'crl', 'ecdhCurve', 'enableTrace', 'key', 'maxVersion', 'minDHSize', 'minVersion', 'passphrase', 'pfx', 'pskCallback', 'privateKeyEngine', 'privateKeyIdentifier', 'rejectUnauthorized', 'requestOCSP', 'secureContext', 'secureOptions', 'secureProtocol', 'servername', 'session', 'sigalgs'];
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
export type TransportOptions = NetOptions & Readonly<Pick<TlsOptions, Extract<(typeof TLS_OPTIONS)[number], keyof TlsOptions>>>;
/** Configures a WebSocketClient. */
export interface ClientOptions extends ConnectionOptions, OpeningOptions, TransportOptions {
}
declare const OPENING_SCHEMA: {
    protocol: Option<string | readonly string[] | undefined>;
    headers: Option<Readonly<Record<string, string | number | readonly string[] | undefined>> | undefined>;
    origin: Option<string | undefined>;
    auth: Option<string | undefined>;
    proxy: Option<string | URL | undefined>;
    timeout: Option<number>;
    signal: Option<AbortSignal | undefined>;
    followRedirects: Option<boolean>;
    maxRedirects: Option<number>;
    maxResponseHeaderBytes: Option<number>;
    maxResponseBodyBytes: Option<number>;
};
/** Are the options of the opening handshake after their check. */
export type OpeningSettings = Normalised<typeof OPENING_SCHEMA>;
/** Are a client's options after their check, by who reads them. */
export interface ClientSettings {
    readonly connection: ConnectionSettings;
    readonly opening: OpeningSettings;
    readonly proxy: ProxyAddress | undefined;
    readonly transport: TransportOptions;
}
/**
 * Checks a client's options and divides them by who reads them.
 * @param url - what is to be dialled with them.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value, or two that contradict.
 */
export declare function clientSettings(options: ClientOptions, url: WebSocketUrl): ClientSettings;
export {};
