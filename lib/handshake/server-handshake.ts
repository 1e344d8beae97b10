import { DEFAULTS, PROTOCOL_VERSION } from '../protocol/constants.js';
import { parseExtensions } from '../protocol/extension-header.js';
import { isValidKey } from './accept-key.js';
import { parseAuthority } from './authority.js';
import { rejected, unsupportedVersion, type Rejected } from './handshake-response.js';
import { HeaderFields } from './header-fields.js';
import { parseRequestTarget } from './request-target.js';
import { parseSubprotocols } from './subprotocol.js';

/** Describes what is read of a request; `http.IncomingMessage` is one. */
export interface HandshakeRequest {
  readonly method?: string | undefined;
  /** Such as `1.1`. */
  readonly httpVersion: string;
  /** Request target. */
  readonly url?: string | undefined;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** Bounds what is read of a request. */
export interface HandshakeLimits {
  /** Header fields accepted, each occurrence counted. @default 200 */
  readonly maxHeaderFields?: number;
}

/** Describes an opening handshake that keeps every rule of RFC 6455 §4.2.1. Nothing is answered yet. */
export interface Accepted {
  readonly ok: true;
  readonly version: typeof PROTOCOL_VERSION;
  /** Sec-WebSocket-Key, for `acceptResponse`. */
  readonly key: string;
  /** Path of the request target, raw: undecoded and without the query. */
  readonly path: string;
  /** Query, raw and without its `?`; empty if there was none. */
  readonly query: string;
  /** Host field, or the authority of a target in absolute-form. */
  readonly host: string;
  /** Origin field; `undefined` when absent. Not judged here: see `OriginPolicy`. */
  readonly origin: string | undefined;
  /** Subprotocols offered, in the client's order of preference. */
  readonly protocols: readonly string[];
  /** Sec-WebSocket-Extensions, all fields combined and well-formed; empty when nothing is offered. */
  readonly extensions: string;
}

/*
 * Elements of a list. Without the u flag, i folds ASCII letters with ASCII letters only. A run of white space is tried
 * from the comma in front of it alone, which takes linear time.
 */
const WEBSOCKET = /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i;
const UPGRADE = /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i;
const HTTP_1_1_OR_LATER = /^1\.[1-9][0-9]*$/;

/**
 * Tells whether a request asks for an upgrade to WebSocket at all. When it does not (`h2c`, or no upgrade) it is an
 * ordinary request and not ours to refuse.
 */
export function isWebSocketUpgrade(request: Pick<HandshakeRequest, 'rawHeaders'>): boolean {
  return upgradesToWebSocket(new HeaderFields(request.rawHeaders));
}

/**
 * Checks a request against RFC 6455 §4.2.1, first broken rule first.
 *
 * @returns What the request asks for, or how to refuse it: 431 for too many header fields, 405 for another method than
 * GET, 426 for another version than 13, and 400 for everything else. Hand the latter to `rejectResponse`.
 */
export function examineRequest(request: HandshakeRequest, limits: HandshakeLimits = {}): Accepted | Rejected {
  const { maxHeaderFields = DEFAULTS.maxHeaderFields } = limits;
  const count = request.rawHeaders.length / 2;
  if (count > maxHeaderFields) return rejected(431, `more than ${String(maxHeaderFields)} header fields`);
  if (request.method !== 'GET') return rejected(405, 'the method is not GET', { Allow: 'GET' });
  const { httpVersion } = request;
  if (httpVersion !== '1.1' && !HTTP_1_1_OR_LATER.test(httpVersion))
    return rejected(400, 'the HTTP version is not 1.1');
  const target = parseRequestTarget(request.url ?? '');
  if (target === undefined) return rejected(400, 'the request target is neither a path nor a ws or http URL');

  const fields = new HeaderFields(request.rawHeaders);
  const host = fields.single('host');
  if (host === undefined) return rejected(400, `Host is ${absentOrDoubled(fields, 'host')}`);
  if (parseAuthority(host) === undefined) return rejected(400, 'Host is malformed');
  if (hasBody(fields)) return rejected(400, 'the request has a body');
  if (!upgradesToWebSocket(fields)) return rejected(400, 'Upgrade does not name websocket');
  if (!fields.some('connection', namesUpgrade)) return rejected(400, 'Connection does not name Upgrade');
  return examineWebSocketFields(fields, target.authority ?? host, target.path, target.query);
}

function examineWebSocketFields(
  fields: HeaderFields,
  host: string,
  path: string,
  query: string,
): Accepted | Rejected {
  // The version first: other versions had other keys.
  const version = fields.single('sec-websocket-version');
  if (version === undefined) {
    return rejected(400, `Sec-WebSocket-Version is ${absentOrDoubled(fields, 'sec-websocket-version')}`);
  }
  if (version !== String(PROTOCOL_VERSION)) return unsupportedVersion();
  const key = fields.single('sec-websocket-key');
  if (key === undefined)
    return rejected(400, `Sec-WebSocket-Key is ${absentOrDoubled(fields, 'sec-websocket-key')}`);
  if (!isValidKey(key)) return rejected(400, 'Sec-WebSocket-Key is not the base64 of 16 octets');
  const origins = fields.all('origin');
  if (origins.length > 1) return rejected(400, 'Origin is doubled');
  const protocols = parseSubprotocols(fields);
  if (protocols === undefined) return rejected(400, 'Sec-WebSocket-Protocol is no list of different tokens');
  const extensions = fields.combined('sec-websocket-extensions');
  if (!isWellFormed(extensions)) return rejected(400, 'Sec-WebSocket-Extensions is malformed');
  return {
    ok: true,
    version: PROTOCOL_VERSION,
    key,
    path,
    query,
    host,
    origin: origins[0],
    protocols,
    extensions,
  };
}

function upgradesToWebSocket(fields: HeaderFields): boolean {
  return fields.some('upgrade', namesWebSocket);
}

function namesWebSocket(protocols: string): boolean {
  return protocols === 'websocket' || WEBSOCKET.test(protocols);
}

function namesUpgrade(options: string): boolean {
  return options === 'Upgrade' || UPGRADE.test(options);
}

/** RFC 6455 §9.1 has a malformed offer refused, even where every extension would be declined. */
function isWellFormed(extensions: string): boolean {
  if (extensions === '') return true;
  try {
    parseExtensions(extensions);
    return true;
  } catch {
    return false;
  }
}

/** A body would stand where the first frames are expected: Node hands over the octets behind the header as they come. */
function hasBody(fields: HeaderFields): boolean {
  return (
    fields.some('transfer-encoding', () => true) || fields.some('content-length', (length) => length !== '0')
  );
}

function absentOrDoubled(fields: HeaderFields, name: string): string {
  return fields.all(name).length === 0 ? 'absent' : 'doubled';
}
