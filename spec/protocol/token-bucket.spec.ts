import { expect } from 'chai';
import fc from 'fast-check';
import { takeToken } from '../../lib/protocol/token-bucket.js';

/** Is whoever is limited. */
class Limited {
  readonly rate: number;
  readonly burst: number;
  #fullAt = 0;

  constructor(rate: number, burst: number) {
    this.rate = rate;
    this.burst = burst;
  }

  take(now: number): boolean {
    const fullAt = takeToken(this.#fullAt, now, this.rate, this.burst);
    this.#fullAt = fullAt ?? this.#fullAt;
    return fullAt !== undefined;
  }

  /** Takes until the bucket refuses, or never seems to; gives how often it did not. */
  drain(now: number): number {
    let taken = 0;
    while (taken < 100_000 && this.take(now)) taken++;
    return taken;
  }
}

describe('takeToken', () => {
  it('finds a full bucket at first, whatever the clock says', () => {
    for (const now of [0, 0.25, 50, 1e12]) expect(new Limited(1000, 25).drain(now), String(now)).to.equal(25);
  });

  it('tells when the bucket is full again', () => {
    expect(takeToken(0, 50, 100, 3)).to.equal(60);
    expect(takeToken(60, 50, 100, 3)).to.equal(70);
    expect(takeToken(70, 50, 100, 3)).to.equal(80);
    expect(takeToken(80, 50, 100, 3)).to.equal(undefined);
    expect(takeToken(80, 60, 100, 3)).to.equal(90);
  });

  it('gives tokens back at the rate', () => {
    const limited = new Limited(1000, 10_000);
    expect(limited.drain(50)).to.equal(10_000);
    expect(limited.drain(51)).to.equal(1);
    expect(limited.drain(151)).to.equal(100);
    expect(limited.drain(1151)).to.equal(1000);
  });

  it('adds up parts of a token', () => {
    const limited = new Limited(0.5, 1);
    expect(limited.take(0)).to.equal(true);
    for (let now = 250; now < 2000; now += 250) expect(limited.take(now), String(now)).to.equal(false);
    expect(limited.take(2000)).to.equal(true);
    expect(limited.take(2000)).to.equal(false);
  });

  it('never holds more than the burst', () => {
    const limited = new Limited(1000, 5);
    expect(limited.drain(0)).to.equal(5);
    expect(limited.drain(3_600_000)).to.equal(5);
  });

  it('has the whole burst at rates whose milliseconds are no whole numbers, late in a long life', () => {
    for (const rate of [3, 7, 30, 999, 3000, 30_000])
      for (const now of [0, 1e6 + 1 / 3, 1e9]) {
        const limited = new Limited(rate, 1000);
        expect(limited.drain(now), `${rate} at ${now}`).to.equal(1000);
      }
  });

  it('refuses nothing when the rate or the burst is infinite', () => {
    for (const limited of [
      new Limited(Infinity, 2),
      new Limited(2, Infinity),
      new Limited(Infinity, Infinity),
    ])
      for (const now of [0, 0, 0, 1, 1]) expect(limited.take(now)).to.equal(true);
  });

  it('lets through burst plus rate times time at most, and all that keeps to the rate', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 20 }),
        gaps,
        (rate, burst, waits) => {
          const limited = new Limited(rate, burst);
          let now = 0;
          let taken = 0;
          for (const wait of waits) {
            now += wait;
            const was = limited.take(now);
            if (was) taken++;
            expect(taken).to.be.at.most(burst + (now * rate) / 1000 + 0.02);
            // Whoever waits for two whole tokens' time finds one.
            if (wait * rate >= 2000) expect(was).to.equal(true);
          }
        },
      ),
    );
  });
});
