import { expect } from 'chai';
import sinon from 'sinon';
import { SharedOctets } from '../../lib/connection/shared-octets.js';
import { turn } from '../turns.js';

const shared = (text: string): SharedOctets => new SharedOctets(Buffer.from(text));

describe('SharedOctets', () => {
  afterEach(() => sinon.restore());

  it('are the octets that were given, by reference', () => {
    const octets = Buffer.from('abc');
    expect(new SharedOctets(octets).octets).to.equal(octets);
    expect(new SharedOctets(octets).length).to.equal(3);
  });

  it('give the same whole to all that add the same ones', () => {
    const [a, b, c] = [shared('a'), shared('bb'), shared('c')];
    const abc = a.followedBy(b)!.followedBy(c)!;
    expect(a.followedBy(b)!.followedBy(c)).to.equal(abc);
    expect(abc.length).to.equal(4);
    expect(abc.octets.toString()).to.equal('abbc');
    expect(abc.octets).to.equal(abc.octets);
    expect(a.octets.toString()).to.equal('a');
  });

  it('go by what was added, not by what is in it', () => {
    const a = shared('a');
    const first = a.followedBy(shared('b'));
    const second = a.followedBy(shared('c'))!;
    expect(second).to.not.equal(first);
    expect(second.octets.toString()).to.equal('ac');
    expect(a.followedBy(shared('c'))).to.not.equal(second);
  });

  it('may follow themselves', () => {
    const a = shared('a');
    expect(a.followedBy(a)!.followedBy(a)!.octets.toString()).to.equal('aaa');
  });

  it('are joined once, and only when they are asked for', () => {
    const concat = sinon.spy(Buffer, 'concat');
    const whole = shared('a').followedBy(shared('b'))!.followedBy(shared('c'))!;
    expect(concat.callCount).to.equal(0);
    expect(whole.octets).to.equal(whole.octets);
    expect(concat.callCount).to.equal(1);
  });

  it('are joined up to 16 KiB', () => {
    const most = new SharedOctets(Buffer.alloc(16 * 1024 - 1));
    expect(most.followedBy(shared('a'))?.length).to.equal(16 * 1024);
    expect(most.followedBy(shared('ab'))).to.equal(undefined);
  });

  it('forget what followed them at the end of the turn', async () => {
    const [a, b] = [shared('a'), shared('b')];
    const ab = a.followedBy(b)!;
    const aba = ab.followedBy(a);
    await turn();
    expect(ab.octets.toString()).to.equal('ab');
    expect(a.followedBy(b)).to.not.equal(ab);
    expect(ab.followedBy(a)).to.not.equal(aba);
    const again = a.followedBy(b);
    await turn();
    expect(a.followedBy(b)).to.not.equal(again);
  });
});
