import { expect } from 'chai';
import { setLogger } from '../../lib/logging.js';
import { Chance } from '../chance.js';
import { plot, sparkline } from './plot.js';
import { soak, type Sample, type SoakOptions } from './soak.js';
import { grows, trendOf } from './trend.js';

const KiB = 1024;

describe('trendOf', () => {
  it('draws the line through points that lie on one', () => {
    const { slope, from, to, spread } = trendOf(
      [10, 11, 14, 20].map((seconds) => [seconds, 3 * seconds + 5]),
    );
    expect(slope).to.be.closeTo(3, 1e-9);
    expect([from, to]).to.deep.equal([35, 65]);
    expect(spread).to.be.closeTo(0, 1e-9);
  });

  it('draws the nearest through others', () => {
    // By hand: the means are 2 and 3, the sums of products 6 and 10.
    const { slope, spread } = trendOf(
      [0, 1, 2, 3, 4].map((seconds, index) => [seconds, [1, 4, 3, 2, 5][index]!]),
    );
    expect(slope).to.be.closeTo(0.6, 1e-9);
    expect(spread).to.be.closeTo(Math.sqrt(6.4 / 5), 1e-9);
  });

  it('is flat for one point, and for none', () => {
    expect(trendOf([[5, 7]])).to.deep.equal({ slope: 0, from: 7, to: 7, spread: 0 });
    expect(trendOf([]).slope).to.equal(0);
  });

  const noisy = (climb: number): [number, number][] => {
    const chance = new Chance(1);
    return Array.from({ length: 100 }, (_, second) => [
      second,
      50 + (climb * second) / 99 + chance.between(-10, 10) / 10,
    ]);
  };

  it('grows when it climbs by more than is tolerated, noise or not', () => {
    expect(grows(trendOf(noisy(0)), 1)).to.equal(false);
    expect(grows(trendOf(noisy(5)), 6)).to.equal(false);
    expect(grows(trendOf(noisy(5)), 1)).to.equal(true);
    expect(grows(trendOf(noisy(-5)), 1)).to.equal(false);
  });
});

describe('soak', function () {
  this.timeout(90_000);

  /** Code is still being compiled in a run of seconds. */
  const SHORT: SoakOptions = {
    forMs: 5_000,
    everyMs: 100,
    atOnce: 10,
    seed: 1,
    tolerances: { heap: 8, rss: 200, handles: 40 },
  };

  beforeEach(() => {
    const silent = (): void => undefined;
    setLogger({ debug: silent, info: silent, notice: silent, warn: silent, error: silent });
  });

  afterEach(() => setLogger(null));

  it('finds nothing where there is nothing, and counts', async () => {
    const told: Sample[] = [];
    const { counts, samples, complaints, trends } = await soak({
      ...SHORT,
      onSample: (sample) => told.push(sample),
    });
    expect(complaints).to.deep.equal([]);
    expect(counts.connections).to.be.above(50);
    expect(counts.refused).to.be.above(0);
    expect(counts.messages).to.be.above(200);
    expect(samples).to.have.length.above(10);
    expect(told).to.deep.equal(samples);
    const drawing = plot({ samples, trends });
    expect(drawing).to.match(/^<svg [^]*<\/svg>\n$/);
    expect(drawing).to.not.include('NaN');
    expect(sparkline(samples, 'heap')).to.match(/^[▁▂▃▄▅▆▇█]{10,72}$/u);
  });

  it('notices memory that stays', async () => {
    const kept: Buffer[] = [];
    const { trends, complaints } = await soak({
      ...SHORT,
      onOver: () => kept.push(Buffer.alloc(100 * KiB, 1)),
    });
    expect(kept.length).to.be.above(50);
    expect(trends.heap.grows, JSON.stringify(trends)).to.equal(true);
    expect(complaints.join()).to.match(/heap behind a collection: from/);
  });

  it('notices handles that stay', async () => {
    const kept: NodeJS.Timeout[] = [];
    const { trends } = await soak({
      ...SHORT,
      onOver: () => kept.push(setTimeout(() => undefined, 600_000)),
    });
    for (const timer of kept) clearTimeout(timer);
    expect(trends.handles.grows, JSON.stringify(trends)).to.equal(true);
  });
});
