import { expect } from 'chai';
import { HOLDS, Unread } from '../../lib/connection/unread.js';

describe('Unread', () => {
  it('has a bit of its own for each reason, so that none lets go for another', () => {
    const reasons = Object.values(Unread);
    for (const reason of reasons) expect(reason & (reason - 1)).to.equal(0);
    expect(new Set(reasons).size).to.equal(reasons.length);
  });

  it('knows which reasons make the peer wait', () => {
    const { NOT_CONNECTED, TURN_USED, INFLATING, ...others } = Unread;
    expect(HOLDS & (NOT_CONNECTED | TURN_USED | INFLATING)).to.equal(0);
    for (const reason of Object.values(others)) expect(HOLDS & reason).to.equal(reason);
  });
});
