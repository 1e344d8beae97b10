import { expect } from 'chai';
import { isAloneInTurn } from '../../lib/server/broadcast-pace.js';
import { turn } from '../turns.js';

/** Counts so many broadcasts in one turn. */
async function broadcasts(count: number): Promise<boolean[]> {
  await turn();
  return Array.from({ length: count }, () => isAloneInTurn());
}

describe('isAloneInTurn', () => {
  it('expects of a turn what the last one had that had any', async () => {
    await broadcasts(1);
    expect(await broadcasts(1)).to.deep.equal([true]);
    expect(await broadcasts(3)).to.deep.equal([true, false, false]);
    await broadcasts(0);
    expect(await broadcasts(2)).to.deep.equal([false, false]);
    expect(await broadcasts(1)).to.deep.equal([false]);
    expect(await broadcasts(1)).to.deep.equal([true]);
  });
});
