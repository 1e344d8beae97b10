import { expect } from 'chai';
import fc from 'fast-check';
import { ChunkMask, holdsMany } from '../../lib/protocol/chunk-mask.js';
import { FrameParser, type FrameSink } from '../../lib/protocol/frame-parser.js';
import { applyMask } from '../../lib/protocol/mask.js';
import { wireFrame } from './wire.js';

/** Octets of a chunk; more than the longest payload and what lies around it. */
const LENGTH = 128;
const KEY = 0x91a2b3c4 | 0;

/** Makes a chunk that begins anywhere within a word. */
function chunkAt(at: number, length: number, octet: (i: number) => number): Buffer {
  const chunk = Buffer.from(new ArrayBuffer(at + length), at, length);
  for (let i = 0; i < length; i++) chunk[i] = octet(i) & 0xff;
  return chunk;
}

describe('ChunkMask (RFC 6455 §5.3)', () => {
  it('unmasks as applyMask does, wherever chunk and payload lie, and nothing else', () => {
    for (const at of [0, 1, 2, 3]) {
      for (let start = 2; start < 8; start++) {
        for (let length = 0; length < 70; length++) {
          const chunk = chunkAt(at, LENGTH, (i) => Math.imul(i + length, 0x9e3779b1) >>> 24);
          const expected = Buffer.from(chunk);
          const or = applyMask(expected, start, expected, start, length, KEY);
          const got = new ChunkMask(chunk).unmask(start, start + length, KEY);
          const where = `${String(length)} octets at ${String(start)} of a chunk at ${String(at)}`;
          expect(chunk.equals(expected), where).to.equal(true);
          expect(got & 0x80, where).to.equal(or & 0x80);
        }
      }
    }
  });

  it('reaches the end of a chunk of any length', () => {
    for (const at of [0, 1, 2, 3]) {
      for (let end = 8; end < 16; end++) {
        const chunk = chunkAt(at, end, (i) => i);
        const expected = Buffer.from(chunk);
        applyMask(expected, 6, expected, 6, end - 6, KEY);
        new ChunkMask(chunk).unmask(6, end, KEY);
        expect(chunk.equals(expected), `${String(end)} octets at ${String(at)}`).to.equal(true);
      }
    }
  });

  it('finds the one octet that is no ASCII, in any place', () => {
    for (let place = 0; place < 40; place++) {
      const chunk = chunkAt(0, LENGTH, (i) => (i === 6 + place ? 0x80 : 0x7f));
      const mask = new ChunkMask(chunk);
      applyMask(chunk, 6, chunk, 6, 40, KEY);
      expect(mask.unmask(6, 46, KEY) & 0x80, String(place)).to.equal(0x80);
      chunk.fill(0x7f);
      applyMask(chunk, 6, chunk, 6, 40, KEY);
      expect(mask.unmask(6, 46, KEY) & 0x80, String(place)).to.equal(0);
    }
  });

  it('is worth its while for many frames only', () => {
    expect([holdsMany(255, 1), holdsMany(256, 64), holdsMany(256, 65), holdsMany(4000, 1000)]).to.deep.equal([
      false,
      true,
      false,
      true,
    ]);
  });

  it('serves the parser for any run of frames, in chunks that are cut anywhere', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 900 }), { minLength: 1, maxLength: 40 });
    const cuts = fc.array(fc.nat(4000), { maxLength: 4 });
    fc.assert(
      fc.property(frames, cuts, fc.integer(), fc.nat(3), (payloads, places, key, at) => {
        const wire = Buffer.concat(
          payloads.map((octets) => wireFrame({ opcode: 2, payload: Buffer.from(octets), key: key | 1 })),
        );
        const got: Buffer[] = [];
        let pieces: Buffer[] = [];
        const sink: FrameSink = {
          onFrame: (_opcode, _fin, _rsv1, buffer, start, end) => {
            got.push(Buffer.from(buffer.subarray(start, end)));
          },
          onFrameStart: () => {
            pieces = [];
          },
          onFramePiece: (buffer, start, end, pieceKey, offset, last) => {
            const piece = Buffer.alloc(end - start);
            applyMask(buffer, start, piece, 0, end - start, pieceKey, offset);
            pieces.push(piece);
            if (last) got.push(Buffer.concat(pieces));
          },
          onControlFrame: () => undefined,
        };
        const parser = new FrameParser(sink, { masked: true, compression: false });
        let from = 0;
        for (const to of [
          ...places.map((place) => place % (wire.length + 1)).sort((a, b) => a - b),
          wire.length,
        ]) {
          parser.push(chunkAt(at, to - from, (i) => wire[from + i]!));
          while (parser.hasRest) parser.parse(1000);
          from = to;
        }
        expect(got.map((octets) => octets.toString('hex'))).to.deep.equal(
          payloads.map((octets) => Buffer.from(octets).toString('hex')),
        );
      }),
      { numRuns: 100 },
    );
  });
});
