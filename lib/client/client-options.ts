import type { Agent, ClientRequestArgs } from 'node:http';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import {
  CONNECTION_SCHEMA,
  connectionSettings,
  splitConnectionOptions,
  type ConnectionOptions,
  type ConnectionSettings,
} from '../connection/connection-options.js';
import { InvalidOptionError } from '../errors.js';
import type { CallerHeaders } from '../handshake/caller-headers.js';
import type { WebSocketUrl } from '../handshake/websocket-url.js';
import {
  boolean,
  instance,
  limit,
  milliseconds,
  normalise,
  option,
  rejectUnknown,
  string,
  type Normalised,
  type SchemaOf,
} from '../options.js';
import { DEFAULTS } from '../protocol/constants.js';
import { parseProxyUrl, type ProxyAddress } from './proxy.js';

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

/** Options of `http.request`, `net.connect` and `tls.connect` that are handed through as they are. */
const PASSED_THROUGH = [
  'agent',
  'lookup',
  'family',
  'hints',
  'localAddress',
  'localPort',
  'socketPath',
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
  'ALPNProtocols',
  'allowPartialTrustChain',
  'ca',
  'cert',
  'checkServerIdentity',
  'ciphers',
  'clientCertEngine',
  'crl',
  'dhparam',
  'ecdhCurve',
  'enableTrace',
  'honorCipherOrder',
  'key',
  'maxVersion',
  'minDHSize',
  'minVersion',
  'passphrase',
  'pfx',
  'pskCallback',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'rejectUnauthorized',
  'requestOCSP',
  'secureContext',
  'secureOptions',
  'secureProtocol',
  'servername',
  'session',
  'sessionIdContext',
  'sigalgs',
] as const;

type PassedThrough = (typeof PASSED_THROUGH)[number];

/** Are options that belong to Node and are handed through. */
export type TransportOptions = Pick<ClientRequestArgs, Extract<PassedThrough, keyof ClientRequestArgs>> &
  Pick<TlsOptions, Extract<PassedThrough, keyof TlsOptions>> & { readonly agent?: Agent | false | undefined };

/** Configures a WebSocketClient. */
export interface ClientOptions extends ConnectionOptions, OpeningOptions, TransportOptions {}

const OPENING_SCHEMA = {
  protocol: option(
    'a subprotocol or an array of them',
    (value): value is string | readonly string[] => typeof value === 'string' || Array.isArray(value),
  ),
  headers: option('an object of header fields', (value): value is CallerHeaders => typeof value === 'object'),
  origin: string(),
  auth: string(),
  proxy: option('a URL', (value): value is string | URL => typeof value === 'string' || value instanceof URL),
  timeout: milliseconds(DEFAULTS.handshakeTimeoutMs, { min: 1 }),
  signal: instance(AbortSignal),
  followRedirects: boolean(false),
  maxRedirects: limit(DEFAULTS.maxRedirects),
  maxResponseHeaderBytes: limit(DEFAULTS.maxResponseHeaderBytes, { min: 1 }),
  maxResponseBodyBytes: limit(DEFAULTS.maxResponseBodyBytes),
} satisfies SchemaOf<OpeningOptions>;

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
export function clientSettings(options: ClientOptions, url: WebSocketUrl): ClientSettings {
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) {
    const hint = 'subprotocols go into the option protocol';
    throw new InvalidOptionError('ClientOptions', options, 'an object', hint);
  }
  const [connection, rest] = splitConnectionOptions(options);
  const transport: Record<string, unknown> = {};
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (!(PASSED_THROUGH as readonly string[]).includes(name)) own[name] = value;
    else if (value !== undefined) transport[name] = value;
  }
  rejectUnknown(
    own,
    [...Object.keys(CONNECTION_SCHEMA), ...Object.keys(OPENING_SCHEMA), ...PASSED_THROUGH],
    'ClientOptions',
  );
  const opening = normalise(OPENING_SCHEMA, own, 'ClientOptions');
  return {
    connection: connectionSettings(connection),
    opening,
    proxy: opening.proxy === undefined ? undefined : checkProxy(opening, transport, url),
    transport,
  };
}

/** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for a URL that names no proxy, or what a proxy cannot go with. */
function checkProxy(
  { proxy, headers }: OpeningSettings,
  { agent, socketPath }: TransportOptions,
  url: WebSocketUrl,
): ProxyAddress {
  const expected = 'nothing beside ';
  if (agent !== undefined) throw new InvalidOptionError('proxy', 'proxy', `${expected}the option agent`);
  if ((socketPath ?? url.socketPath) !== undefined)
    throw new InvalidOptionError('proxy', 'proxy', `${expected}a Unix socket`);
  if (Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'proxy-authorization')) {
    const hint = "they would go to the server; put the proxy's credentials into the option proxy";
    throw new InvalidOptionError('headers', 'Proxy-Authorization', 'fields for the server', hint);
  }
  return parseProxyUrl(proxy);
}
