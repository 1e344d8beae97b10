import type { CorpusStream } from './corpus-stream.js';

/** Lists messages: every kind, every length at which the encoding changes, and fragments. */
export const MESSAGES: readonly CorpusStream[] = [
  { name: 'nothing', frames: '', seen: '', end: 'open' },
  { name: 'empty text', frames: '81 00', seen: 'text', end: 'open' },
  { name: 'empty binary', frames: '82 00', seen: 'binary', end: 'open' },
  { name: 'text', frames: '81 05 48656c6c6f', seen: 'text 48656c6c6f', end: 'open' },
  { name: 'binary', frames: '82 08 00fffefdfcfb00ff', seen: 'binary 00fffefdfcfb00ff', end: 'open' },
  { name: 'two texts', frames: '81 01 61 | 81 02 6263', seen: 'text 61 | text 6263', end: 'open' },
  {
    name: 'texts and binaries in turn',
    frames: '81 02 c3a9 | 82 01 c3 | 81 00 | 82 00 | 81 04 f09f9a80 | 82 03 f09f9a',
    seen: 'text c3a9 | binary c3 | text | binary | text f09f9a80 | binary f09f9a',
    end: 'open',
  },
  ...[1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 124, 125].map((length) => ({
    name: `binary of ${length}`,
    frames: `82 ${length.toString(16).padStart(2, '0')} fe*${length}`,
    seen: `binary fe*${length}`,
    end: 'open',
  })),
  ...[126, 127, 128, 255, 256, 4_095, 4_096, 4_097, 65_535].flatMap((length) => {
    const field = length.toString(16).padStart(4, '0');
    return [
      {
        name: `text of ${length}`,
        frames: `81 7e ${field} 2a*${length}`,
        seen: `text 2a*${length}`,
        end: 'open',
      },
      {
        name: `binary of ${length}, and a text behind`,
        frames: `82 7e ${field} fe*${length} | 81 01 61`,
        seen: `binary fe*${length} | text 61`,
        end: 'open',
      },
    ];
  }),
  ...[65_536, 65_537].flatMap((length) => {
    const field = length.toString(16).padStart(16, '0');
    return [
      {
        name: `text of ${length}`,
        frames: `81 7f ${field} 2a*${length}`,
        seen: `text 2a*${length}`,
        end: 'open',
      },
      {
        name: `binary of ${length}, and a text behind`,
        frames: `82 7f ${field} fe*${length} | 81 01 61`,
        seen: `binary fe*${length} | text 61`,
        end: 'open',
      },
    ];
  }),
  { name: 'text in two', frames: '01 03 48656c | 80 02 6c6f', seen: 'text 48656c6c6f', end: 'open' },
  { name: 'binary in two', frames: '02 03 00ff01 | 80 02 fe02', seen: 'binary 00ff01fe02', end: 'open' },
  {
    name: 'binary in single octets',
    frames: '02 01 00 | 00 01 01 | 00 01 02 | 00 01 03 | 00 01 04 | 80 01 05',
    seen: 'binary 000102030405',
    end: 'open',
  },
  { name: 'text with an empty first fragment', frames: '01 00 | 80 02 6869', seen: 'text 6869', end: 'open' },
  { name: 'text with an empty last fragment', frames: '01 02 6869 | 80 00', seen: 'text 6869', end: 'open' },
  { name: 'text of empty fragments', frames: '01 00 | 00 00 | 80 00', seen: 'text', end: 'open' },
  {
    name: 'binary around an empty fragment',
    frames: '02 01 61 | 00 00 | 00 01 62 | 80 00',
    seen: 'binary 6162',
    end: 'open',
  },
  {
    name: 'messages in fragments, one behind the other',
    frames: '01 01 61 | 80 01 62 | 02 01 ff | 80 01 fe | 01 00 | 80 00 | 82 01 00',
    seen: 'text 6162 | binary fffe | text | binary 00',
    end: 'open',
  },
  {
    name: 'large fragments',
    frames: '02 7e 1000 fe*4096 | 00 7e 0fff ff*4095 | 80 7e 007e 00*126',
    seen: 'binary fe*4096 ff*4095 00*126',
    end: 'open',
  },
  {
    name: 'a large fragment between small ones',
    frames: '01 02 6161 | 00 7f 0000000000010000 62*65536 | 80 01 63',
    seen: 'text 6161 62*65536 63',
    end: 'open',
  },
  { name: 'half a header', frames: '81 01 61 | 81', seen: 'text 61', end: 'open' },
  { name: 'half a length', frames: '81 01 61 | 82 7f 00000000', seen: 'text 61', end: 'open' },
  { name: 'a header without its payload', frames: '82 01 61 | 82 05', seen: 'binary 61', end: 'open' },
  { name: 'half a payload', frames: '82 01 61 | 82 05 616263', seen: 'binary 61', end: 'open' },
  { name: 'a message without its end', frames: '02 02 6161 | 00 02 6262', seen: '', end: 'open' },
  {
    name: 'a message of the most octets',
    frames: '82 05 6162636465',
    seen: 'binary 6162636465',
    end: 'open',
    maxMessageBytes: 5,
  },
];
