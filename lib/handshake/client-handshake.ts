import { HandshakeError, InvalidOptionError } from '../errors.js';
import { PROTOCOL_VERSION } from '../protocol/constants.js';
import { parseExtensions, type ExtensionOffer } from '../protocol/extension-header.js';
import {
  PERMESSAGE_DEFLATE,
  readDeflateResponse,
  type DeflateAgreement,
  type DeflateWishes,
} from '../protocol/permessage-deflate.js';
import { acceptKey } from './accept-key.js';
import { parseAuthority } from './authority.js';
import { flattenCallerHeaders, type CallerHeaders } from './caller-headers.js';
import { isFieldValue } from './field-grammar.js';
import { HeaderFields } from './header-fields.js';

/** Describes the header fields of a client's opening handshake. */
export interface HandshakeFields {
  /** Value of Host, from the URL. The caller's own Host takes its place. */
  readonly authority: string;
  /** Sec-WebSocket-Key, from `generateKey`. */
  readonly key: string;
  /** Subprotocols to offer, checked by `validateSubprotocols`. */
  readonly protocols?: readonly string[] | undefined;
  /** Value of Sec-WebSocket-Extensions; empty or absent: none is offered. */
  readonly extensions?: string | undefined;
  /** The caller's option `origin`. */
  readonly origin?: string | undefined;
  /** Credentials `user:password` for Authorization: Basic. */
  readonly auth?: string | undefined;
  /** The caller's option `headers`. */
  readonly headers?: CallerHeaders | undefined;
}

/** Describes a server's answer and what it has to fit to. */
export interface HandshakeAnswer {
  readonly statusCode?: number | undefined;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** Sec-WebSocket-Key that was sent. */
  readonly key: string;
  /** Subprotocols that were offered. */
  readonly protocols?: readonly string[] | undefined;
  /** What was wanted of permessage-deflate, if it was offered. */
  readonly deflate?: DeflateWishes | undefined;
}

/** Tells what the opening handshake agreed on. */
export interface Agreement {
  /** Subprotocol; empty if none. */
  readonly protocol: string;
  /** Value of Sec-WebSocket-Extensions, well-formed and only of extensions that were offered; empty if none. */
  readonly extensions: string;
  /** What was agreed on about permessage-deflate; undefined if it is not in force. */
  readonly deflate: DeflateAgreement | undefined;
}

// Without the u flag, i folds ASCII letters with ASCII letters only.
const WEBSOCKET = /^websocket$/i;
const UPGRADE = /^upgrade$/i;

/**
 * Lists the header fields of the request (RFC 6455 §4.1), names and values in turn: an array that `http.request` takes
 * as `headers`. Node then adds none of its own, no Host and no Authorization either; both are in it.
 *
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when a field of the caller's would double or override one of the
 * handshake's (a single Host is allowed, for virtual hosts), or has an octet that does not belong.
 */
export function requestHeaders(fields: HandshakeFields): string[] {
  const { authority, key, protocols = [], extensions = '', origin, auth, headers } = fields;
  const added = flattenCallerHeaders(headers, 'headers', reservedInRequest);
  const own = new HeaderFields(added);
  for (const name of ['host', 'origin', 'authorization']) {
    if (own.all(name).length > 1) throw new InvalidOptionError('headers', name, 'a field that is sent once');
  }
  const host = own.single('host') ?? authority;
  if (parseAuthority(host) === undefined) {
    const option = own.single('host') === undefined ? 'url' : 'headers["Host"]';
    throw new InvalidOptionError(option, host, 'a host, or a host and port');
  }
  if (origin !== undefined && (typeof origin !== 'string' || !isFieldValue(origin))) {
    throw new InvalidOptionError('origin', origin, 'a string of printable Latin-1 characters');
  }
  if (origin !== undefined && own.single('origin') !== undefined) {
    throw new InvalidOptionError('origin', origin, 'an origin given once', 'it is also among the headers');
  }
  if (auth !== undefined && own.single('authorization') !== undefined) {
    const hint = 'the URL or the option auth has credentials too';
    throw new InvalidOptionError('headers', 'Authorization', 'credentials given once', hint);
  }
  const list = ['Host', host, 'Upgrade', 'websocket', 'Connection', 'Upgrade'];
  list.push('Sec-WebSocket-Key', key, 'Sec-WebSocket-Version', String(PROTOCOL_VERSION));
  if (protocols.length > 0) list.push('Sec-WebSocket-Protocol', protocols.join(', '));
  if (extensions !== '') list.push('Sec-WebSocket-Extensions', extensions);
  if (origin !== undefined) list.push('Origin', origin);
  if (auth !== undefined) list.push('Authorization', `Basic ${Buffer.from(auth).toString('base64')}`);
  for (let i = 0; i < added.length; i += 2) {
    const name = added[i] as string;
    if (name.toLowerCase() !== 'host') list.push(name, added[i + 1] as string);
  }
  return list;
}

