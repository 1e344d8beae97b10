import { constants, deflateRawSync } from 'node:zlib';
import { payload } from '../load/payload.js';
import { load } from './build.js';

const { Inflater } = await load('compression/inflater.js');
const { MemoryBudget } = await load('protocol/memory-budget.js');

function inflating(size, keepsContext) {
  return () => {
    const octets = payload('json', size);
    const compressed = deflateRawSync(octets, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const budget = new MemoryBudget(Infinity, () => undefined);
    const inflater = new Inflater({ windowBits: 15, keepsContext }, 2 ** 24, budget, {});
    if (!inflater.inflateNow(compressed).equals(octets)) throw new Error('it inflates to something else');
    return (count) => {
      for (let i = 0; i < count; i++) inflater.inflateNow(compressed);
    };
  };
}

export const cases = [
  { title: 'inflates 1 KiB of JSON', prepare: inflating(1024, false) },
  { title: 'inflates 4 KiB of JSON', prepare: inflating(4096, false) },
  { title: 'inflates 16 KiB of JSON', prepare: inflating(16_384, false) },
  { title: 'inflates 1 KiB of JSON, with context takeover', prepare: inflating(1024, true) },
];
