import { expect } from 'chai';
import { LimitError, ProtocolError } from '../../lib/errors.js';
import * as violations from '../../lib/protocol/violations.js';

/** Each violation: its code, the status code that our Close carries, and what its message has to say. */
const RULES = [
  [violations.unexpectedReservedBits(0x41), 'ERR_WS_UNEXPECTED_RSV', 1002, 'first octet 0x41'],
  [violations.unexpectedReservedBits(0xc1), 'ERR_WS_UNEXPECTED_RSV', 1002, 'first octet 0xc1'],
  [violations.reservedOpcode(3), 'ERR_WS_RESERVED_OPCODE', 1002, 'opcode 0x03'],
  [violations.fragmentedControlFrame(), 'ERR_WS_FRAGMENTED_CONTROL', 1002, 'must not be fragmented'],
  [violations.oversizedControlFrame(), 'ERR_WS_CONTROL_TOO_LONG', 1002, 'at most 125 octets'],
  [violations.unmaskedFrame(), 'ERR_WS_MASK_REQUIRED', 1002, 'from the client is not masked'],
  [violations.maskedFrame(), 'ERR_WS_MASK_FORBIDDEN', 1002, 'from the server is masked'],
  [violations.nonMinimalLength(), 'ERR_WS_LENGTH_NOT_MINIMAL', 1002, 'shortest encoding'],
  [violations.negativeLength(), 'ERR_WS_LENGTH_TOP_BIT', 1002, 'top bit'],
  [violations.unexpectedContinuation(), 'ERR_WS_UNEXPECTED_CONTINUATION', 1002, 'outside of a fragmented'],
  [violations.unfinishedMessage(), 'ERR_WS_UNFINISHED_MESSAGE', 1002, 'inside of a fragmented one'],
  [violations.truncatedCloseCode(), 'ERR_WS_CLOSE_TRUNCATED', 1002, 'a single octet'],
  [violations.invalidCloseCode(1004), 'ERR_WS_INVALID_CLOSE_CODE', 1002, 'code 1004'],
  [violations.invalidUtf8('text message'), 'ERR_WS_INVALID_UTF8', 1007, 'the text message is not'],
  [violations.invalidUtf8('close reason'), 'ERR_WS_INVALID_UTF8', 1007, 'the close reason is not'],
  [violations.invalidDeflate('invalid block type'), 'ERR_WS_INVALID_DEFLATE', 1007, 'invalid block type'],
] as const;

const LIMITS = [
  [violations.messageTooLong(100, 101), 'maxMessageBytes', 100, 101, 1009, 'message too long'],
  [violations.tooManyEmptyFragments(7), 'maxEmptyFragments', 7, 8, 1008, 'empty fragments in a row'],
  [
    violations.tooManyControlFrames(1000),
    'controlFramesPerSecond',
    1000,
    1001,
    1008,
    'too many control frames',
  ],
  [
    violations.unfinishedBytesExhausted(500, 300),
    'maxUnfinishedBytes',
    500,
    300,
    1009,
    'unfinished messages',
  ],
] as const;

describe('violations', () => {
  for (const [error, code, closeCode, text] of RULES) {
    it(`says of ${code}: ${error.message}`, () => {
      expect(error).to.be.instanceOf(ProtocolError);
      expect(error).to.include({ code, closeCode });
      expect(error.message).to.include(text);
      expect(Buffer.byteLength(error.message), 'fits the reason of a Close').to.be.at.most(123);
    });
  }

  for (const [error, limit, value, actual, closeCode, text] of LIMITS) {
    it(`says of ${limit}: ${error.message}`, () => {
      expect(error).to.be.instanceOf(LimitError);
      expect(error).to.include({ limit, value, actual, closeCode });
      expect(error.message)
        .to.include(String(actual))
        .and.to.include(`${limit} = ${String(value)}`)
        .and.to.include(text);
      expect(Buffer.byteLength(error.message), 'fits the reason of a Close').to.be.at.most(123);
    });
  }

  it('has no rule that is not in these tables', () => {
    const codes = new Set<string>([...RULES, ...LIMITS].map(([error]) => error.code));
    expect(codes.size).to.equal(Object.keys(violations).length);
  });
});
