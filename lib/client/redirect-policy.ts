import type { Agent, IncomingMessage } from 'node:http';
import { HandshakeError } from '../errors.js';
import type { CallerHeaders } from '../handshake/caller-headers.js';
import { parseWebSocketUrl, type WebSocketUrl } from '../handshake/websocket-url.js';
import type { TransportOptions } from './client-options.js';
import type { OpeningPlan } from './opening-request.js';

const REDIRECTIONS: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

/** Header fields that hold credentials, which never cross an origin. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** Options that show who the client is; given in an agent, they cannot be taken out of it. */
const IDENTITY: ReadonlySet<string> = new Set([
  'cert',
  'clientCertEngine',
  'key',
  'passphrase',
  'pfx',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'pskCallback',
  'secureContext',
]);

/** Further options that belong to one host alone. */
const HOST_BOUND: ReadonlySet<string> = new Set(['servername', 'session', 'socketPath']);

/** Tells whether a response sends the client elsewhere. */
export function isRedirection(response: IncomingMessage): boolean {
  return REDIRECTIONS.has(response.statusCode) && response.headers.location !== undefined;
}

/** Makes the error that says why a redirection is not followed. */
export function redirectRefused(response: IncomingMessage, why: string, cause?: unknown): HandshakeError {
  const { statusCode, headers } = response;
  const place = JSON.stringify(headers.location);
  return new HandshakeError('http', `redirect to ${place} not followed: ${why}`, {
    statusCode,
    headers,
    cause,
  });
}

/**
 * Plans the request that follows a redirection (RFC 6455 §4.1, RFC 7231 §6.4): what may go to the new place, and
 * whether it may be followed at all. It is a GET again, whatever the status.
 * @throws HandshakeError (`ERR_WS_HANDSHAKE_HTTP`) when it leads from wss to ws, to no WebSocket URL, or to where
 * credentials would have to go along.
 */
export function planRedirect(plan: OpeningPlan, response: IncomingMessage): OpeningPlan {
  const url = locate(plan.url, response);
  if (plan.url.secure && !url.secure) throw redirectRefused(response, 'it falls from wss to ws');
  if (url.socketPath !== plan.url.socketPath && url.socketPath !== undefined)
    throw redirectRefused(response, 'it leads to another socket');
  if (isSameOrigin(plan.url, url)) return { ...plan, url };
  if (hasIdentity(plan.transport.agent))
    throw redirectRefused(response, 'it leads to another origin, and the agent has a client certificate');
  return {
    ...plan,
    url,
    auth: undefined,
    headers: withoutCredentials(plan.headers),
    transport: withoutHostBound(plan.transport),
  };
}

/** @throws HandshakeError (`ERR_WS_HANDSHAKE_HTTP`) when Location is no WebSocket URL. */
function locate(from: WebSocketUrl, response: IncomingMessage): WebSocketUrl {
  const location = response.headers.location!;
  try {
    if (URL.canParse(location)) return parseWebSocketUrl(location, 'Location');
    if (from.socketPath === undefined)
      return parseWebSocketUrl(new URL(location, from.href).href, 'Location');
    // Its own form of URL knows no relative ones.
    const { pathname, search } = new URL(location, `ws://localhost${from.target}`);
    const socket = from.href.slice(0, from.href.indexOf(':', from.href.indexOf(':') + 1));
    return parseWebSocketUrl(`${socket}:${pathname}${search}`, 'Location');
  } catch (error) {
    throw redirectRefused(response, 'it is no WebSocket URL', error);
  }
}

function isSameOrigin(a: WebSocketUrl, b: WebSocketUrl): boolean {
  return a.secure === b.secure && a.host === b.host && a.port === b.port && a.socketPath === b.socketPath;
}

function hasIdentity(agent: Agent | false | undefined): boolean {
  const options = agent && (agent as Partial<Record<'options', object>>).options;
  return Object.entries(options || {}).some(([name, value]) => IDENTITY.has(name) && value !== undefined);
}

function withoutCredentials(headers: CallerHeaders | undefined): CallerHeaders | undefined {
  if (headers === undefined) return undefined;
  const kept = Object.entries(headers).filter(([name]) => {
    const lower = name.toLowerCase();
    return !CREDENTIALS.has(lower) && lower !== 'host';
  });
  return Object.fromEntries(kept);
}

function withoutHostBound(transport: TransportOptions): TransportOptions {
  const kept = Object.entries(transport).filter(([name]) => !IDENTITY.has(name) && !HOST_BOUND.has(name));
  return Object.fromEntries(kept);
}
