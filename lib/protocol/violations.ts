import { LimitError, ProtocolError } from '../errors.js';
import { CloseCode } from './constants.js';

/*
 * One factory per rule a peer can break, so that the code that checks reads as the rules themselves.
 * The names in `code` are stable and listed in docs/errors.md.
 */

const protocolError = (code: string, message: string) =>
  new ProtocolError(message, `ERR_WS_${code}`, CloseCode.PROTOCOL_ERROR);

const show = (value: number) => `0x${value.toString(16).padStart(2, '0')}`;

/** Reports reserved bits that no extension defined (RFC 6455 §5.2). */
export const unexpectedReservedBits = (firstOctet: number) =>
  protocolError(
    'UNEXPECTED_RSV',
    `reserved bits are set that no extension negotiated: first octet ${show(firstOctet)}`,
  );

/** Reports an opcode of 3–7 or B–F (RFC 6455 §5.2). */
export const reservedOpcode = (opcode: number) =>
  protocolError('RESERVED_OPCODE', `opcode ${show(opcode)} is reserved`);

/** Reports a control frame without FIN (RFC 6455 §5.5). */
export const fragmentedControlFrame = () =>
  protocolError('FRAGMENTED_CONTROL', 'a control frame must not be fragmented');

/** Reports a control frame with more than 125 octets (RFC 6455 §5.5). */
export const oversizedControlFrame = () =>
  protocolError('CONTROL_TOO_LONG', 'a control frame carries at most 125 octets');

/** Reports a frame of a client that is not masked (RFC 6455 §5.1). */
export const unmaskedFrame = () => protocolError('MASK_REQUIRED', 'a frame from the client is not masked');

/** Reports a frame of a server that is masked (RFC 6455 §5.1). */
export const maskedFrame = () => protocolError('MASK_FORBIDDEN', 'a frame from the server is masked');

/** Reports a payload length that is not in its shortest encoding (RFC 6455 §5.2). */
export const nonMinimalLength = () =>
  protocolError('LENGTH_NOT_MINIMAL', 'the payload length is not in its shortest encoding');

/** Reports a 64-bit payload length with its top bit set (RFC 6455 §5.2). */
export const negativeLength = () =>
  protocolError('LENGTH_TOP_BIT', 'the top bit of a 64-bit payload length is set');

/** Reports a continuation frame that continues nothing (RFC 6455 §5.4). */
export const unexpectedContinuation = () =>
  protocolError('UNEXPECTED_CONTINUATION', 'a continuation frame came outside of a fragmented message');

/** Reports a message that begins inside of another (RFC 6455 §5.4). */
export const unfinishedMessage = () =>
  protocolError('UNFINISHED_MESSAGE', 'a new message began inside of a fragmented one');

/** Reports a Close frame with half a status code (RFC 6455 §5.5.1). */
export const truncatedCloseCode = () =>
  protocolError('CLOSE_TRUNCATED', 'a Close frame carries a single octet');

/** Reports a status code that no endpoint may send (RFC 6455 §7.4). */
export const invalidCloseCode = (code: number) =>
  protocolError(
    'INVALID_CLOSE_CODE',
    `a Close frame carries the code ${String(code)}, which must not be sent`,
  );

/** Reports text that is not UTF-8 (RFC 6455 §8.1). */
export const invalidUtf8 = (where: 'text message' | 'close reason') =>
  new ProtocolError(`the ${where} is not valid UTF-8`, 'ERR_WS_INVALID_UTF8', CloseCode.INVALID_PAYLOAD);

/** Reports a compressed message that does not inflate (RFC 7692 §7.2.2). */
export const invalidDeflate = (why: string) =>
  new ProtocolError(
    `a compressed message does not inflate: ${why}`,
    'ERR_WS_INVALID_DEFLATE',
    CloseCode.INVALID_PAYLOAD,
  );

/** Reports a message (with `fragments: true` a frame) that is longer than the receiver takes. */
export const messageTooLong = (limit: number, actual: number) =>
  new LimitError('maxMessageBytes', limit, actual, CloseCode.MESSAGE_TOO_BIG, 'message too long (octets)');

/** Reports empty fragments that only cost the receiver's time. */
export const tooManyEmptyFragments = (limit: number) =>
  new LimitError(
    'maxEmptyFragments',
    limit,
    limit + 1,
    CloseCode.POLICY_VIOLATION,
    'too many empty fragments in a row',
  );

/** Reports more control frames than the token bucket allows. */
export const tooManyControlFrames = (limit: number) =>
  new LimitError(
    'controlFramesPerSecond',
    limit,
    limit + 1,
    CloseCode.POLICY_VIOLATION,
    'too many control frames',
  );

/** Reports that the process holds too much of unfinished messages, and this connection the most. */
export const unfinishedBytesExhausted = (limit: number, actual: number) =>
  new LimitError(
    'maxUnfinishedBytes',
    limit,
    actual,
    CloseCode.MESSAGE_TOO_BIG,
    'too much held in unfinished messages (octets)',
  );
