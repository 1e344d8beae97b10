import { InvalidOptionError } from '../errors.js';

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

const SCHEMES: ReadonlyMap<string, string> = new Map([
  ['ws:', 'ws:'],
  ['wss:', 'wss:'],
  ['http:', 'ws:'],
  ['https:', 'wss:'],
  ['ws+unix:', 'ws+unix:'],
  ['wss+unix:', 'wss+unix:'],
]);

const EXPECTED = 'a ws:// or wss:// URL';
const UNIX_FORM = 'ws+unix:/path/to.sock:/request/path';
/** The URL parser drops CR, LF and tab in silence: `/a\r\nb` would become `/ab`, another path than was asked for. */
const CONTROL = /[\x00-\x1f\x7f]/;

/**
 * Parses the URL a client is given (RFC 6455 §3; the `+unix` forms as in `ws`). http and https stand for ws and wss,
 * as they do in browsers.
 *
 * @param option - Name of the argument, for the error.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for anything but a URL of one of these schemes, and for a
 * fragment, even an empty one.
 */
export function parseWebSocketUrl(url: unknown, option = 'url'): WebSocketUrl {
  const fail = (hint: string) => new InvalidOptionError(option, shown(url), EXPECTED, hint);
  if (typeof url !== 'string' && !(url instanceof URL)) throw fail('');
  const text = String(url);
  if (CONTROL.test(text)) throw fail('control characters cannot be part of a URL');
  if (!URL.canParse(text)) throw fail('write it out, such as ws://localhost:8080/path');
  const parsed = new URL(text);
  const scheme = SCHEMES.get(parsed.protocol);
  if (scheme === undefined) throw fail(`its scheme is ${parsed.protocol}; write ws:// or wss:// in front`);
  if (parsed.href.includes('#'))
    throw fail('a fragment (#) has no meaning here; write %23 for the character');
  const auth = credentials(parsed, fail);
  parsed.protocol = scheme;
  parsed.username = '';
  parsed.password = '';
  const place = scheme.endsWith('+unix:') ? unixSocket(parsed, fail) : networkHost(parsed);
  const query = parsed.search.slice(1);
  return {
    href: parsed.href,
    secure: scheme.startsWith('wss'),
    ...place,
    target: place.path + parsed.search,
    query,
    auth,
  };
}

type Place = Pick<WebSocketUrl, 'host' | 'port' | 'socketPath' | 'authority' | 'path'>;
type Fail = (hint: string) => InvalidOptionError;

function networkHost(parsed: URL): Place {
  const defaultPort = parsed.protocol === 'wss:' ? 443 : 80;
  return {
    host: parsed.hostname.startsWith('[') ? parsed.hostname.slice(1, -1) : parsed.hostname,
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    socketPath: undefined,
    authority: parsed.host,
    path: parsed.pathname,
  };
}

function unixSocket(parsed: URL, fail: Fail): Place {
  const colon = parsed.pathname.indexOf(':');
  const path = colon === -1 ? '/' : parsed.pathname.slice(colon + 1);
  const socketPath = decode(colon === -1 ? parsed.pathname : parsed.pathname.slice(0, colon), fail);
  // The socket's path may have been relative, and the URL parser does not encode such a path's spaces.
  if (parsed.host !== '' || !/^\/[\x21-\x7e]*$/.test(path))
    throw fail(`a Unix socket is written ${UNIX_FORM}`);
  if (socketPath === '' || socketPath.includes('\0')) throw fail(`a Unix socket is written ${UNIX_FORM}`);
  return { host: 'localhost', port: 0, socketPath, authority: 'localhost', path };
}

function credentials(parsed: URL, fail: Fail): string | undefined {
  if (parsed.username === '' && parsed.password === '') return undefined;
  return `${decode(parsed.username, fail)}:${decode(parsed.password, fail)}`;
}

function decode(text: string, fail: Fail): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw fail('a % that is no escape must be written %25');
  }
}

/** Keeps passwords out of the error: a URL object shows as its type, and a string without what stands before its @. */
function shown(url: unknown): unknown {
  if (url instanceof URL) return shown(url.href);
  return typeof url === 'string' ? url.replace(/\/\/[^/?#]*@/, '//…@') : url;
}
