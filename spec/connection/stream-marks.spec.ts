import { expect } from 'chai';
import { StreamMark } from '../../lib/connection/stream-marks.js';

describe('StreamMark', () => {
  it('has a bit of its own for each mark, so that none hides another', () => {
    const marks = Object.values(StreamMark);
    for (const mark of marks) expect(mark & (mark - 1)).to.equal(0);
    expect(marks.reduce((sum, mark) => sum + mark, 0)).to.equal(marks.reduce((all, mark) => all | mark, 0));
  });
});
