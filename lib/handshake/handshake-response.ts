import { InvalidOptionError } from '../errors.js';
import { PROTOCOL_VERSION } from '../protocol/constants.js';
import { acceptKey, isValidKey } from './accept-key.js';
import { flattenCallerHeaders, type CallerHeaders } from './caller-headers.js';
import { isFieldValue, isToken } from './field-grammar.js';
import { statusMessageOf } from './status-message.js';

/** What each 101 response begins with. */
const ACCEPTED = `HTTP/1.1 101 ${statusMessageOf(101)}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: `;

/** Describes a response that accepts the opening handshake. */
export interface Acceptance {
  /** The request's Sec-WebSocket-Key. */
  readonly key: string;
  /** Subprotocol chosen; empty or absent: none. */
  readonly protocol?: string | undefined;
  /** Value of Sec-WebSocket-Extensions; empty or absent: none was negotiated. */
  readonly extensions?: string | undefined;
  /** Further header fields, such as Set-Cookie. */
  readonly headers?: CallerHeaders | undefined;
}

/** Describes a response that refuses the opening handshake. */
export interface Refusal {
  /** Status code, 300 to 599 and not 304. */
  readonly status: number;
  /** Reason phrase of the status line. @default the registered one */
  readonly statusMessage?: string | undefined;
  /** Further header fields. Content-Type is text/plain in UTF-8 unless it is among them. */
  readonly headers?: CallerHeaders | undefined;
  /** Body; a string goes out as UTF-8. @default the reason phrase and a line feed */
  readonly body?: string | Uint8Array | undefined;
}

/** Tells that a request was refused, in the form that `rejectResponse` takes, and why. */
export interface Rejected {
  readonly ok: false;
  readonly status: number;
  /** Names the rule that was broken, on one line, for logs and the event `rejected`. Not the reason phrase. */
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes a `Rejected` whose body is the reason. */
export function rejected(
  status: number,
  reason: string,
  headers?: Readonly<Record<string, string>>,
): Rejected {
  return { ok: false, status, reason, body: `${reason}\n`, ...(headers !== undefined && { headers }) };
}

/**
 * Renders the 101 response, whole, in Latin-1 (RFC 6455 §4.2.2, item 5).
 *
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) before anything is made, when a value has an octet that does
 * not belong there or a header field is one of the handshake's own.
 */
export function acceptResponse(acceptance: Acceptance): string {
  const { key, protocol = '', extensions = '', headers } = acceptance;
  if (typeof key !== 'string' || !isValidKey(key)) {
    throw new InvalidOptionError('key', key, 'the base64 of 16 octets');
  }
  let head = `${ACCEPTED}${acceptKey(key)}\r\n`;
  if (protocol !== '') {
    if (typeof protocol !== 'string' || !isToken(protocol))
      throw new InvalidOptionError('protocol', protocol, 'a token');
    head += `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  }
  if (extensions !== '') {
    if (typeof extensions !== 'string' || !isFieldValue(extensions)) {
      throw new InvalidOptionError('extensions', extensions, 'a list of extensions');
    }
    head += `Sec-WebSocket-Extensions: ${extensions}\r\n`;
  }
  const fields = flattenCallerHeaders(headers, 'headers', reservedInAcceptance);
  return `${head}${renderFields(fields)}\r\n`;
}

/**
 * Renders the response that refuses an opening handshake, whole, in octets; it says `Connection: close`, and the
 * caller ends the socket behind it. A refusal is a redirection or an error: 1xx would not be final and 2xx a success
 * to every proxy, and 304 cannot have a body.
 *
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) before anything is made, when the status is none of these, a
 * value has an octet that does not belong there, or a header field is one of the response's own.
 */
export function rejectResponse(refusal: Refusal): Buffer {
  const { status, statusMessage = statusMessageOf(status), headers, body = `${statusMessage}\n` } = refusal;
  if (!Number.isInteger(status) || status < 300 || status > 599 || status === 304) {
    throw new InvalidOptionError('status', status, 'an integer from 300 to 599 other than 304');
  }
  if (typeof statusMessage !== 'string' || !isFieldValue(statusMessage)) {
    throw new InvalidOptionError('statusMessage', statusMessage, 'a string of printable Latin-1 characters');
  }
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new InvalidOptionError('body', body, 'a string, Buffer or Uint8Array');
  }
  const added = flattenCallerHeaders(headers, 'headers', reservedInRefusal);
  const payload = typeof body === 'string' ? Buffer.from(body) : body;
  const fields = ['Connection', status === 426 ? 'close, Upgrade' : 'close'];
  // RFC 7231 §6.5.15: a 426 names the protocol it asks for.
  if (status === 426) fields.push('Upgrade', 'websocket');
  if (!names(added).includes('content-type')) fields.push('Content-Type', 'text/plain; charset=utf-8');
  fields.push('Content-Length', String(payload.byteLength), ...added);
  const head = `HTTP/1.1 ${String(status)} ${statusMessage}\r\n${renderFields(fields)}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), payload]);
}

function renderFields(fields: readonly string[]): string {
  let text = '';
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i] as string}: ${fields[i + 1] as string}\r\n`;
  return text;
}

function names(fields: readonly string[]): string[] {
  return fields.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
}

function reservedInResponse(name: string): string | undefined {
  switch (name) {
    case 'upgrade':
    case 'connection':
      return 'the response sets it';
    case 'content-length':
    case 'transfer-encoding':
      return 'the response frames its body itself';
    default:
      return undefined;
  }
}

function reservedInAcceptance(name: string): string | undefined {
  if (name === 'sec-websocket-protocol')
    return 'the subprotocol is chosen by selectProtocol or the live path';
  if (name.startsWith('sec-websocket-')) return 'the handshake sets it';
  return reservedInResponse(name);
}

function reservedInRefusal(name: string): string | undefined {
  // RFC 6455 §4.4: a refusal may tell the versions that are spoken here.
  if (name === 'sec-websocket-version') return undefined;
  if (name.startsWith('sec-websocket-')) return 'a refusal carries no part of the handshake';
  return reservedInResponse(name);
}

/** Refuses a request of a version that is not spoken here, and names the one that is (RFC 6455 §4.2.2, item 4). */
export function unsupportedVersion(): Rejected {
  const version = String(PROTOCOL_VERSION);
  return rejected(426, `Sec-WebSocket-Version is not ${version}`, { 'Sec-WebSocket-Version': version });
}
