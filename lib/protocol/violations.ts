import { LimitError, ProtocolError } from '../errors.js';
import { CloseCode } from './constants.js';

/*
 * One factory per rule a peer can break, so that the code that checks reads as the rules themselves.
 * The names in `code` are stable and listed in docs/errors.md.
 */

const protocolError = (code: string, message: string) =>
  new ProtocolError(message, `ERR_WS_${code}`, CloseCode.PROTOCOL_ERROR);

const show = (value: number) => `0x${value.toString(16).padStart(2, '0')}`;

/** RFC 6455 §5.2: reserved bits must be 0 unless an extension defines them. */
export const unexpectedReservedBits = (firstOctet: number) =>
  protocolError(
    'UNEXPECTED_RSV',
    `reserved bits are set that no extension negotiated: first octet ${show(firstOctet)}`,
  );

/** RFC 6455 §5.2: opcodes 3–7 and B–F are reserved. */
export const reservedOpcode = (opcode: number) =>
  protocolError('RESERVED_OPCODE', `opcode ${show(opcode)} is reserved`);

/** RFC 6455 §5.5: control frames must not be fragmented. */
export const fragmentedControlFrame = () =>
  protocolError('FRAGMENTED_CONTROL', 'a control frame must not be fragmented');

/** RFC 6455 §5.5: control frames carry at most 125 octets. */
export const oversizedControlFrame = () =>
  protocolError('CONTROL_TOO_LONG', 'a control frame carries at most 125 octets');

/** RFC 6455 §5.1: a client masks all its frames. */
export const unmaskedFrame = () => protocolError('MASK_REQUIRED', 'a frame from the client is not masked');

/** RFC 6455 §5.1: a server masks none of its frames. */
export const maskedFrame = () => protocolError('MASK_FORBIDDEN', 'a frame from the server is masked');

/** RFC 6455 §5.2: the shortest encoding of the payload length must be used. */
export const nonMinimalLength = () =>
  protocolError('LENGTH_NOT_MINIMAL', 'the payload length is not in its shortest encoding');

/** RFC 6455 §5.2: the top bit of a 64-bit length must be 0. */
export const negativeLength = () =>
  protocolError('LENGTH_TOP_BIT', 'the top bit of a 64-bit payload length is set');

/** RFC 6455 §5.4: a continuation frame continues a message. */
export const unexpectedContinuation = () =>
  protocolError('UNEXPECTED_CONTINUATION', 'a continuation frame came outside of a fragmented message');

/** RFC 6455 §5.4: the fragments of one message must not be interleaved with another's. */
export const unfinishedMessage = () =>
  protocolError('UNFINISHED_MESSAGE', 'a new message began inside of a fragmented one');

/** RFC 6455 §5.5.1: the payload of a Close is empty or starts with a two-octet code. */
export const truncatedCloseCode = () =>
  protocolError('CLOSE_TRUNCATED', 'a Close frame carries a single octet');

/** RFC 6455 §7.4: codes that no endpoint may send. */
export const invalidCloseCode = (code: number) =>
  protocolError(
    'INVALID_CLOSE_CODE',
    `a Close frame carries the code ${String(code)}, which must not be sent`,
  );

/** RFC 6455 §8.1: text is UTF-8. */
export const invalidUtf8 = (where: 'text message' | 'close reason') =>
  new ProtocolError(`the ${where} is not valid UTF-8`, 'ERR_WS_INVALID_UTF8', CloseCode.INVALID_PAYLOAD);

/** A message (or, with `fragments: true`, a frame) longer than the receiver takes. */
export const messageTooLong = (limit: number, actual: number) =>
  new LimitError('maxMessageBytes', limit, actual, CloseCode.MESSAGE_TOO_BIG, 'message too long (octets)');

/** Empty fragments that only cost the receiver's time. */
export const tooManyEmptyFragments = (limit: number) =>
  new LimitError(
    'maxEmptyFragments',
    limit,
    limit + 1,
    CloseCode.POLICY_VIOLATION,
    'too many empty fragments in a row',
  );

/** More control frames than the token bucket allows. */
export const tooManyControlFrames = (limit: number) =>
  new LimitError(
    'controlFramesPerSecond',
    limit,
    limit + 1,
    CloseCode.POLICY_VIOLATION,
    'too many control frames',
  );

/** The process holds too much of unfinished messages, and this connection holds the most. */
export const unfinishedBytesExhausted = (limit: number, actual: number) =>
  new LimitError(
    'maxUnfinishedBytes',
    limit,
    actual,
    CloseCode.MESSAGE_TOO_BIG,
    'too much held in unfinished messages (octets)',
  );
