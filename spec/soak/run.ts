/*
 * Lets connections and messages come and go for as long as it is told to, and tells whether anything grows.
 *
 *   npm run soak -- --minutes 10
 *   npm run soak -- --minutes 60 --at-once 200 --seed 42 --plot soak.svg
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setLogger } from '../../lib/index.js';
import { sparkline, plot } from './plot.js';
import { MEASURES, soak, type Measure } from './soak.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    plot: { type: 'string' },
  },
});

// Listeners that throw on purpose are logged as errors.
const silent = (): void => undefined;
setLogger({ debug: silent, info: silent, notice: silent, warn: silent, error: silent });

console.log(`seed ${values.seed}`);
let toldAt = 0;
const result = await soak({
  forMs: Number(values.minutes) * 60_000,
  everyMs: 1_000,
  atOnce: Number(values['at-once']),
  seed: Number(values.seed),
  onSample({ seconds, heap, rss, handles }, { connections, messages, wrong }) {
    if (seconds - toldAt < 10) return;
    toldAt = seconds;
    console.log(
      `${seconds.toFixed()} s: heap ${heap.toFixed(1)} MiB, RSS ${rss.toFixed(1)} MiB, ${String(handles)} handles; ` +
        `${String(connections)} connections, ${String(messages)} messages, ${String(wrong.length)} wrong`,
    );
  },
});
const { counts, samples, trends, complaints } = result;
console.log(
  `${String(counts.connections)} connections, ${String(counts.refused)} refused, ${String(counts.messages)} messages, ` +
    `${(counts.octets / 2 ** 20).toFixed()} MiB`,
);
for (const name of Object.keys(MEASURES) as Measure[]) {
  const { title, unit } = MEASURES[name];
  const { slope, from, to, spread, grows } = trends[name];
  console.log(
    `${title.padEnd(25)} ${from.toFixed(1)} to ${to.toFixed(1)} ${unit} (± ${spread.toFixed(1)}), ` +
      `${(slope * 60).toFixed(3)} a minute: ${grows ? 'GROWS' : 'flat'}`,
  );
  console.log(`  ${sparkline(samples, name)}`);
}
if (values.plot !== undefined) writeFileSync(values.plot, plot(result));
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;
