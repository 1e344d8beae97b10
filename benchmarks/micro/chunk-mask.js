import { payload } from '../load/payload.js';
import { load } from './build.js';

const { ChunkMask } = await load('protocol/chunk-mask.js');

const KEY = 0x37fa213d;

/** A frame among many, not on a word. */
function inChunk(size) {
  return () => {
    const mask = new ChunkMask(Buffer.concat([Buffer.alloc(6), payload('octets', size), Buffer.alloc(4096)]));
    return (count) => {
      for (let i = 0; i < count; i++) mask.unmask(6, 6 + size, KEY);
    };
  };
}

export const cases = [8, 32, 64, 512].map((size) => ({
  title: `${size} octets`,
  prepare: inChunk(size),
  mostBytes: 0,
}));
