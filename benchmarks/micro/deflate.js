import { payload } from '../load/payload.js';
import { load } from './build.js';

const { Deflater } = await load('compression/deflater.js');
const { deflateSettings } = await load('compression/deflate-options.js');

function deflating(size, keepsContext) {
  return () => {
    const octets = payload('json', size);
    const deflater = new Deflater({ windowBits: 15, keepsContext }, deflateSettings(true));
    return (count) => {
      for (let i = 0; i < count; i++) {
        deflater.takes(true, size);
        deflater.deflateNow(octets, true);
      }
    };
  };
}

export const cases = [
  { title: 'compresses 1 KiB of JSON', prepare: deflating(1024, false) },
  { title: 'compresses 4 KiB of JSON', prepare: deflating(4096, false) },
  { title: 'compresses 16 KiB of JSON', prepare: deflating(16_384, false) },
  { title: 'compresses 1 KiB of JSON, with context takeover', prepare: deflating(1024, true) },
];
