import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { FrameParser, type FrameSink } from '../../lib/protocol/frame-parser.js';
import {
  COPY_LIMIT,
  FrameWriter,
  firstOctet,
  headerLength,
  writeHeader,
  type FrameTarget,
} from '../../lib/protocol/frame-writer.js';
import { noise, wireFrame } from './wire.js';

const GUARD = 16;

/** Collects frames, and sees to it that nobody writes outside of the room reserved. */
class GuardedTarget implements FrameTarget {
  slab = Buffer.alloc(0);
  readonly appended: Buffer[] = [];
  #parts: (Buffer | { slab: Buffer; length: number })[] = [];

  /** All that was written so far, in order. */
  get octets(): Buffer {
    return Buffer.concat(
      this.#parts.map((part) => {
        if (Buffer.isBuffer(part)) return part;
        const { slab, length } = part;
        const outside = Buffer.concat([slab.subarray(0, GUARD), slab.subarray(-GUARD)]);
        expect(outside.every((octet) => octet === 0xdd)).to.equal(true);
        return slab.subarray(GUARD, GUARD + length);
      }),
    );
  }

  /** What was written since this was asked last. */
  take(): Buffer {
    const { octets } = this;
    this.#parts = [];
    return octets;
  }

  reserve(length: number): number {
    this.slab = Buffer.alloc(length + 2 * GUARD, 0xdd);
    this.#parts.push({ slab: this.slab, length });
    return GUARD;
  }

  giveBack(length: number): void {
    const part = this.#parts.at(-1);
    if (part === undefined || Buffer.isBuffer(part)) throw new Error('no room was reserved last');
    expect(length).to.be.within(0, part.length);
    part.length -= length;
  }

  append(octets: Buffer): void {
    expect(octets.length, 'nothing to append').to.be.above(0);
    this.appended.push(octets);
    this.#parts.push(octets);
  }
}

/** Reads the masking key out of a frame. */
function keyOf(frame: Buffer): number {
  const length = frame[1]! & 0x7f;
  return frame.readInt32BE(length < 126 ? 2 : length === 126 ? 4 : 10);
}

/** Reads frames back; data frames joined from their pieces. */
function parse(octets: Buffer, masked: boolean) {
  const frames: { opcode: number; fin: boolean; rsv1: boolean; payload: Buffer }[] = [];
  const sink: FrameSink = {
    onFrame(opcode, fin, rsv1, buffer, start, end) {
      frames.push({ opcode, fin, rsv1, payload: buffer.subarray(start, end) });
    },
    onFrameStart() {
      throw new Error('the last frame is not complete');
    },
    onFramePiece() {},
    onControlFrame(opcode, buffer, start, end) {
      frames.push({ opcode, fin: true, rsv1: false, payload: buffer.subarray(start, end) });
    },
  };
  const parser = new FrameParser(sink, { masked, compression: true });
  parser.push(Buffer.from(octets));
  parser.parse(Infinity);
  expect(parser.hasRest).to.equal(false);
  return frames;
}

const ROLES = [
  { role: 'client', masked: true },
  { role: 'server', masked: false },
] as const;

const MASKED_PIECE = 65_536;
const LENGTHS = [
  ...[0, 1, 2, 3, 4, 5, 40, 41, 42, 123, 124, 125, 126, 127, 128, 1000],
  ...[COPY_LIMIT - 1, COPY_LIMIT, COPY_LIMIT + 1, 65_534, 65_535, 65_536, 65_537],
  ...[2 * MASKED_PIECE - 1, 2 * MASKED_PIECE, 2 * MASKED_PIECE + 1, 200_001],
];

/** Texts of as many UTF-16 units; what each unit takes differs. */
const ALPHABETS = { ASCII: 'a', 'two octets': 'é', 'three octets': '€', pairs: '👋', halves: '\udc4b' };
const TEXT_LENGTHS = [
  ...[0, 1, 2, 40, 41, 42, 43, 62, 63, 64, 125, 126, 127],
  ...[COPY_LIMIT - 1, COPY_LIMIT, COPY_LIMIT + 1, 21_845, 21_846, 65_535, 65_536, 65_537, 100_001],
];

