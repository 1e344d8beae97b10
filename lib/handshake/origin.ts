import type { IncomingMessage } from 'node:http';
import { InvalidOptionError } from '../errors.js';
import { parseAuthority } from './authority.js';
import { rejected, type Rejected } from './handshake-response.js';
import { promptAnswer } from './prompt-answer.js';

/**
 * Decides on one request by its Origin, `undefined` when the field is absent (the client is then no browser).
 * It must answer at once: what has to be looked up belongs in `authorize`.
 */
export type OriginPredicate = (origin: string | undefined, request: IncomingMessage) => boolean;

/**
 * Says which origins may connect: `'*'` all; a string one origin, such as `https://app.example.com` (letter case of the
 * host and a default port do not matter) or `null`; a regular expression those that it matches **as a whole**; an
 * array of these; or a function. Given anything but a function, requests without Origin are admitted. Whatever is given
 * replaces the default rule, so the server's own origin has to be among them.
 */
export type Origins = string | RegExp | readonly (string | RegExp)[] | OriginPredicate;

/** Tells that the origin is admitted. */
export interface Admitted {
  readonly ok: true;
}

const ADMITTED: Admitted = Object.freeze({ ok: true });

/** Default ports of the schemes that an Origin can be compared to a Host with. */
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
  ['ws', 80],
  ['wss', 443],
]);

interface ParsedOrigin {
  readonly scheme: string;
  readonly host: string;
  /** Port with the scheme's default filled in; `undefined` where the scheme has none. */
  readonly port: number | undefined;
  readonly hasDefaultPort: boolean;
}

type Pattern = (origin: string, parsed: ParsedOrigin | undefined) => boolean;

/** Decides which origins may connect (RFC 6455 §4.2.2, item 4, and §10.2): by the default rule, or by the option. */
export class OriginPolicy {
  readonly #option: string;
  readonly #patterns: readonly Pattern[] | undefined;
  readonly #predicate: OriginPredicate | undefined;

  /**
   * @param origins - The option's value. @default the Origin is absent, or its host and port equal those of Host
   * @param option - Name of the option, for errors and for the body of the 403.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) unless it is of type `Origins`.
   */
  constructor(origins?: unknown, option = 'origins') {
    this.#option = option;
    if (origins === undefined) return;
    if (typeof origins === 'function') this.#predicate = origins as OriginPredicate;
    else
      this.#patterns = (Array.isArray(origins) ? origins : [origins]).map((one) =>
        compilePattern(one, option),
      );
  }

  /**
   * Decides on a request.
   *
   * @param origin - Value of its Origin field, if any.
   * @param host - Value of its Host field.
   * @param request - Handed to the option's function.
   * @returns A 403 that names both values and the option, unless the origin is admitted.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when the option's function answers with a promise; whatever
   * that function throws.
   */
  examine(origin: string | undefined, host: string, request: IncomingMessage): Admitted | Rejected {
    if (this.#predicate !== undefined) {
      return this.#ask(this.#predicate, origin, request)
        ? ADMITTED
        : this.#refuse(origin, host, 'is not admitted to');
    }
    if (origin === undefined) return ADMITTED;
    const parsed = parseOrigin(origin);
    if (this.#patterns === undefined) {
      return isSameAuthority(parsed, host) ? ADMITTED : this.#refuse(origin, host, 'does not match');
    }
    return this.#patterns.some((matches) => matches(origin, parsed))
      ? ADMITTED
      : this.#refuse(origin, host, 'is not admitted to');
  }

  #ask(predicate: OriginPredicate, origin: string | undefined, request: IncomingMessage): boolean {
    return Boolean(promptAnswer(predicate(origin, request), this.#option));
  }

  #refuse(origin: string | undefined, host: string, verdict: string): Rejected {
    const shown = origin === undefined ? 'a request without Origin' : `Origin ${quote(origin)}`;
    return rejected(403, `${shown} ${verdict} Host ${quote(host)}; see the server's option ${this.#option}`);
  }
}

/** Shows a peer's value on one line of bounded length. */
function quote(value: string): string {
  return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
}

/** Parses a serialised origin (RFC 6454 §6.2); `undefined` for `null`, a list, or anything with a path. */
function parseOrigin(origin: string): ParsedOrigin | undefined {
  const colon = origin.indexOf('://');
  const scheme = origin.slice(0, Math.max(colon, 0)).toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) return undefined;
  // A slash behind it is no origin by the grammar, but what clients built on Go's x/net send, and says the same.
  const rest = origin.slice(colon + 3);
  const authority = parseAuthority(rest.endsWith('/') ? rest.slice(0, -1) : rest);
  if (authority === undefined) return undefined;
  const defaultPort = DEFAULT_PORTS.get(scheme);
  const port = authority.port ?? defaultPort;
  return { scheme, host: authority.host, port, hasDefaultPort: port === defaultPort };
}

/**
 * Applies the default rule: same host, same port, whatever the scheme, since TLS may end at a proxy before us. For the
 * same reason a Host without port, or with either default port, goes with an Origin at its scheme's default port.
 */
function isSameAuthority(origin: ParsedOrigin | undefined, host: string): boolean {
  const own = parseAuthority(host);
  if (
    origin === undefined ||
    own === undefined ||
    !DEFAULT_PORTS.has(origin.scheme) ||
    origin.host !== own.host
  ) {
    return false;
  }
  if (origin.port === own.port) return true;
  return origin.hasDefaultPort && (own.port === undefined || own.port === 80 || own.port === 443);
}

function compilePattern(pattern: unknown, option: string): Pattern {
  if (pattern === '*') return () => true;
  if (pattern === 'null') return (origin) => origin === 'null';
  if (pattern instanceof RegExp) {
    // Anchored, or /example\.com/ would admit https://example.com.evil.net; without g and y, which remember a position.
    const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, ''));
    return (origin) => whole.test(origin);
  }
  const wanted = typeof pattern === 'string' ? parseOrigin(pattern) : undefined;
  if (wanted === undefined || wanted.host.includes('*')) {
    throw new InvalidOptionError(
      option,
      pattern,
      "'*', an origin such as 'https://app.example.com', a RegExp, an array of these, or a function",
      typeof pattern === 'string' ? 'write the scheme, and use a RegExp for several hosts' : '',
    );
  }
  return (_, parsed) =>
    parsed !== undefined &&
    parsed.scheme === wanted.scheme &&
    parsed.host === wanted.host &&
    parsed.port === wanted.port;
}
