import type { Agent, ClientRequestArgs } from 'node:http';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import {
  CONNECTION_SCHEMA,
  splitConnectionOptions,
  type ConnectionOptions,
} from '../connection/connection-options.js';
import type { CallerHeaders } from '../handshake/caller-headers.js';
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

/** Configures the opening handshake of a client. */
export interface OpeningOptions {
  /** Subprotocols to offer, most wanted first (websocket(n): -protocol). @defaultValue none */
  readonly protocol?: string | readonly string[] | undefined;
  /** Further header fields of the request; never those of the handshake itself. */
  readonly headers?: CallerHeaders | undefined;
  /** Value of the Origin field. @defaultValue none */
  readonly origin?: string | undefined;
  /** Credentials `user:password` for Authorization: Basic; those of the URL otherwise. */
  readonly auth?: string | undefined;
  /** Milliseconds for the whole opening handshake, redirects included (websocket(n): -timeout). @defaultValue 10000 */
  readonly timeout?: number | undefined;
  /** Gives the opening handshake up when aborted; means nothing once connected. */
  readonly signal?: AbortSignal | undefined;
  /** Whether redirects are followed. Credentials never cross an origin, and wss never falls to ws. @defaultValue false */
  readonly followRedirects?: boolean | undefined;
  /** Most redirects in a row. @defaultValue 10 */
  readonly maxRedirects?: number | undefined;
  /** Longest header section of the response, in octets. @defaultValue 16 KiB */
  readonly maxResponseHeaderBytes?: number | undefined;
  /** Longest body of a response other than 101 that is read, in octets. @defaultValue 1 MiB */
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
  'keepAliveInitialDelay',
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
  timeout: milliseconds(DEFAULTS.handshakeTimeoutMs, { min: 1 }),
  signal: instance(AbortSignal),
  followRedirects: boolean(false),
  maxRedirects: limit(DEFAULTS.maxRedirects),
  maxResponseHeaderBytes: limit(DEFAULTS.maxResponseHeaderBytes, { min: 1 }),
  maxResponseBodyBytes: limit(DEFAULTS.maxResponseBodyBytes),
} satisfies SchemaOf<OpeningOptions>;

/** Are the options of the opening handshake after their check. */
export type OpeningSettings = Normalised<typeof OPENING_SCHEMA>;

/**
 * Checks a client's options and divides them by who reads them.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
 */
export function clientSettings(options: ClientOptions): {
  connection: ConnectionOptions;
  opening: OpeningSettings;
  transport: TransportOptions;
} {
  const known = [...Object.keys(CONNECTION_SCHEMA), ...Object.keys(OPENING_SCHEMA), ...PASSED_THROUGH];
  rejectUnknown(options, known, 'ClientOptions');
  const [connection, rest] = splitConnectionOptions(options);
  const transport: Record<string, unknown> = {};
  for (const name of PASSED_THROUGH) {
    if (rest[name] !== undefined) transport[name] = rest[name];
    delete rest[name];
  }
  return { connection, opening: normalise(OPENING_SCHEMA, rest, 'ClientOptions'), transport };
}
