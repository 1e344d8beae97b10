import { expect } from 'chai';
import { TokenBucket } from '../../lib/cli/token-bucket.js';

describe('TokenBucket', () => {
  it('gives the burst, then so many a second, and never more than the burst', () => {
    let now = 0;
    const bucket = new TokenBucket(2, 3, () => now);
    const takeAll = (): number => {
      let taken = 0;
      while (bucket.take()) taken++;
      return taken;
    };
    expect(takeAll()).to.equal(3);
    now += 499;
    expect(takeAll()).to.equal(0);
    now += 1;
    expect(takeAll()).to.equal(1);
    now += 1_000_000;
    expect(takeAll()).to.equal(3);
  });
});
