import { expect } from 'chai';
import { TakenMarks } from '../../lib/connection/taken-marks.js';
import { settled } from '../wire-peer.js';

describe('TakenMarks', () => {
  it('tell those whose mark is reached, in order, and no others', async () => {
    const marks = new TakenMarks();
    const reached: number[] = [];
    for (const mark of [0, 5, 5, 9]) void marks.reached(mark).then(() => reached.push(mark));
    expect(marks.isEmpty).to.equal(false);
    marks.settle(4);
    await settled(1);
    expect(reached).to.deep.equal([0]);
    marks.settle(5);
    await settled(1);
    expect(reached).to.deep.equal([0, 5, 5]);
    expect(marks.isEmpty).to.equal(false);
    marks.settle(100);
    await settled(1);
    expect(reached).to.deep.equal([0, 5, 5, 9]);
    expect(marks.isEmpty).to.equal(true);
  });

  it('fail for all that wait, and for nobody who comes later', async () => {
    const marks = new TakenMarks();
    const reasons: unknown[] = [];
    for (const mark of [1, 2]) marks.reached(mark).catch((reason: unknown) => reasons.push(reason));
    const gone = new Error('gone');
    marks.fail(gone);
    expect(marks.isEmpty).to.equal(true);
    const later = marks.reached(3);
    marks.settle(3);
    await later;
    expect(reasons).to.deep.equal([gone, gone]);
  });
});
