import { expect } from 'chai';
import { Demand, StreamReading } from '../../lib/connection/stream-reading.js';

describe('StreamReading', () => {
  it('begins with a reader who has asked for nothing, and waits for nothing', () => {
    const { demand, isPaused, isAbandoned, takers, isTaking } = new StreamReading();
    expect(demand).to.equal(Demand.NONE);
    expect([isPaused, isAbandoned, isTaking]).to.deep.equal([false, false, false]);
    expect(takers).to.equal(undefined);
  });
});