function reservedInRequest(name: string): string | undefined {
  switch (name) {
    case 'upgrade':
    case 'connection':
      return 'the handshake sets it';
    case 'sec-websocket-protocol':
      return 'use the option protocol';
    case 'sec-websocket-extensions':
      return 'extensions are offered by their own options';
    case 'content-length':
    case 'transfer-encoding':
    case 'expect':
      return 'an opening handshake has no body';
    default:
      return name.startsWith('sec-websocket-') ? 'the handshake sets it' : undefined;
  }
}

/**
 * Checks the server's answer (RFC 6455 §4.1, "the client MUST validate the server's response").
 *
 * @throws HandshakeError (`ERR_WS_HANDSHAKE_VALIDATE`) for the first rule that it breaks; the caller then drops the
 * connection.
 */
export function examineResponse(answer: HandshakeAnswer): Agreement {
  const { statusCode, rawHeaders, key, protocols = [], deflate } = answer;
  const fields = new HeaderFields(rawHeaders);
  const fail = (message: string, options?: ErrorOptions) =>
    new HandshakeError('validate', message, { statusCode, headers: fields.toRecord(), ...options });

  if (statusCode !== 101) throw fail(`the server answered with status ${String(statusCode)} in place of 101`);
  const upgrade = fields.list('upgrade');
  if (upgrade.length !== 1 || !WEBSOCKET.test(upgrade[0] as string)) {
    throw fail("the response's Upgrade is not websocket");
  }
  if (!fields.list('connection').some((option) => UPGRADE.test(option))) {
    throw fail("the response's Connection does not name Upgrade");
  }

  const accept = fields.all('sec-websocket-accept');
  if (accept.length === 0) throw fail('the response has no Sec-WebSocket-Accept');
  if (accept.length > 1) throw fail("the response's Sec-WebSocket-Accept is doubled");
  if (accept[0] !== acceptKey(key)) throw fail("the response's Sec-WebSocket-Accept does not answer the key");

  if (fields.all('sec-websocket-protocol').length > 1) {
    throw fail("the response's Sec-WebSocket-Protocol is doubled");
  }
  // An empty field names no subprotocol; peers that answer so exist, and nothing is gained by losing them.
  const protocol = fields.single('sec-websocket-protocol') ?? '';
  if (protocol !== '' && !protocols.includes(protocol)) {
    throw fail('the server chose a subprotocol that was not offered');
  }

  const extensions = fields.combined('sec-websocket-extensions');
  let accepted: ExtensionOffer[];
  try {
    accepted = extensions === '' ? [] : parseExtensions(extensions);
  } catch (cause) {
    throw fail("the response's Sec-WebSocket-Extensions is malformed", { cause });
  }
  if (accepted.some(({ name }) => deflate === undefined || name !== PERMESSAGE_DEFLATE)) {
    throw fail('the server chose an extension that was not offered');
  }
  const agreement = deflate && readDeflateResponse(accepted, deflate);
  if (typeof agreement === 'string') throw fail(`the response's permessage-deflate ${agreement}`);
  return { protocol, extensions, deflate: agreement };
}