describe('FrameWriter', () => {
  for (const { role, masked } of ROLES) {
    describe(`in the ${role} role`, () => {
      const setUp = () => {
        const target = new GuardedTarget();
        return { target, writer: new FrameWriter(target, masked) };
      };
      const expected = (frame: Buffer, opcode: number, payload: Buffer | string, fin = true, rsv = 0) =>
        wireFrame({ opcode, fin, rsv, payload, key: masked ? keyOf(frame) : undefined });

      it('frames octets of every length by the letter of RFC 6455 §5.2, in its shortest encoding', () => {
        const { target, writer } = setUp();
        for (const length of LENGTHS) {
          const payload = noise(length);
          const size = writer.writeOctets(firstOctet(2, true, false), payload);
          const frame = target.take();
          expect(frame.equals(expected(frame, 2, payload)), String(length)).to.equal(true);
          expect(size).to.equal(frame.length);
          expect(size).to.equal(headerLength(length, masked) + length);
        }
      });

      for (const [name, letter] of Object.entries(ALPHABETS)) {
        it(`frames text of every length as UTF-8: ${name}`, () => {
          const { target, writer } = setUp();
          for (const units of TEXT_LENGTHS) {
            const text = letter.repeat(Math.ceil(units / letter.length)).slice(0, units);
            const size = writer.writeText(firstOctet(1, true, false), text);
            const frame = target.take();
            expect(frame.equals(expected(frame, 1, Buffer.from(text))), String(units)).to.equal(true);
            expect(size).to.equal(frame.length);
          }
        });
      }

      it('sends U+FFFD for every surrogate without its other half', () => {
        const { target, writer } = setUp();
        for (const text of ['\ud83d', '\udc4b', 'a\ud83db', '\udc4b\ud83d', `${'x'.repeat(50)}\ud83d`]) {
          writer.writeText(firstOctet(1, true, false), text);
          const [frame] = parse(target.take(), masked);
          expect(frame?.payload.toString()).to.equal(text.replace(/[\ud800-\udfff]/g, '\ufffd'));
        }
      });

      it('frames either kind with any flags', () => {
        const { target, writer } = setUp();
        for (const data of ['text', Buffer.from('octets'), 'é'.repeat(100), noise(70_000)]) {
          for (const fin of [true, false]) {
            for (const rsv1 of [true, false]) {
              for (const opcode of [0, 1, 2]) {
                const size = writer.write(firstOctet(opcode, fin, rsv1), data);
                const frame = target.take();
                const payload = typeof data === 'string' ? Buffer.from(data) : data;
                const right = expected(frame, opcode, payload, fin, rsv1 ? 4 : 0);
                expect(frame.equals(right), `${opcode} ${fin} ${rsv1} ${data.length}`).to.equal(true);
                expect(size).to.equal(frame.length);
              }
            }
          }
        }
      });

      it('is read back as it was written', () => {
        const data = fc.oneof(
          { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
          { weight: 2, arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 }) },
          { weight: 4, arbitrary: fc.uint8Array({ maxLength: 300 }) },
          { weight: 1, arbitrary: fc.constantFrom(...LENGTHS).map(noise) },
          { weight: 1, arbitrary: fc.constantFrom(...TEXT_LENGTHS).map((length) => '€'.repeat(length)) },
        );
        const message = fc.tuple(data, fc.constantFrom(1, 2, 9, 10), fc.boolean());
        fc.assert(
          fc.property(fc.array(message, { maxLength: 6 }), (messages) => {
            const { target, writer } = setUp();
            const sent = messages.map(([data, opcode, rsv1]) => {
              // Numbers are UTF-16 units: surrogates of all sorts among them.
              const value =
                typeof data === 'string'
                  ? data
                  : Array.isArray(data)
                    ? String.fromCharCode(...data)
                    : Buffer.from(data);
              const payload = Buffer.from(value);
              const isControl = opcode >= 8 && payload.length <= 125;
              const frame = { opcode: isControl ? opcode : 2, fin: true, rsv1: rsv1 && !isControl, payload };
              writer.write(firstOctet(frame.opcode, true, frame.rsv1), value);
              return frame;
            });
            expect(parse(target.octets, masked)).to.deep.equal(sent);
          }),
          { numRuns: 200 },
        );
      });

      it('leaves the octets it is given as they are, wherever they lie', () => {
        const { target, writer } = setUp();
        for (const length of LENGTHS) {
          for (const offset of [0, 1, 2, 3]) {
            const memory = noise(length + 8);
            const before = Buffer.from(memory);
            const payload = memory.subarray(offset, offset + length);
            writer.writeOctets(firstOctet(2, true, false), payload);
            const frame = target.take();
            expect(frame.equals(expected(frame, 2, payload)), `${length} at ${offset}`).to.equal(true);
            expect(memory.equals(before)).to.equal(true);
          }
        }
      });

      it(`has copied up to ${COPY_LIMIT} octets when it returns`, () => {
        const { target, writer } = setUp();
        for (const length of [1, 125, 126, COPY_LIMIT]) {
          const payload = noise(length);
          writer.writeOctets(firstOctet(2, true, false), payload);
          payload.fill(0);
          const frame = target.take();
          expect(frame.equals(expected(frame, 2, noise(length)))).to.equal(true);
        }
        expect(target.appended).to.deep.equal([]);
      });
    });
  }

  describe('in the server role', () => {
    it(`hands on more than ${COPY_LIMIT} octets by reference`, () => {
      const target = new GuardedTarget();
      const payload = noise(COPY_LIMIT + 1);
      new FrameWriter(target, false).writeOctets(firstOctet(2, true, false), payload);
      expect(target.appended).to.have.length(1);
      expect(target.appended[0]).to.equal(payload);
    });
  });

  it('writes text straight to its place up to what it would copy, and longer text apart', () => {
    for (const [masked, limit, pieces] of [
      [false, COPY_LIMIT, [COPY_LIMIT + 1]],
      [true, MASKED_PIECE, [MASKED_PIECE, 1]],
    ] as const) {
      const target = new GuardedTarget();
      const writer = new FrameWriter(target, masked);
      writer.writeText(firstOctet(1, true, false), 'x'.repeat(limit));
      expect(target.appended).to.deep.equal([]);
      writer.writeText(firstOctet(1, true, false), 'x'.repeat(limit + 1));
      expect(target.appended.map(({ length }) => length)).to.deep.equal(pieces);
    }
  });

  describe('in the client role', () => {
    it('masks each frame with a key of its own, never from Math.random (RFC 6455 §5.3)', () => {
      const random = sinon.spy(Math, 'random');
      try {
        const target = new GuardedTarget();
        const writer = new FrameWriter(target, true);
        const keys = new Set<number>();
        const count = 300;
        for (let i = 0; i < count; i++) {
          for (const data of ['short', 'a longer text'.repeat(10), noise(100), noise(COPY_LIMIT + 1), '']) {
            writer.write(firstOctet(1, true, false), data);
            keys.add(keyOf(target.take()));
          }
        }
        // Of 1,500 keys two are the same once in 4,000 runs, three or more never.
        expect(keys.size).to.be.at.least(count * 5 - 1);
        expect(random.callCount).to.equal(0);
      } finally {
        sinon.restore();
      }
    });

    it('masks a large payload in pieces of its own of at most 64 KiB', () => {
      const target = new GuardedTarget();
      const payload = noise(2 * MASKED_PIECE + 5);
      new FrameWriter(target, true).writeOctets(firstOctet(2, true, false), payload);
      expect(target.appended.map(({ length }) => length)).to.deep.equal([MASKED_PIECE, MASKED_PIECE, 5]);
      for (const piece of target.appended) expect(piece.buffer).to.not.equal(payload.buffer);
    });
  });

  describe('headers (RFC 6455 §5.2)', () => {
    it('take 2, 4 or 10 octets, and 4 more when masked', () => {
      for (const [length, octets] of [
        [0, 2],
        [125, 2],
        [126, 4],
        [65_535, 4],
        [65_536, 10],
        [2 ** 53 - 1, 10],
      ] as const) {
        expect([headerLength(length, false), headerLength(length, true)]).to.deep.equal([octets, octets + 4]);
      }
    });

    it('are written for every length up to 2^53-1', () => {
      for (const length of [
        0,
        125,
        126,
        65_535,
        65_536,
        2 ** 31,
        2 ** 32 - 1,
        2 ** 32,
        2 ** 32 + 1,
        2 ** 53 - 1,
      ]) {
        for (const masked of [false, true]) {
          const slab = Buffer.alloc(20, 0xdd);
          const end = writeHeader(slab, 3, 0x82, length, masked);
          const right = wireFrame({ opcode: 2, length, key: masked ? 0xdddddddd : undefined });
          expect(end).to.equal(3 + headerLength(length, false));
          expect(slab.toString('hex', 3, 3 + right.length)).to.equal(right.toString('hex'));
          expect(slab.toString('hex', 0, 3)).to.equal('dddddd');
          expect(slab.toString('hex', end)).to.match(/^(dd)+$/);
        }
      }
    });

    it('begin with FIN, RSV1 and the opcode', () => {
      expect(firstOctet(1, true, false)).to.equal(0x81);
      expect(firstOctet(2, false, true)).to.equal(0x42);
      expect(firstOctet(0, false, false)).to.equal(0x00);
      expect(firstOctet(10, true, true)).to.equal(0xca);
    });
  });
});
