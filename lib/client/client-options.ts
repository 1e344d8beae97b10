import type { Agent, ClientRequestArgs } from 'node:http';
import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import {
  CONNECTION_SCHEMA,
  connectionSettings,
  splitConnectionOptions,
  type ConnectionOptions,
  type ConnectionSettings,
} from '../connection/connection-options.js';
import type { DeflateSettings } from '../compression/deflate-options.js';
import { deflateWishes } from '../connection/role.js';
import { InvalidOptionError } from '../errors.js';
import type { CallerHeaders } from '../handshake/caller-headers.js';
import type { WebSocketUrl } from '../handshake/websocket-url.js';
import {
  boolean,
  check,
  func,
  instance,
  integer,
  limit,
  milliseconds,
  normalise,
  oneOf,
  option,
  rejectUnknown,
  string,
  type Normalised,
  type Option,
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

/** Describes options that are handed through as they are, where Node would judge them late or not at all. */
const TRANSPORT_SCHEMA = {
  agent: option('an Agent of http or https, or false', isAgent),
  lookup: func<NonNullable<ClientRequestArgs['lookup']>>(),
  family: oneOf([0, 4, 6]),
  hints: integer(),
  localAddress: option('an IP address', (value): value is string => isIP(String(value)) !== 0),
  localPort: integer(undefined, { max: 65_535 }),
  socketPath: option('a path', (value): value is string => typeof value === 'string' && value !== ''),
  autoSelectFamily: boolean(),
  autoSelectFamilyAttemptTimeout: integer(undefined, { min: 1 }),
  checkServerIdentity: func<NonNullable<TlsOptions['checkServerIdentity']>>(),
  pskCallback: func<NonNullable<TlsOptions['pskCallback']>>(),
  rejectUnauthorized: boolean(),
  servername: string(),
} satisfies SchemaOf<NetOptions & CheckedTlsOptions>;

/** Names further options of `tls.connect` that are handed through; Node judges them, before it dials. */
const TLS_OPTIONS = [
  'ALPNProtocols',
  'allowPartialTrustChain',
  'ca',
  'cert',
  'ciphers',
  'clientCertEngine',
  'crl',
  'ecdhCurve',
  'enableTrace',
  'key',
  'maxVersion',
  'minDHSize',
  'minVersion',
  'passphrase',
  'pfx',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'requestOCSP',
  'secureContext',
  'secureOptions',
  'secureProtocol',
  'session',
  'sigalgs',
] as const;

type CheckedTlsOptions = Pick<
  TlsOptions,
  'checkServerIdentity' | 'pskCallback' | 'rejectUnauthorized' | 'servername'
>;

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
export type TransportOptions = NetOptions &
  Readonly<CheckedTlsOptions & Pick<TlsOptions, Extract<(typeof TLS_OPTIONS)[number], keyof TlsOptions>>>;

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

/** Are the options of the opening handshake after their check. @internal */
export type OpeningSettings = Normalised<typeof OPENING_SCHEMA>;

/** Are a client's options after their check, by who reads them. @internal */
export interface ClientSettings {
  readonly connection: ConnectionSettings;
  readonly opening: OpeningSettings;
  readonly deflate: DeflateSettings | undefined;
  readonly proxy: ProxyAddress | undefined;
  readonly transport: TransportOptions;
}

/**
 * Checks a client's options and divides them by who reads them.
 * @param url - what is to be dialled with them.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value, or two that contradict.
 * @internal
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
    const isTls = (TLS_OPTIONS as readonly string[]).includes(name);
    if (!isTls && !Object.hasOwn(TRANSPORT_SCHEMA, name)) own[name] = value;
    else if (value !== undefined) transport[name] = isTls ? value : checkTransport(name, value);
  }
  const known = [CONNECTION_SCHEMA, OPENING_SCHEMA, TRANSPORT_SCHEMA].flatMap((schema) =>
    Object.keys(schema),
  );
  rejectUnknown(own, [...known, ...TLS_OPTIONS], 'ClientOptions');
  const opening = normalise(OPENING_SCHEMA, own, 'ClientOptions');
  return {
    connection: connectionSettings(connection),
    opening,
    deflate: deflateWishes('client', connection.perMessageDeflate),
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

/** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) where Node would throw with a handle already open, or later. */
function checkTransport(name: string, value: unknown): unknown {
  return check(name, TRANSPORT_SCHEMA[name as keyof typeof TRANSPORT_SCHEMA] as Option<unknown>, value);
}

function isAgent(value: unknown): value is Agent | false {
  return value === false || typeof (value as { addRequest?: unknown }).addRequest === 'function';
}
