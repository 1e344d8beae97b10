import { payload } from '../load/payload.js';
import { load } from './build.js';

const { applyMask, nextMaskingKey, unmaskInPlace } = await load('protocol/mask.js');

const KEY = 0x37fa213d;

function inPlace(size, start = 0) {
  return () => {
    const octets = Buffer.concat([Buffer.alloc(start), payload('octets', size)]);
    return (count) => {
      for (let i = 0; i < count; i++) unmaskInPlace(octets, start, start + size, KEY, 0);
    };
  };
}

function copying(size) {
  return () => {
    const source = payload('octets', size);
    const target = Buffer.alloc(size + 6);
    return (count) => {
      for (let i = 0; i < count; i++) applyMask(source, 0, target, 6, size, KEY);
    };
  };
}

/** Two octets past the start of a page, as behind the first chunk of a message that malloc has mapped. */
function copyingToPage(size) {
  return () => {
    const source = payload('octets', size);
    const target = Buffer.allocUnsafeSlow(64 * 1024 * 1024);
    return (count) => {
      for (let i = 0; i < count; i++) applyMask(source, 0, target, 4096 - 14, size, KEY);
    };
  };
}

const drawing = () => (count) => {
  for (let i = 0; i < count; i++) nextMaskingKey();
};

export const cases = [
  { title: 'a fresh masking key', prepare: drawing },
  ...[8, 32, 125, 512, 1024, 4096, 65_536, 1_048_576].map((size) => ({
    title: `${size} octets in place`,
    prepare: inPlace(size),
    ...(size <= 32 && { mostBytes: 0 }),
  })),
  { title: '1024 octets in place, not on a word', prepare: inPlace(1024, 3) },
  { title: '256 octets to another place', prepare: copying(256) },
  { title: '1024 octets to another place', prepare: copying(1024) },
  { title: '65536 octets to another place', prepare: copying(65_536) },
  { title: '65536 octets to the start of a page', prepare: copyingToPage(65_536) },
];
