import { expect } from 'chai';
import { joinShared } from '../../lib/connection/shared-group.js';

const buffers = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));

describe('joinShared', () => {
  it('leaves a single buffer, and none, as they are', () => {
    const single = buffers('a');
    expect(joinShared(single)).to.equal(single);
    expect(joinShared([])).to.deep.equal([]);
  });

  it('joins several in their order, and leaves them unchanged', () => {
    const group = buffers('ab', '', 'c');
    expect(joinShared(group).map(String)).to.deep.equal(['abc']);
    expect(group.map(String)).to.deep.equal(['ab', '', 'c']);
  });

  it('gives the same buffer to all that have the same ones to write, one after the other', () => {
    const [a, b, c] = buffers('a', 'b', 'c') as [Buffer, Buffer, Buffer];
    const first = joinShared([a, b])[0];
    expect(joinShared([a, b])[0]).to.equal(first);
    expect(joinShared([a, b, c]).map(String)).to.deep.equal(['abc']);
    const again = joinShared([a, b]);
    expect(again.map(String)).to.deep.equal(['ab']);
    expect(again[0]).to.not.equal(first);
    expect(joinShared([b, a]).map(String)).to.deep.equal(['ba']);
    expect(joinShared([a, c]).map(String)).to.deep.equal(['ac']);
  });

  it('goes by the buffers, not by what is in them', () => {
    const first = joinShared(buffers('a', 'b'))[0];
    expect(joinShared(buffers('a', 'b'))[0]).to.not.equal(first);
  });

  it('leaves many octets side by side', () => {
    const large = [Buffer.alloc(16_000), Buffer.alloc(384)];
    expect(joinShared(large)).to.have.length(1);
    const larger = [Buffer.alloc(16_000), Buffer.alloc(385)];
    expect(joinShared(larger)).to.equal(larger);
  });
});
