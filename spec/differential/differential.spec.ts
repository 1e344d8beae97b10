import { expect } from 'chai';
import { Tally } from './comparison.js';
import { DIFFERENCES } from './differences.js';
import { comparing, describeFailure, describeTally } from './random-comparison.js';

const STREAMS = Number(process.env['HAWSER_STREAMS'] ?? 100_000);
const SEED = Number(process.env['HAWSER_SEED'] ?? 6455);

describe('random streams: hawser, the model by the letter, and the peers', () => {
  it(`agree on ${STREAMS} streams of seed ${SEED}, but for differences that are explained`, function () {
    this.timeout(STREAMS * 10);
    const tally = new Tally();
    for (const failure of comparing(STREAMS, SEED, tally)) {
      if (failure !== undefined) throw new Error(describeFailure(failure));
    }
    const table = describeTally(tally);
    expect(tally.streams).to.equal(STREAMS);
    // A comparison of streams that all end alike, or never differ, would prove little.
    for (const end of ['open', 'close', 'fail 1002', 'fail 1007', 'fail 1008', 'fail 1009']) {
      expect(tally.ends.get(end), table).to.be.above(STREAMS / 1_000);
    }
    for (const [peer, differences] of Object.entries(DIFFERENCES)) {
      for (const name of Object.keys(differences))
        expect(tally.explained, table).to.include.keys(`${peer}: ${name}`);
    }
  });
});
