import type { IncomingMessage } from 'node:http';
import type { ListenOptions as NetListenOptions } from 'node:net';
import type { TlsOptions } from 'node:tls';
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
import { OriginPolicy, type Origins } from '../handshake/origin.js';
import {
  func,
  integer,
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
import type { ClientAddress } from './client-address.js';

/**
 * Decides on a request before it is upgraded. What it returns (or resolves to) becomes `connection.context`, unless
 * that is a refusal, or `false`, which is a 403. A refusal may also be thrown; anything else thrown is a 500.
 * `signal` is aborted when the client leaves or the handshake's deadline passes.
 */
export type Authorize = (request: IncomingMessage, options: { readonly signal: AbortSignal }) => unknown;

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
export interface RegistryOptions extends ConnectionOptions, AcceptOptions {}

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

const ACCEPT_SCHEMA = {
  authorize: func<Authorize>(),
  // The rest is judged by OriginPolicy.
  origins: option(
    "'*', an origin, a RegExp, an array of these, or a function",
    (_value): _value is Origins => true,
  ),
  selectProtocol: func<SelectProtocol>(),
  lookupPeerName: func<LookupPeerName>(),
  handshakeTimeoutMs: milliseconds(DEFAULTS.handshakeTimeoutMs, { min: 1 }),
  maxWaitingSockets: limit(DEFAULTS.maxWaitingSockets, { min: 1 }),
  maxConnections: limit(Infinity),
  maxConnectionsPerAddress: limit(Infinity, { min: 1 }),
  clientAddress: func<ClientAddress>(),
  maxPendingHandshakes: limit(DEFAULTS.maxPendingHandshakes),
  maxHeaderFields: limit(DEFAULTS.maxHeaderFields, { min: 1 }),
} satisfies SchemaOf<AcceptOptions>;

const LISTEN_SCHEMA = {
  port: integer(undefined, { min: 0, max: 65_535 }),
  host: string(),
  path: string(),
  backlog: integer(),
  tls: option('an object of TLS options', (value): value is TlsOptions => typeof value === 'object'),
} satisfies SchemaOf<Omit<ListenOptions, keyof RegistryOptions>>;

/** Are a registry's options after their check. @internal */
export interface RegistrySettings extends Normalised<typeof ACCEPT_SCHEMA> {
  readonly originPolicy: OriginPolicy;
  /** What is wanted of permessage-deflate; undefined to decline it. */
  readonly deflate: DeflateSettings | undefined;
  readonly connection: ConnectionSettings;
}

/**
 * Checks a registry's options.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
 * @internal
 */
export function registrySettings(options: RegistryOptions): RegistrySettings {
  checkNames(options, {}, 'RegistryOptions');
  const [connection, rest] = splitConnectionOptions(options);
  const settings = normalise(ACCEPT_SCHEMA, rest, 'RegistryOptions');
  return {
    ...settings,
    originPolicy: new OriginPolicy(settings.origins),
    connection: connectionSettings(connection),
    deflate: deflateWishes('server', connection.perMessageDeflate),
  };
}

/**
 * Divides the options of `listen`.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for a bad value, and unless there is either a port or a path.
 * @internal
 */
export function listenSettings(options: ListenOptions): {
  registry: RegistryOptions;
  tls: TlsOptions | undefined;
  net: NetListenOptions;
} {
  const own: Record<string, unknown> = {};
  const registry: Record<string, unknown> = {};
  checkNames(options, LISTEN_SCHEMA, 'ListenOptions');
  for (const [name, value] of Object.entries(options)) {
    (Object.hasOwn(LISTEN_SCHEMA, name) ? own : registry)[name] = value;
  }
  const { tls, ...net } = normalise(LISTEN_SCHEMA, own, 'ListenOptions');
  if (net.port === undefined && net.path === undefined)
    throw new InvalidOptionError('port', undefined, 'a port, or a path to listen on a Unix socket');
  if (net.path !== undefined && (net.port ?? net.host) !== undefined)
    throw new InvalidOptionError('path', net.path, 'nothing beside a port or host');
  return {
    registry,
    tls,
    net: Object.fromEntries(Object.entries(net).filter(([, value]) => value !== undefined)),
  };
}

/** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no object, or has an option that nobody reads. */
function checkNames(options: RegistryOptions, further: object, where: string): void {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw new InvalidOptionError(where, options, 'an object');
  const stray = Object.keys(LISTEN_SCHEMA).find((name) => name in options && !Object.hasOwn(further, name));
  if (stray !== undefined) {
    const hint = 'to listen: ServerRegistry.listen({ port })';
    throw new InvalidOptionError(
      stray,
      options[stray as never],
      `nothing (${where} has no such option)`,
      hint,
    );
  }
  const known = { ...ACCEPT_SCHEMA, ...CONNECTION_SCHEMA, ...further };
  rejectUnknown(options, Object.keys(known), where);
}
