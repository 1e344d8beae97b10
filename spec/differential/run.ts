/*
 * Compares hawser with the model and the peers on any number of random streams.
 *
 *   node --import tsx spec/differential/run.ts --streams 10000000 --seed 42
 *   node --import tsx spec/differential/run.ts --replay 8102c328 --role client --cuts 3
 *
 * The same seed gives the same streams. A failure prints the seed, the smallest stream that shows it, and the command
 * that replays it.
 */
import { parseArgs } from 'node:util';
import { Tally, compare } from './comparison.js';
import { comparing, describeFailure, describeTally } from './random-comparison.js';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    replay: { type: 'string' },
    role: { type: 'string', default: 'server' },
    cuts: { type: 'string', default: '' },
    'max-message-bytes': { type: 'string', default: 'Infinity' },
    'max-empty-fragments': { type: 'string', default: '1024' },
    fragments: { type: 'boolean', default: false },
  },
});

const tally = new Tally();
if (values.replay !== undefined) {
  const options = {
    role: values.role === 'client' ? ('client' as const) : ('server' as const),
    maxMessageBytes: Number(values['max-message-bytes']),
    maxEmptyFragments: Number(values['max-empty-fragments']),
    fragments: values.fragments,
  };
  const cuts = values.cuts === '' ? [] : values.cuts.split(',').map(Number);
  compare({ options, octets: Buffer.from(values.replay, 'hex'), cuts }, tally);
} else {
  const streams = Number(values.streams);
  const seed = Number(values.seed);
  console.log(`seed ${seed}`);
  for (const failure of comparing(streams, seed, tally)) {
    if (failure !== undefined) {
      console.error(describeFailure(failure));
      process.exitCode = 1;
      break;
    }
    if (tally.streams % 100_000 === 0) console.log(`${tally.streams} streams`);
  }
}
console.log(describeTally(tally));
