import { InvalidOptionError, WebSocketError } from '../errors.js';

/*
 * The Sec-WebSocket-Extensions header (RFC 6455 §9.1):
 *
 *   extension-list  = 1#extension
 *   extension       = extension-token *( ";" extension-param )
 *   extension-param = token [ "=" (token | quoted-string) ]
 *
 * with the list rule and the white space of RFC 2616 §2.1: empty list elements count for nothing, spaces and
 * tabs may surround every part. A quoted value must be a token once its quotes and escapes are gone.
 */

/** Holds one extension of the header, as offered or accepted. */
export interface ExtensionOffer {
  /** Name as written. */
  readonly name: string;
  /** Values of each parameter in order, `true` where one has none; who negotiates judges repeated ones. */
  readonly params: ReadonlyMap<string, readonly (string | true)[]>;
}

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** Marks the octets of a token (RFC 2616 §2.2): visible ASCII without separators. */
const TOKEN_OCTETS = new Uint8Array(128);
for (const octet of Buffer.from(
  "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
)) {
  TOKEN_OCTETS[octet] = 1;
}

const isTokenOctet = (octet: number) => TOKEN_OCTETS[octet] === 1;

/**
 * Parses the value of a Sec-WebSocket-Extensions header (RFC 6455 §9.1), several fields joined by commas, in
 * time linear in its length.
 *
 * @param header - value of the header
 * @returns at least one extension, in the order of preference
 * @throws WebSocketError ERR_WS_INVALID_EXTENSIONS_HEADER when it does not conform; the message tells the
 *   offset. The opening handshake is refused then: RFC 6455 §9.1 leaves no choice
 */
export function parseExtensions(header: string): ExtensionOffer[] {
  const scanner = new HeaderScanner(header);
  const offers: ExtensionOffer[] = [];
  do {
    if (scanner.atListEnd()) continue;
    const params = new Map<string, (string | true)[]>();
    offers.push({ name: scanner.token('an extension name'), params });
    while (scanner.skip(SEMICOLON)) {
      const name = scanner.token('a parameter name');
      const value = scanner.skip(EQUALS) ? scanner.value() : true;
      const values = params.get(name);
      if (values === undefined) params.set(name, [value]);
      else values.push(value);
    }
    if (!scanner.atListEnd()) throw scanner.unexpected('";", "," or the end');
  } while (scanner.skip(COMMA));
  if (offers.length === 0) throw scanner.unexpected('an extension name');
  return offers;
}

/**
 * Formats extensions as the value of a Sec-WebSocket-Extensions header (RFC 6455 §9.1); `parseExtensions` reads
 * it back.
 *
 * @throws InvalidOptionError ERR_WS_INVALID_OPTION when a name or value is no token
 */
export function formatExtensions(offers: readonly ExtensionOffer[]): string {
  return offers.map(formatExtension).join(', ');
}

function formatExtension(offer: ExtensionOffer): string {
  let text = requireToken('extension name', offer.name);
  for (const [name, values] of offer.params) {
    for (const value of values) {
      text += `; ${requireToken('extension parameter name', name)}`;
      if (value !== true) text += `=${requireToken(`extension parameter ${name}`, value)}`;
    }
  }
  return text;
}

function requireToken(what: string, value: string): string {
  for (let i = 0; i < value.length; i++) {
    if (!isTokenOctet(value.charCodeAt(i)))
      throw new InvalidOptionError(what, value, 'a token (RFC 6455 §9.1)');
  }
  if (value === '') throw new InvalidOptionError(what, value, 'a token (RFC 6455 §9.1)');
  return value;
}

/** Walks over the header once; each call leaves it at the next octet that is no white space. */
class HeaderScanner {
  readonly #header: string;
  #at = 0;

  constructor(header: string) {
    this.#header = header;
    this.#skipSpace();
  }

  /** Tells whether an element of the list ends here. */
  atListEnd(): boolean {
    return this.#at === this.#header.length || this.#octet() === COMMA;
  }

  /** Skips one separator, if it is what comes next. */
  skip(separator: number): boolean {
    if (this.#octet() !== separator) return false;
    this.#at++;
    this.#skipSpace();
    return true;
  }

  token(what: string): string {
    const start = this.#at;
    while (isTokenOctet(this.#octet())) this.#at++;
    if (this.#at === start) throw this.unexpected(what);
    const token = this.#header.slice(start, this.#at);
    this.#skipSpace();
    return token;
  }

  value(): string {
    return this.#octet() === QUOTE ? this.#quotedToken() : this.token('a parameter value');
  }

  #quotedToken(): string {
    let token = '';
    let start = ++this.#at;
    while (this.#octet() !== QUOTE) {
      if (this.#octet() === BACKSLASH) {
        token += this.#header.slice(start, this.#at);
        start = ++this.#at;
      }
      if (!isTokenOctet(this.#octet())) throw this.unexpected('an octet of a token, or the closing quote');
      this.#at++;
    }
    token += this.#header.slice(start, this.#at);
    if (token === '') throw this.unexpected('a parameter value');
    this.#at++;
    this.#skipSpace();
    return token;
  }

  unexpected(wanted: string): WebSocketError {
    const found = this.#at === this.#header.length ? 'the end' : JSON.stringify(this.#header[this.#at]);
    return new WebSocketError(
      `Sec-WebSocket-Extensions: expected ${wanted} at offset ${String(this.#at)}, found ${found}`,
      'ERR_WS_INVALID_EXTENSIONS_HEADER',
    );
  }

  // NaN behind the end, which equals nothing.
  #octet(): number {
    return this.#header.charCodeAt(this.#at);
  }

  #skipSpace(): void {
    while (this.#octet() === SPACE || this.#octet() === TAB) this.#at++;
  }
}
