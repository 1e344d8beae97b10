import type { IncomingMessage } from 'node:http';
import { HandshakeError } from '../errors.js';
import type { CallerHeaders } from '../handshake/caller-headers.js';
import { parseWebSocketUrl, type WebSocketUrl } from '../handshake/websocket-url.js';
import type { TransportOptions } from './client-options.js';
import type { OpeningPlan } from './opening-request.js';

const REDIRECTIONS: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

/** Header fields that hold credentials, which never cross an origin. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** Transport options that hold credentials or belong to one host alone. */
const HOST_BOUND = ['cert', 'key', 'pfx', 'passphrase', 'servername', 'session', 'socketPath'] as const;

/** Tells whether a response sends the client elsewhere. */
export function isRedirection(response: IncomingMessage): boolean {
  return REDIRECTIONS.has(response.statusCode) && response.headers.location !== undefined;
}

/**
 * Plans the request that follows a redirection (RFC 6455 §4.1, RFC 7231 §6.4): what may go to the new place, and
 * whether it may be followed at all.
 * @throws HandshakeError (`ERR_WS_HANDSHAKE_HTTP`) when it leads from wss to ws, or to no WebSocket URL.
 */
export function planRedirect(plan: OpeningPlan, response: IncomingMessage): OpeningPlan {
  const { statusCode, headers } = response;
  const location = headers.location!;
  const refuse = (why: string, cause?: unknown) =>
    new HandshakeError('http', `redirect to ${JSON.stringify(location)} refused: ${why}`, {
      statusCode,
      headers,
      cause,
    });
  let url: WebSocketUrl;
  try {
    url = parseWebSocketUrl(
      URL.canParse(location) ? location : new URL(location, plan.url.href).href,
      'Location',
    );
  } catch (error) {
    throw refuse('it is no WebSocket URL', error);
  }
  if (plan.url.secure && !url.secure) throw refuse('it falls from wss to ws');
  if (url.socketPath !== undefined && url.socketPath !== plan.url.socketPath)
    throw refuse('it leads to another socket');
  if (isSameOrigin(plan.url, url)) return { ...plan, url };
  return {
    ...plan,
    url,
    auth: undefined,
    headers: withoutCredentials(plan.headers),
    transport: withoutHostBound(plan.transport),
  };
}

function isSameOrigin(a: WebSocketUrl, b: WebSocketUrl): boolean {
  return a.secure === b.secure && a.host === b.host && a.port === b.port && a.socketPath === b.socketPath;
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
  const kept: Record<string, unknown> = { ...transport };
  for (const name of HOST_BOUND) delete kept[name];
  return kept;
}
