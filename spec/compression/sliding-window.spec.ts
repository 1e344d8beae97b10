import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { SlidingWindow } from '../../lib/compression/sliding-window.js';
import { noise } from '../protocol/wire.js';

const SEED = 1951;

describe('SlidingWindow', () => {
  afterEach(() => sinon.restore());

  it('has nothing before anything was said', () => {
    const window = new SlidingWindow(15);
    expect(window.dictionary).to.equal(undefined);
    window.slide(Buffer.alloc(0));
    expect(window.dictionary).to.equal(undefined);
  });

  it('gives the end of what was said', () => {
    const window = new SlidingWindow(9);
    window.slide(Buffer.from('Hel'));
    window.slide(Buffer.from('lo'));
    expect(String(window.dictionary)).to.equal('Hello');
  });

  it('keeps its own octets', () => {
    const window = new SlidingWindow(9);
    const octets = Buffer.from('Hello');
    window.slide(octets);
    octets.fill(0);
    expect(String(window.dictionary)).to.equal('Hello');
  });

  for (const bits of [8, 9, 12, 15]) {
    it(`gives the last ${2 ** bits} octets, whatever the pieces (${bits} bits)`, () => {
      const size = 2 ** bits;
      const lengths = fc.oneof(
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 0, max: size * 3 }),
        fc.constantFrom(size - 1, size, size + 1, size * 2),
      );
      fc.assert(
        fc.property(fc.array(lengths, { minLength: 1, maxLength: 12 }), (pieces) => {
          const window = new SlidingWindow(bits);
          const all = noise(pieces.reduce((sum, length) => sum + length));
          let at = 0;
          for (const length of pieces) {
            window.slide(all.subarray(at, at + length));
            at += length;
            const expected = all.subarray(Math.max(0, at - size), at);
            expect((window.dictionary ?? Buffer.alloc(0)).equals(expected)).to.equal(true);
          }
        }),
        { seed: SEED, numRuns: 60 },
      );
    });

    it(`takes twice its size of memory at most, as docs/limits.md says (${bits} bits)`, () => {
      const allocated = sinon.spy(Buffer, 'allocUnsafeSlow');
      const window = new SlidingWindow(bits);
      for (let i = 0; i < 300; i++) window.slide(noise(2 ** bits / 8 + (i % 7)));
      window.slide(noise(2 ** bits * 5));
      const most = Math.max(...allocated.args.map(([length]) => length));
      expect(most).to.be.at.most(2 * 2 ** bits);
      expect(window.dictionary!.buffer.byteLength).to.be.at.most(2 * 2 ** bits);
    });
  }

  it('takes little memory while little was said', () => {
    const window = new SlidingWindow(15);
    window.slide(noise(100));
    expect(window.dictionary!.buffer.byteLength).to.be.at.most(1024);
    window.slide(noise(2000));
    expect(window.dictionary!.buffer.byteLength).to.be.at.most(8192);
  });

  it('moves octets a bounded number of times: single ones cost linear time', () => {
    const window = new SlidingWindow(9);
    const copy = sinon.spy(Buffer.prototype, 'copy');
    const count = 20_000;
    const octet = Buffer.from([42]);
    for (let i = 0; i < count; i++) window.slide(octet);
    const moved = (copy.returnValues as number[]).reduce((sum, octets) => sum + octets, 0);
    expect(moved).to.be.within(count, 3 * count);
  });

  it('forgets everything, and its memory, and can begin again', () => {
    const window = new SlidingWindow(9);
    window.slide(noise(600));
    const { buffer } = window.dictionary!;
    window.clear();
    expect(window.dictionary).to.equal(undefined);
    window.slide(Buffer.from('new'));
    expect(String(window.dictionary)).to.equal('new');
    expect(window.dictionary!.buffer).to.not.equal(buffer);
  });
});
