import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import sinon from 'sinon';
import { SLICE, sliceLength } from '../../lib/connection/slice-length.js';

const MiB = 1024 * 1024;

describe('slice length', () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['performance'] });
  });

  afterEach(() => {
    sinon.restore();
  });

  /** Lengths of what is written next when so many octets were taken at each of these milliseconds. */
  function slices(...steps: readonly (readonly [ms: number, taken: number])[]): number[] {
    const stream = new PassThrough();
    const begun = performance.now();
    return steps.map(([ms, taken]) => {
      clock.tick(begun + ms - performance.now());
      return sliceLength(stream, taken, 100 * MiB);
    });
  }

  it('is 256 KiB at first, and for as long as the kernel may have taken all by itself', () => {
    expect(slices([0, 0], [1, 12 * MiB], [999, 100 * MiB])).to.deep.equal([SLICE, SLICE, SLICE]);
    expect(slices([0, 0], [1000, 16 * MiB - 1])).to.deep.equal([SLICE, SLICE]);
    expect(SLICE).to.equal(256 * 1024);
  });

  it('is 1 MiB once a peer has taken 16 MiB within a second', () => {
    expect(slices([0, 7], [1000, 16 * MiB + 7], [1999, 16 * MiB + 7])).to.deep.equal([SLICE, MiB, MiB]);
  });

  it('is 256 KiB again once it took less, or nothing was to be taken', () => {
    const fast = [
      [0, 0],
      [1000, 16 * MiB],
    ] as const;
    expect(slices(...fast, [2000, 32 * MiB - 1])).to.deep.equal([SLICE, MiB, SLICE]);
    expect(slices(...fast, [60_000, 40 * MiB])).to.deep.equal([SLICE, MiB, SLICE]);
    expect(slices(...fast, [60_000, 40 * MiB], [61_000, 56 * MiB])).to.deep.equal([SLICE, MiB, SLICE, MiB]);
  });

  it('knows one stream from another', () => {
    expect(slices([0, 0], [1000, 16 * MiB])).to.deep.equal([SLICE, MiB]);
    expect(slices([0, 0])).to.deep.equal([SLICE]);
  });

  it('leaves no crumbs', () => {
    const stream = new PassThrough();
    const next = (waiting: number, taken: number) => sliceLength(stream, taken, waiting);
    for (const taken of [0, 16 * MiB]) {
      const slice = taken === 0 ? SLICE : MiB;
      clock.tick(taken === 0 ? 0 : 1000);
      expect(next(slice + 1025, taken)).to.equal(slice);
      expect(next(slice + 1024, taken)).to.equal(slice + 1024);
      expect(next(slice - 1, taken)).to.equal(slice - 1);
      expect(next(1, taken)).to.equal(1);
    }
  });
});
