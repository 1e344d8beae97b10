import type { CorpusStream } from './corpus-stream.js';

const hexOf = (code: number) => code.toString(16).padStart(4, '0');

/** Lists closing handshakes, and octets behind them. */
export const CLOSES: readonly CorpusStream[] = [
  { name: 'empty Close', frames: '88 00', seen: '', end: 'close 1005 ' },
  { name: 'Close with a reason', frames: '88 07 03e8 c3a9 627965', seen: '', end: 'close 1000 c3a9627965' },
  {
    name: 'Close with the longest reason',
    frames: '88 7d 0fa0 2a*123',
    seen: '',
    end: `close 4000 ${'2a'.repeat(123)}`,
  },
  {
    name: 'Close with a mark in its reason',
    frames: '88 06 03e8 efbbbf61',
    seen: '',
    end: 'close 1000 efbbbf61',
  },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code) => ({
      name: `Close ${code}`,
      frames: `88 02 ${hexOf(code)}`,
      seen: '',
      end: `close ${code} `,
    }),
  ),
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 32_768, 65_535].map((code) => ({
    name: `Close ${code}, which must not be`,
    frames: `89 00 | 88 04 ${hexOf(code)} 6f6b | 89 00`,
    seen: 'ping',
    end: 'fail 1002 INVALID_CLOSE_CODE',
  })),
  {
    name: 'Close of one octet',
    frames: '89 00 | 88 01 03 | 89 00',
    seen: 'ping',
    end: 'fail 1002 CLOSE_TRUNCATED',
  },
  {
    name: 'Close with a reason that is not UTF-8',
    frames: '88 05 03e8 61ff62 | 89 00',
    seen: '',
    end: 'fail 1007 INVALID_UTF8',
  },
  {
    name: 'Close with half a character',
    frames: '88 04 03e8 c3c3 | 89 00',
    seen: '',
    end: 'fail 1007 INVALID_UTF8',
  },
  {
    name: 'Close whose reason ends inside a character',
    frames: '88 03 03e8 e2 | 89 00',
    seen: '',
    end: 'fail 1007 INVALID_UTF8',
  },
  {
    name: 'Close behind messages',
    frames: '81 01 61 | 82 01 62 | 88 02 03e9',
    seen: 'text 61 | binary 62',
    end: 'close 1001 ',
  },
  {
    name: 'Close inside a message',
    frames: '01 01 61 | 88 02 03e8 | 80 01 62',
    seen: '',
    end: 'close 1000 ',
  },
  {
    name: 'Close inside a character',
    frames: '01 01 c3 | 88 02 03e8 | 80 01 a9',
    seen: '',
    end: 'close 1000 ',
  },
  { name: 'text behind a Close', frames: '88 02 03e8 | 81 01 61', seen: '', end: 'close 1000 ' },
  { name: 'ping behind a Close', frames: '88 00 | 89 01 61', seen: '', end: 'close 1005 ' },
  { name: 'second Close', frames: '88 02 03e8 | 88 02 03e9', seen: '', end: 'close 1000 ' },
  { name: 'violation behind a Close', frames: '88 02 03e8 | f3 00 | !81 00', seen: '', end: 'close 1000 ' },
  {
    name: 'noise behind a Close',
    frames: '89 00 | 88 02 0bb8 | ff7fffffffffffffffff00*40',
    seen: 'ping',
    end: 'close 3000 ',
  },
  { name: 'half a Close', frames: '81 01 61 | 88 04 03e8', seen: 'text 61', end: 'open' },
];
