import { InvalidOptionError } from '../errors.js';
import { CloseCode, MAX_CLOSE_REASON } from './constants.js';
import { decodeText } from './utf8.js';
import { invalidCloseCode, invalidUtf8, truncatedCloseCode } from './violations.js';

/** Holds what a Close frame says (RFC 6455 §5.5.1). */
export interface ClosePayload {
  /** Status code; 1005 when the payload was empty. */
  readonly code: number;
  /** Reason; may be empty. */
  readonly reason: string;
}

/**
 * Tells whether a Close frame may carry this status code on the wire (RFC 6455 §7.4): 1000–1003, 1007–1014
 * (1012–1014 are in the IANA registry), 3000–4999.
 */
export function isReceivableCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && (code <= 1003 || code >= 1007)) || (code >= 3000 && code <= 4999);
}

/**
 * Tells whether we may put this status code into a Close frame (RFC 6455 §7.4): the whole numbers among those
 * that may be received.
 */
export function isSendableCloseCode(code: number): boolean {
  return Number.isInteger(code) && isReceivableCloseCode(code);
}

/**
 * Parses the unmasked payload of a Close frame (RFC 6455 §5.5.1).
 *
 * @param buffer - where its octets are
 * @param start - index of the first one
 * @param end - index after the last one
 * @returns code and reason; 1005 and an empty reason for an empty payload
 * @throws ProtocolError ERR_WS_CLOSE_TRUNCATED (1002) when it is one octet long
 * @throws ProtocolError ERR_WS_INVALID_CLOSE_CODE (1002) when the code must not be sent
 * @throws ProtocolError ERR_WS_INVALID_UTF8 (1007) when the reason is not UTF-8
 */
export function parseClosePayload(buffer: Buffer, start: number, end: number): ClosePayload {
  if (start === end) return { code: CloseCode.NO_STATUS_RECEIVED, reason: '' };
  if (end - start === 1) throw truncatedCloseCode();
  const code = buffer.readUInt16BE(start);
  if (!isReceivableCloseCode(code)) throw invalidCloseCode(code);
  const reason = decodeText(buffer, start + 2, end, -1);
  if (reason === undefined) throw invalidUtf8('close reason');
  return { code, reason };
}

/**
 * Makes the payload of a Close frame (RFC 6455 §5.5.1).
 *
 * @param code - status code; 1005 asks for an empty payload
 * @param reason - cut as `truncateReason` does; left out with code 1005
 * @throws InvalidOptionError ERR_WS_INVALID_OPTION when the code must not be sent, such as 1006 and 1015
 *   (RFC 6455 §7.4.1)
 */
export function encodeClosePayload(code: number, reason: string): Buffer {
  if (code === CloseCode.NO_STATUS_RECEIVED) return Buffer.alloc(0);
  if (!isSendableCloseCode(code)) {
    throw new InvalidOptionError('code', code, 'a status code of 1000–1003, 1007–1014, 3000–4999, or 1005');
  }
  const text = truncateReason(reason);
  const payload = Buffer.allocUnsafe(2 + Buffer.byteLength(text));
  payload.writeUInt16BE(code);
  payload.write(text, 2);
  return payload;
}

/**
 * Cuts a reason to the 123 octets of UTF-8 that a Close frame has room for, between two code points
 * (RFC 6455 §5.5). Lone surrogates become U+FFFD, as on the wire.
 *
 * @returns the reason as the peer will read it
 */
export function truncateReason(reason: string): string {
  // Every code unit makes at least one octet, and a pair that this cuts in two would not have fitted.
  const octets = Buffer.from(reason.slice(0, MAX_CLOSE_REASON));
  let end = MAX_CLOSE_REASON;
  // Behind a reason that is no longer there is nothing, which is no continuation octet.
  while ((octets[end]! & 0xc0) === 0x80) end--;
  return octets.toString('utf8', 0, end);
}
