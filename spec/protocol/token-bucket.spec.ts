import { expect } from 'chai';
import fc from 'fast-check';
import { TokenBucket } from '../../lib/protocol/token-bucket.js';

/** Takes until the bucket refuses, or never seems to; gives how often it did not. */
function drain(bucket: TokenBucket, now: number): number {
  let taken = 0;
  while (taken < 100_000 && bucket.take(now)) taken++;
  return taken;
}

describe('TokenBucket', () => {
  it('is full at first, whatever the clock says', () => {
    for (const now of [0, 0.25, 1e12, -5000]) {
      expect(drain(new TokenBucket(1000, 25), now), String(now)).to.equal(25);
    }
  });

  it('gives tokens back at its rate', () => {
    const bucket = new TokenBucket(1000, 10_000);
    expect(drain(bucket, 50)).to.equal(10_000);
    expect(drain(bucket, 51)).to.equal(1);
    expect(drain(bucket, 151)).to.equal(100);
    expect(drain(bucket, 1151)).to.equal(1000);
  });

  it('adds up parts of a token', () => {
    const bucket = new TokenBucket(0.5, 1);
    expect(bucket.take(0)).to.equal(true);
    for (let now = 250; now < 2000; now += 250) expect(bucket.take(now), String(now)).to.equal(false);
    expect(bucket.take(2000)).to.equal(true);
    expect(bucket.take(2000)).to.equal(false);
  });

  it('never holds more than the burst', () => {
    const bucket = new TokenBucket(1000, 5);
    expect(drain(bucket, 0)).to.equal(5);
    expect(drain(bucket, 3_600_000)).to.equal(5);
  });

  it('gives none back when the clock steps back, and goes on from there', () => {
    const bucket = new TokenBucket(1000, 5);
    expect(drain(bucket, 10_000)).to.equal(5);
    expect(drain(bucket, 4_000)).to.equal(0);
    expect(drain(bucket, 4_003)).to.equal(3);
  });

  it('gives none back at a rate of 0', () => {
    const bucket = new TokenBucket(0, 2);
    expect(drain(bucket, 1)).to.equal(2);
    expect(drain(bucket, 1e9)).to.equal(0);
  });

  it('is full again with every tick of the clock when the rate is infinite', () => {
    const bucket = new TokenBucket(Infinity, 2);
    for (const now of [1, 1.001, 1.002]) expect(drain(bucket, now), String(now)).to.equal(2);
  });

  it('refuses nothing when rate and burst are infinite', () => {
    const bucket = new TokenBucket(Infinity, Infinity);
    for (const now of [0, 0, 1, 1]) expect(bucket.take(now)).to.equal(true);
  });

  it('lets through burst plus rate times time at most, and all that keeps to the rate', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 20 }),
        gaps,
        (rate, burst, waits) => {
          const bucket = new TokenBucket(rate, burst);
          let now = 0;
          let taken = 0;
          for (const wait of waits) {
            now += wait;
            const was = bucket.take(now);
            if (was) taken++;
            expect(taken).to.be.at.most(burst + (now * rate) / 1000 + 1e-6);
            // Whoever waits for two whole tokens' time finds one.
            if (wait * rate >= 2000) expect(was).to.equal(true);
          }
        },
      ),
    );
  });
});
