/*
 * Plays any number of schedules of faults between a client and a server.
 *
 *   npm run faults -- --schedules 5000
 *   npm run faults -- --seed 42
 *   npm run faults -- --seed 42 --schedules 1000 --at-once 8
 *
 * A seed gives the same schedule each time: what is said, what the network does to it, and who closes. A failure prints
 * the seed, what was wrong, and the schedule.
 */
import { parseArgs } from 'node:util';
import { campaign, describeVerdict, playAlone } from './campaign.js';
import { isHarmless } from './schedule.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    schedules: { type: 'string' },
    'at-once': { type: 'string', default: '16' },
    verbose: { type: 'boolean', default: false },
  },
});

const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const isReplay = values.seed !== undefined && values.schedules === undefined;
const count = isReplay ? 1 : Number(values.schedules ?? '1000');
console.log(`seed ${String(seed)}, ${String(count)} schedules`);
const start = performance.now();
let played = 0;
let harmless = 0;
let failed = 0;
const verdicts = isReplay ? [await playAlone(seed)] : campaign(seed, count, Number(values['at-once']));
for await (const verdict of verdicts) {
  played += 1;
  if (isHarmless(verdict.schedule)) harmless += 1;
  const isWrong = verdict.complaints.length > 0;
  if (isWrong) failed += 1;
  if (isWrong || isReplay) console[isWrong ? 'error' : 'log'](describeVerdict(verdict));
  if (played % 500 === 0) console.log(`${String(played)} played, ${String(failed)} failed`);
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(
  `${String(played)} schedules in ${seconds} s, ${String(harmless)} without a fatal fault: ${String(failed)} failed`,
);
process.exitCode = failed > 0 ? 1 : 0;
