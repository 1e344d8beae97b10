import { expect } from 'chai';
import sinon from 'sinon';
import { joinRound } from '../../lib/connection/write-round.js';

const immediate = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Joins under a name, which is noted when its turn comes. */
function join(name: string, called: string[]): boolean {
  return joinRound({ onTick: () => called.push(name) });
}

describe('joinRound', () => {
  beforeEach(async () => {
    await immediate();
    // Others may have left turns that do not wait.
    while (!join('', []) || !join('', []));
    await immediate();
  });

  afterEach(() => sinon.restore());

  it('calls all behind the turns of this round, in order', async () => {
    sinon.stub(performance, 'now').returns(1);
    const called: string[] = [];
    const waits = ['a', 'b', 'c'].map((name) => join(name, called));
    expect(waits).to.deep.equal([true, true, true]);
    await Promise.resolve();
    expect(called).to.deep.equal([]);
    await immediate();
    expect(called).to.deep.equal(['a', 'b', 'c']);
  });

  it('lets nobody wait longer than half a millisecond for others that come', async () => {
    const now = sinon.stub(performance, 'now').returns(1);
    const called: string[] = [];
    join('a', called);
    now.returns(1.4);
    join('b', called);
    expect(called).to.deep.equal([]);
    now.returns(1.5);
    join('c', called);
    expect(called).to.deep.equal(['a', 'b']);
    now.returns(1.9);
    join('d', called);
    expect(called).to.deep.equal(['a', 'b']);
    now.returns(2);
    join('e', called);
    expect(called).to.deep.equal(['a', 'b', 'c', 'd']);
    await immediate();
    expect(called).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('lets nobody wait for a while behind one that nobody has joined', async () => {
    const called: string[] = [];
    expect(join('a', called)).to.equal(true);
    await immediate();
    let atOnce = 0;
    while (!join('b', called)) atOnce += 1;
    expect(atOnce).to.equal(32);
    await immediate();
    expect(called).to.deep.equal(['a', 'b']);
  });

  it('goes on behind one that nobody has joined any more, but others did before', async () => {
    const now = sinon.stub(performance, 'now').returns(1);
    join('a', []);
    now.returns(2);
    join('b', []);
    await immediate();
    expect(join('c', [])).to.equal(true);
    expect(join('d', [])).to.equal(true);
    await immediate();
  });
});
