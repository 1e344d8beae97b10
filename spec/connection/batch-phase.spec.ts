import { expect } from 'chai';
import { BatchPhase } from '../../lib/connection/batch-phase.js';

describe('BatchPhase', () => {
  it('goes one way', () => {
    const { OPEN, ENDING, ENDED, GONE } = BatchPhase;
    expect([OPEN, ENDING, ENDED, GONE]).to.deep.equal([0, 1, 2, 3]);
  });
});
