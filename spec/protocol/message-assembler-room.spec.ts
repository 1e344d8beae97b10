import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import { MessageAssembler, type MessageSink } from '../../lib/protocol/message-assembler.js';
import { noise } from './wire.js';

const KIB = 1024;
const MIB = 1024 * KIB;
/** What a socket gives at once, less a header. */
const CHUNK = 64 * KIB - 14;
const KEY = 0x37fa213d;

/** Assembles binary messages, and writes down what room is taken for them. */
function setUp(maxMessageBytes = 16 * MIB, limit = Infinity) {
  sinon.restore();
  const taken = sinon.spy(Buffer, 'allocUnsafeSlow');
  const budget = new MemoryBudget<object>(limit, () => {});
  const messages: Buffer[] = [];
  const sink = { onBinary: (data: Buffer) => void messages.push(data) } as MessageSink;
  const options = { maxMessageBytes, maxEmptyFragments: 0, fragments: false };
  const assembler = new MessageAssembler<object>(sink, options, budget, {});
  return { assembler, budget, messages, rooms: () => taken.args.map(([length]) => length) };
}

/** Feeds pieces of the frame begun last. */
function feed(assembler: MessageAssembler<object>, from: number, to: number, length: number, step = CHUNK) {
  for (let at = from; at < to; at += step) {
    const count = Math.min(step, to - at);
    assembler.onFramePiece(Buffer.alloc(count), 0, count, KEY, at, at + count === length);
  }
}

describe('MessageAssembler: the room it takes', () => {
  afterEach(() => sinon.restore());

  it('is none for the header of a frame, however long', () => {
    for (const fin of [true, false]) {
      const { assembler, budget, rooms } = setUp(2 ** 40);
      assembler.onFrameStart(2, fin, false, 2 ** 40);
      expect([rooms(), budget.total]).to.deep.equal([[], 0]);
    }
  });

  it('is all that a large frame has announced, once a part of it came', () => {
    for (const [length, expected] of [
      [100 * KIB, [100 * KIB]],
      [MIB, [MIB]],
      [2 * MIB - 32 * 14, [2 * MIB - 32 * 14]],
      [2 * MIB, [4 * CHUNK, 2 * MIB]],
      [12 * MIB, [384 * KIB, 12 * MIB]],
      [16 * MIB, [512 * KIB, 16 * MIB]],
      [100 * MIB, [32 * CHUNK, 4 * 33 * CHUNK, 100 * MIB]],
    ] as const) {
      const { assembler, budget, messages, rooms } = setUp(100 * MIB);
      assembler.onFrameStart(2, true, false, length);
      feed(assembler, 0, length, length);
      expect(rooms()).to.deep.equal(expected);
      expect([messages[0]?.length, messages[0]?.buffer.byteLength]).to.deep.equal([length, length]);
      expect(budget.total).to.equal(0);
    }
  });

  it('is charged for, all of it, when it is made', () => {
    const { assembler, budget, rooms } = setUp();
    assembler.onFrameStart(2, true, false, 16 * MIB);
    for (let at = 0; at < 15 * MIB; at += 64 * KIB) {
      feed(assembler, at, at + 64 * KIB, 16 * MIB, 64 * KIB);
      expect(budget.total).to.equal(rooms().at(-1));
    }
    expect(rooms()).to.deep.equal([512 * KIB, 16 * MIB]);
  });

  it('is twice what came at most once a quarter of the limit is held, by whomever', () => {
    const { assembler, budget } = setUp(16 * MIB, 64 * MIB);
    budget.charge({}, 16 * MIB);
    assembler.onFrameStart(2, true, false, 16 * MIB);
    feed(assembler, 0, 64 * KIB, 16 * MIB, 64 * KIB);
    expect(budget.total, 'at a quarter').to.equal(16 * MIB + 512 * KIB);
    feed(assembler, 64 * KIB, 576 * KIB, 16 * MIB, 64 * KIB);
    expect(budget.total, 'above it').to.equal(16 * MIB + 2 * 576 * KIB);
  });

  it('is twice what came while the frame is small', () => {
    const { assembler, budget, rooms } = setUp();
    assembler.onFrameStart(2, true, false, MIB);
    feed(assembler, 0, 32 * KIB - 1, MIB, 1);
    expect(rooms()).to.deep.equal([4096, 8194, 16_390, 32_782]);
    expect(budget.total).to.equal(32_782);
  });

  it('is four times what came behind what was announced: the end of the message is not known', () => {
    const { assembler, budget, messages, rooms } = setUp();
    assembler.onFrameStart(2, false, false, CHUNK);
    feed(assembler, 0, CHUNK, CHUNK);
    expect([rooms(), budget.total]).to.deep.equal([[4 * CHUNK], 4 * CHUNK]);
    assembler.onFrameStart(0, false, false, MIB);
    feed(assembler, 0, 3 * CHUNK + 1, MIB);
    expect(rooms().slice(1), 'what the second fragment ends with').to.deep.equal([CHUNK + MIB]);
    expect(budget.total).to.equal(CHUNK + MIB);
    feed(assembler, 3 * CHUNK + 1, MIB, MIB);
    assembler.onFrameStart(0, true, false, 1);
    feed(assembler, 0, 1, 1);
    expect([rooms().slice(2), messages[0]?.length]).to.deep.equal([[CHUNK + MIB + 1], CHUNK + MIB + 1]);
  });

  it('is never more than 32 times what came, nor than the message may have', () => {
    const limit = 300 * KIB;
    const piece = fc.integer({ min: 1, max: 60 * KIB });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.boolean(), (pieces, fin) => {
        const { assembler, rooms, budget } = setUp(limit);
        let came = 0;
        const length = Math.min(
          limit,
          pieces.reduce((sum, count) => sum + count, 200 * KIB),
        );
        assembler.onFrameStart(2, fin, false, length);
        for (const count of pieces.filter((_, i) => i < 2)) {
          assembler.onFramePiece(noise(count), 0, count, KEY, came, false);
          came += count;
          expect(rooms().at(-1)).to.be.within(
            came,
            Math.max(4096, Math.min(32 * came, fin ? length : limit)),
          );
          expect(budget.total).to.equal(rooms().at(-1));
        }
      }),
      { examples: [[[40 * KIB, 1], true]] },
    );
  });

  it('takes no memory for what was only announced', function () {
    this.timeout(60_000);
    const budget = new MemoryBudget<object>(Infinity, () => {});
    const options = { maxMessageBytes: 16 * MIB, maxEmptyFragments: 0, fragments: false };
    const parked: MessageAssembler<object>[] = [];
    const before = process.memoryUsage.rss();
    const chunk = Buffer.alloc(64 * KIB);
    for (let peer = 0; peer < 20; peer++) {
      const assembler = new MessageAssembler<object>({} as MessageSink, options, budget, {});
      assembler.onFrameStart(2, true, false, 16 * MIB);
      for (let at = 0; at <= 2 * MIB; at += chunk.length) {
        assembler.onFramePiece(chunk, 0, chunk.length, KEY, at, false);
      }
      parked.push(assembler);
    }
    expect(budget.total, 'what was announced').to.equal(20 * 16 * MIB);
    expect(process.memoryUsage.rss() - before).to.be.below(160 * MIB);
    for (const assembler of parked) assembler.discard();
    expect(budget.total).to.equal(0);
  });
});
