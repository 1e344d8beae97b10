import { expect } from 'chai';
import { CLOSE, NOTHING } from '../../lib/connection/queue-marks.js';

describe('the marks in a queue', () => {
  it('are told apart, hold no octets, and cannot be changed', () => {
    expect(CLOSE).to.not.equal(NOTHING);
    for (const mark of [CLOSE, NOTHING]) {
      expect(mark.data).to.equal('');
      expect(mark).to.be.frozen;
    }
  });
});
