import { payload } from '../load/payload.js';
import { load } from './build.js';

const { Utf8Validator, decodeText } = await load('protocol/utf8.js');

function decoding(content, size) {
  return () => {
    const octets = payload(content, size);
    const or = content === 'ascii' ? 0x7f : 0xff;
    return (count) => {
      for (let i = 0; i < count; i++) decodeText(octets, 0, size, or);
    };
  };
}

function validating(content, size, piece) {
  return () => {
    const octets = payload(content, size);
    const validator = new Utf8Validator();
    return (count) => {
      for (let i = 0; i < count; i++) {
        validator.reset();
        for (let at = 0; at < size; at += piece) validator.push(octets, at, Math.min(size, at + piece));
      }
    };
  };
}

export const cases = [
  { title: 'decodes 32 octets of ASCII', prepare: decoding('ascii', 32) },
  { title: 'decodes 1 KiB of ASCII', prepare: decoding('ascii', 1024) },
  { title: 'decodes 32 octets of other text', prepare: decoding('unicode', 32) },
  { title: 'decodes 1 KiB of other text', prepare: decoding('unicode', 1024) },
  { title: 'validates 32 octets of other text', prepare: validating('unicode', 32, 32), mostBytes: 0 },
  { title: 'validates 64 KiB, in one piece', prepare: validating('unicode', 65_536, 65_536) },
  { title: 'validates 64 KiB, in pieces of 17', prepare: validating('unicode', 65_536, 17) },
];
