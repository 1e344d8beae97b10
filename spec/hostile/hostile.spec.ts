import { expect } from 'chai';
import { Companion } from './companion.js';
import { HAWSER } from './library.js';
import { fits } from './removal.js';
import { ROWS } from './rows.js';

describe('hostile and broken peers', function () {
  this.timeout(120_000);
  // Rows measure memory and time of whole processes, on a machine that may have other work: one that fails thrice fails.
  this.retries(2);

  afterEach(() => Companion.endAll());

  for (const row of ROWS) {
    it(`${row.id}: ${row.peer}: ${row.must}`, async () => {
      const { held, figure } = await row.run(HAWSER, 'quick');
      expect(held, figure).to.equal(true);
    });

    const { removal } = row;
    if (removal !== undefined) {
      it(`${row.id}: its defence is where the proof takes it out`, async () => {
        expect(await fits(removal), `lib/${removal.file}: ${removal.code}`).to.equal(true);
      });
    }
  }

  it('have each a row of their own', () => {
    expect(new Set(ROWS.map(({ id }) => id)).size).to.equal(ROWS.length);
  });

  it('have each been seen to succeed against somebody: ws, or hawser without the defence', () => {
    const unproven = ROWS.filter(
      ({ removal, withoutWs }) => removal === undefined && withoutWs !== undefined,
    );
    expect(unproven.map(({ id }) => id)).to.deep.equal([]);
  });
});
