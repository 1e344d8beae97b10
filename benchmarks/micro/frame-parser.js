import { payload } from '../load/payload.js';
import { load } from './build.js';
import { chunkOf } from './stream.js';

const { FrameParser } = await load('protocol/frame-parser.js');

let frames = 0;
const SINK = {
  onFrame: () => (frames += 1),
  onFrameStart: () => undefined,
  onFramePiece: (_buffer, _start, _end, _key, _offset, last) => (frames += last ? 1 : 0),
  onControlFrame: () => (frames += 1),
};

/** Parses chunks of so many frames; cut into pieces of `cut` octets, if that is given. */
function parsing(perChunk, type, size, cut) {
  return () => {
    const chunk = chunkOf(perChunk, type, payload('octets', size));
    const parser = new FrameParser(SINK, { masked: true, compression: false });
    const pieces = [];
    for (let at = 0; at < chunk.length; at += cut ?? chunk.length) {
      pieces.push(chunk.subarray(at, at + (cut ?? chunk.length)));
    }
    const parseAll = () => {
      for (const piece of pieces) {
        parser.push(piece);
        parser.parse(Infinity);
      }
    };
    parseAll();
    if (frames === 0) throw new Error('no frame was found');
    return (count) => {
      for (let done = 0; done < count; done += perChunk) parseAll();
    };
  };
}

export const cases = [
  { title: 'a frame of 32 octets, 64 in a chunk', prepare: parsing(64, 'binary', 32), mostBytes: 0 },
  { title: 'a frame of 32 octets, alone', prepare: parsing(1, 'binary', 32), mostBytes: 0 },
  { title: 'a frame of 125 octets, 64 in a chunk', prepare: parsing(64, 'binary', 125) },
  { title: 'a frame of 1 KiB, 16 in a chunk', prepare: parsing(16, 'binary', 1024) },
  { title: 'a frame of 64 KiB, in one chunk', prepare: parsing(1, 'binary', 65_536) },
  { title: 'a frame of 32 octets, cut after each octet', prepare: parsing(1, 'binary', 32, 1) },
];
