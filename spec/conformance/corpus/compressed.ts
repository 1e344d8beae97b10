import type { CorpusStream } from './corpus-stream.js';

/** Is what both sides have agreed on: windows of 15 bits, kept from message to message. */
const KEPT = { extensions: 'permessage-deflate' };
const FORGOTTEN = {
  extensions: 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
};

const HELLO = 'c1 07 f248cdc9c90700';
/** Is `Hello` once more, as a reference to the message before (RFC 7692 §7.2.3.2). */
const AGAIN = 'c1 05 f200110000';
const STORED = '0b 000500faff48656c6c6f00';
/** Is a thousand times `61`. */
const THOUSAND = '0b 4a4c1c05a360140c770000';

const broken = { seen: '', end: 'fail 1007 INVALID_DEFLATE' };

/** Lists streams with permessage-deflate in use; the first ones are the examples of RFC 7692 §7.2.3. */
export const COMPRESSED: readonly CorpusStream[] = [
  ...[KEPT, FORGOTTEN].flatMap((agreed) => {
    const context = agreed === KEPT ? 'with context' : 'without context';
    return [
      { name: `a compressed text, ${context}`, frames: HELLO, seen: 'text 48656c6c6f' },
      { name: `in fragments, ${context}`, frames: '41 03 f248cd | 80 04 c9c90700', seen: 'text 48656c6c6f' },
      {
        name: `the same twice, ${context}`,
        frames: `${HELLO} | ${HELLO}`,
        seen: 'text 48656c6c6f | text 48656c6c6f',
      },
      { name: `a stored block, ${context}`, frames: `c1 ${STORED}`, seen: 'text 48656c6c6f' },
      {
        name: `a final block, ${context}`,
        frames: `c1 08 f348cdc9c9070000 | ${HELLO}`,
        seen: 'text 48656c6c6f | text 48656c6c6f',
      },
      {
        name: `two blocks, ${context}`,
        frames: `c1 0d f2480500 0000ffff cac9c90700 | 89 00`,
        seen: 'text 48656c6c6f | ping',
      },
      {
        name: `empty messages, ${context}`,
        frames: `c1 01 00 | c2 01 00 | ${HELLO}`,
        seen: 'text | binary | text 48656c6c6f',
      },
      { name: `an empty message in fragments, ${context}`, frames: '41 00 | 00 00 | 80 01 00', seen: 'text' },
      {
        name: `plain messages between, ${context}`,
        frames: `81 01 61 | ${HELLO} | 02 01 62 | 80 01 63 | c2 ${STORED}`,
        seen: 'text 61 | text 48656c6c6f | binary 6263 | binary 48656c6c6f',
      },
      {
        name: `control frames between compressed fragments, ${context}`,
        frames: '41 01 f2 | 89 01 31 | 00 02 48cd | 8a 00 | 00 00 | 89 01 32 | 80 04 c9c90700 | 89 00',
        seen: 'ping 31 | pong | ping 32 | text 48656c6c6f | ping',
      },
      {
        name: `a compressed character octet by octet, ${context}`,
        frames: '41 01 fa | 00 01 30 | 00 01 7f | 00 01 56 | 00 01 03 | 80 01 00',
        seen: 'text f09f9a80',
      },
      {
        name: `a thousand octets, ${context}`,
        frames: `c1 ${THOUSAND} | 89 00`,
        seen: 'text 61*1000 | ping',
      },
      {
        name: `an answer that is compressed, ${context}`,
        frames: 'c2 15 ecc13101000000c2a03eeb1fd01a1e40010000ef06 | 81 01 61 | 89 00',
        seen: 'binary 2a*3000 | text 61 | ping',
      },
      {
        name: `as much as is taken, ${context}`,
        frames: `c2 ${THOUSAND} | 89 00`,
        seen: 'binary 61*1000 | ping',
        maxMessageBytes: 1_000,
      },
    ].map((stream) => ({ ...stream, ...agreed, end: 'open' }));
  }),
  {
    name: 'references to the message before',
    frames: `${HELLO} | 81 01 61 | ${AGAIN} | ${AGAIN}`,
    seen: 'text 48656c6c6f | text 61 | text 48656c6c6f | text 48656c6c6f',
    end: 'open',
    ...KEPT,
  },
  {
    name: 'reference to a message that is forgotten',
    frames: `${HELLO} | ${AGAIN} | 89 00`,
    seen: 'text 48656c6c6f',
    end: 'fail 1007 INVALID_DEFLATE',
    ...FORGOTTEN,
  },
  { name: 'reference to no message', frames: `${AGAIN} | 89 00`, ...broken, ...KEPT },
  { name: 'no deflate', frames: 'c1 04 ffffffff | 89 00', ...broken, ...KEPT },
  {
    name: 'no deflate in fragments',
    frames: '42 02 ffff | 89 00 | 80 02 ffff | 89 00',
    ...broken,
    seen: 'ping',
    ...KEPT,
  },
  {
    name: 'a stored block with a wrong length',
    frames: 'c1 0b 000500faf048656c6c6f00 | 89 00',
    ...broken,
    ...KEPT,
  },
  { name: 'compressed and not complete', frames: 'c1 03 f248cd | 89 00', ...broken, ...KEPT },
  {
    name: 'wrong text, compressed',
    frames: 'c1 08 4a4ca43d38ac0100 | 89 00',
    seen: '',
    end: 'fail 1007 INVALID_UTF8',
    ...KEPT,
  },
  {
    name: 'wrong text, compressed, as binary',
    frames: 'c2 08 4a4ca43d38ac0100',
    seen: 'binary 61*100 c328',
    end: 'open',
    ...KEPT,
  },
  {
    name: 'text that ends inside a character, compressed',
    frames: '41 04 4a4ca43d | 89 00 | 80 04 f8301f00 | 89 00',
    seen: 'ping',
    end: 'fail 1007 INVALID_UTF8',
    ...KEPT,
  },
  {
    name: 'more than is taken, compressed',
    frames: `c2 ${THOUSAND} | 89 00`,
    seen: '',
    end: 'fail 1009 LIMIT_MAX_MESSAGE_BYTES',
    maxMessageBytes: 999,
    ...KEPT,
  },
  ...['c0 04 c9c90700', '40 04 c9c90700'].map((frame) => ({
    name: `RSV1 on a continuation: ${frame}`,
    frames: `41 03 f248cd | ${frame}`,
    seen: '',
    end: 'fail 1002 UNEXPECTED_RSV',
    ...KEPT,
  })),
  ...['c9 00', 'ca 00', 'c8 02 03e8', 'e1 01 00', 'd2 01 00'].map((frame) => ({
    name: `RSV1 where it must not be: ${frame}`,
    frames: `${HELLO} | ${frame} | 89 00`,
    seen: 'text 48656c6c6f',
    end: 'fail 1002 UNEXPECTED_RSV',
    ...KEPT,
  })),
  {
    name: 'Close behind compressed messages',
    frames: `${HELLO} | ${AGAIN} | 88 02 03e8 | ${HELLO}`,
    seen: 'text 48656c6c6f | text 48656c6c6f',
    end: 'close 1000 ',
    ...KEPT,
  },
  {
    name: 'Close inside a compressed message',
    frames: '41 03 f248cd | 88 02 03e9 | 80 04 c9c90700',
    seen: '',
    end: 'close 1001 ',
    ...KEPT,
  },
  {
    name: 'half a compressed message',
    frames: `${HELLO} | c1 07 f248cd`,
    seen: 'text 48656c6c6f',
    end: 'open',
    ...KEPT,
  },
  {
    name: 'so many octets that they are inflated elsewhere',
    frames: `c2 56 ecc1310d000000c320ffa69b99d80914 00*67 f03600 | 89 00 | ${HELLO} | 88 02 03e8`,
    seen: 'binary fe*70000 | ping | text 48656c6c6f',
    end: 'close 1000 ',
    ...KEPT,
  },
];
