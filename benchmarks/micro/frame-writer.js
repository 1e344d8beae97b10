import { payload } from '../load/payload.js';
import { load } from './build.js';

const { FrameWriter } = await load('protocol/frame-writer.js');

const FIRST = { text: 0x81, binary: 0x82 };

/** Room that is written over again and again. */
class Room {
  slab = Buffer.alloc(64 * 1024);

  reserve() {
    return 0;
  }

  giveBack() {}

  append() {}
}

function writing(type, data, masked) {
  return () => {
    const writer = new FrameWriter(new Room(), masked);
    return (count) => {
      for (let i = 0; i < count; i++) writer.write(FIRST[type], data);
    };
  };
}

const octets = (size) => payload('octets', size);
const ascii = (size) => payload('ascii', size).toString();

export const cases = [
  { title: '32 octets, server', prepare: writing('binary', octets(32), false), mostBytes: 0 },
  { title: '32 octets, client', prepare: writing('binary', octets(32), true) },
  { title: 'a text of 32 units, server', prepare: writing('text', ascii(32), false), mostBytes: 0 },
  { title: 'a text of 32 units, client', prepare: writing('text', ascii(32), true) },
  { title: 'a text of 1 Ki units, server', prepare: writing('text', ascii(1024), false) },
  { title: '1 KiB, client', prepare: writing('binary', octets(1024), true) },
  { title: '64 KiB, server (by reference)', prepare: writing('binary', octets(65_536), false) },
  { title: '64 KiB, client', prepare: writing('binary', octets(65_536), true) },
];
