import type { CorpusStream } from './corpus-stream.js';

/** Lists control frames, alone and between fragments. */
export const CONTROL_FRAMES: readonly CorpusStream[] = [
  { name: 'empty ping', frames: '89 00', seen: 'ping', end: 'open' },
  { name: 'empty pong', frames: '8a 00', seen: 'pong', end: 'open' },
  { name: 'ping', frames: '89 05 48656c6c6f', seen: 'ping 48656c6c6f', end: 'open' },
  { name: 'pong', frames: '8a 03 00ff80', seen: 'pong 00ff80', end: 'open' },
  { name: 'ping of 125', frames: '89 7d fe*125', seen: 'ping fe*125', end: 'open' },
  {
    name: 'pong of 124, ping behind',
    frames: '8a 7c ff*124 | 89 01 01',
    seen: 'pong ff*124 | ping 01',
    end: 'open',
  },
  {
    name: 'pings',
    frames: '89 01 31 | 89 01 32 | 89 00 | 89 01 33',
    seen: 'ping 31 | ping 32 | ping | ping 33',
    end: 'open',
  },
  {
    name: 'pings and pongs between messages',
    frames: '89 01 31 | 81 01 61 | 8a 01 32 | 82 01 62 | 89 01 33',
    seen: 'ping 31 | text 61 | pong 32 | binary 62 | ping 33',
    end: 'open',
  },
  {
    name: 'ping inside a text',
    frames: '01 01 61 | 89 02 6869 | 80 01 62',
    seen: 'ping 6869 | text 6162',
    end: 'open',
  },
  {
    name: 'pong inside a binary',
    frames: '02 01 ff | 8a 00 | 80 01 fe',
    seen: 'pong | binary fffe',
    end: 'open',
  },
  {
    name: 'control frames behind every fragment',
    frames: '01 01 61 | 89 01 31 | 00 01 62 | 8a 01 32 | 00 00 | 89 00 | 89 01 33 | 80 01 63 | 8a 00',
    seen: 'ping 31 | pong 32 | ping | ping 33 | text 616263 | pong',
    end: 'open',
  },
  {
    name: 'ping inside a character',
    frames: '01 02 f09f | 89 01 2e | 80 02 9a80',
    seen: 'ping 2e | text f09f9a80',
    end: 'open',
  },
  {
    name: 'ping between large fragments',
    frames: '02 7e 1001 fe*4097 | 89 7d 61*125 | 80 7e 1001 ff*4097',
    seen: 'ping 61*125 | binary fe*4097 ff*4097',
    end: 'open',
  },
  { name: 'half a ping', frames: '89 00 | 89 04 6162', seen: 'ping', end: 'open' },
  { name: 'half a ping inside a text', frames: '01 01 61 | 89 04 6162', seen: '', end: 'open' },
];
