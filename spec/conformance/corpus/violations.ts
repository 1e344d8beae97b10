import type { CorpusStream } from './corpus-stream.js';

/** Lists first octets with bits or opcodes that nobody agreed on, or with several faults the first of which counts. */
const WRONG_FIRST_OCTETS: readonly (readonly [first: string, rule: string])[] = [
  ...['a1', '91', 'b2', 'c1', 'd2', 'f1', 'c2', 'c9', 'a8', '9a', '41', '22'].map(
    (first) => [first, 'UNEXPECTED_RSV'] as const,
  ),
  ...['83', '84', '85', '86', '87', '8b', '8c', '8d', '8e', '8f', '03', '07'].map(
    (first) => [first, 'RESERVED_OPCODE'] as const,
  ),
  ...['08', '09', '0a'].map((first) => [first, 'FRAGMENTED_CONTROL'] as const),
];

const negative = { seen: 'text 61', end: 'fail 1002 LENGTH_TOP_BIT' };
const longer = { seen: 'text 61', end: 'fail 1002 LENGTH_NOT_MINIMAL' };

/** Lists violations of RFC 6455 §5 and of limits, each behind a message and in front of a ping that no longer counts. */
export const VIOLATIONS: readonly CorpusStream[] = [
  ...WRONG_FIRST_OCTETS.map(([first, rule]) => ({
    name: `first octet ${first}`,
    frames: `81 01 61 | ${first} 02 6869 | 89 00`,
    seen: 'text 61',
    end: `fail 1002 ${rule}`,
  })),
  ...['40', '20', '10', '70', 'c0'].map((first) => ({
    name: `first octet ${first} inside a message`,
    frames: `01 01 61 | ${first} 01 62 | 80 01 63`,
    seen: '',
    end: 'fail 1002 UNEXPECTED_RSV',
  })),
  ...['88', '89', '8a'].flatMap((first) =>
    ['7e 007e 61*126', '7e 0001 61', '7f 0000000000000001 61'].map((rest) => ({
      name: `control frame ${first} with a length field: ${rest}`,
      frames: `81 01 61 | ${first} ${rest} | 89 00`,
      seen: 'text 61',
      end: 'fail 1002 CONTROL_TOO_LONG',
    })),
  ),
  ...['81 01 62', '82 00', '89 00', '88 02 03e8', '01 01 62'].map((frame) => ({
    name: `mask as it must not be: ${frame}`,
    frames: `81 01 61 | !${frame} | 89 00`,
    seen: 'text 61',
    end: 'fail 1002 MASK',
  })),
  {
    name: 'mask as it must not be inside a message',
    frames: '01 01 61 | !80 01 62',
    seen: '',
    end: 'fail 1002 MASK',
  },
  {
    name: 'final continuation of nothing',
    frames: '81 01 61 | 80 01 62 | 89 00',
    seen: 'text 61',
    end: 'fail 1002 UNEXPECTED_CONTINUATION',
  },
  {
    name: 'continuation of nothing',
    frames: '00 01 62 | 80 01 63',
    seen: '',
    end: 'fail 1002 UNEXPECTED_CONTINUATION',
  },
  {
    name: 'continuation behind a whole message',
    frames: '01 01 61 | 80 01 62 | 00 00 | 81 01 61',
    seen: 'text 6162',
    end: 'fail 1002 UNEXPECTED_CONTINUATION',
  },
  ...['81 01 62', '82 00', '01 01 62', '02 00'].map((frame) => ({
    name: `message inside a message: ${frame}`,
    frames: `01 01 61 | 89 00 | ${frame} | 80 00`,
    seen: 'ping',
    end: 'fail 1002 UNFINISHED_MESSAGE',
  })),
  { name: '16 bits for no length', frames: '81 01 61 | 82 7e 0000 | 89 00', ...longer },
  { name: '16 bits for 125', frames: '81 01 61 | 82 7e 007d 62*125 | 89 00', ...longer },
  { name: '64 bits for no length', frames: '81 01 61 | 82 7f 0000000000000000 | 89 00', ...longer },
  { name: '64 bits for 125', frames: '81 01 61 | 82 7f 000000000000007d 62*125', ...longer },
  { name: '64 bits for 126', frames: '81 01 61 | 81 7f 000000000000007e 62*126', ...longer },
  { name: '64 bits for 65535', frames: '81 01 61 | 81 7f 000000000000ffff 62*65535', ...longer },
  { name: 'length 2^63', frames: '81 01 61 | 82 7f 8000000000000000 6263', ...negative },
  { name: 'length 2^63 and no payload', frames: '81 01 61 | 82 7f 8000000000000000', ...negative },
  { name: 'length 2^64 - 1', frames: '81 01 61 | 82 7f ffffffffffffffff 6263', ...negative },
  {
    name: 'length 2^63 - 1',
    frames: '81 01 61 | 82 7f 7fffffffffffffff 6263 | 89 00',
    seen: 'text 61',
    end: 'fail 1009 LIMIT_MAX_MESSAGE_BYTES',
  },
  {
    name: 'message over the limit',
    frames: '82 05 6162636465 | 82 06 616263646566 | 89 00',
    seen: 'binary 6162636465',
    end: 'fail 1009 LIMIT_MAX_MESSAGE_BYTES',
    maxMessageBytes: 5,
  },
  {
    name: 'frame over the limit inside a message',
    frames: '02 02 6162 | 89 00 | 80 06 636465666768 | 89 00',
    seen: 'ping',
    end: 'fail 1009 LIMIT_MAX_MESSAGE_BYTES',
    maxMessageBytes: 5,
  },
  {
    name: 'empty fragments over the limit',
    frames: '01 01 61 | 00 00 | 00 00 | 89 00 | 00 00 | 80 00',
    seen: 'ping',
    end: 'fail 1008 LIMIT_MAX_EMPTY_FRAGMENTS',
    maxEmptyFragments: 2,
  },
  {
    name: 'empty fragments of one message and of the next',
    frames: '01 01 61 | 00 00 | 80 00 | 02 00 | 80 00',
    seen: 'text 61 | binary',
    end: 'open',
    maxEmptyFragments: 2,
  },
  {
    name: 'empty fragments up to the limit',
    frames: '01 00 | 00 00 | 00 01 61 | 00 00 | 80 00 | 81 00 | 81 00 | 81 00',
    seen: 'text 61 | text | text | text',
    end: 'open',
    maxEmptyFragments: 2,
  },
];
