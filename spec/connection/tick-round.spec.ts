import { expect } from 'chai';
import sinon from 'sinon';
import { callOnTick } from '../../lib/connection/tick-round.js';

const nextTick = () => new Promise<void>((resolve) => process.nextTick(resolve));

describe('callOnTick', () => {
  afterEach(() => sinon.restore());

  it('calls all on the next tick, in order, by one entry in the queue of ticks', async () => {
    const scheduled = sinon.spy(process, 'nextTick');
    const called: string[] = [];
    for (const name of ['a', 'b', 'c']) callOnTick({ onTick: () => called.push(name) });
    expect(scheduled.callCount).to.equal(1);
    expect(called).to.deep.equal([]);
    await nextTick();
    expect(called).to.deep.equal(['a', 'b', 'c']);
  });

  it('puts who comes while they are called behind them, in the same turn', async () => {
    const called: string[] = [];
    const late = { onTick: () => called.push('late') };
    callOnTick({
      onTick: () => {
        called.push('first');
        callOnTick(late);
      },
    });
    callOnTick({ onTick: () => called.push('second') });
    await nextTick();
    expect(called).to.deep.equal(['first', 'second', 'late']);
  });
});
