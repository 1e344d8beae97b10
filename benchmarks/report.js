/*
 * Makes RESULTS.md and its plots from what runs have written to results/:
 *
 *   npm run bench -- --json results/main.jsonl                 the workloads with the peers that matter to each
 *   npm run bench -- … --peers all --json results/peers.jsonl  some of them with every peer
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { drawGrowth, drawLatencies, drawRatios } from './report/charts.js';
import { renderPage } from './report/page.js';
import { RunRecord } from './report/record.js';
import { SCHEMES } from './report/theme.js';

const results = new URL('results/', import.meta.url);
const plots = new URL('plots/', import.meta.url);

const main = RunRecord.read(new URL('main.jsonl', results));
const all = RunRecord.read(new URL('peers.jsonl', results));
if (main === undefined) {
  console.error('there is no results/main.jsonl: npm run bench -- --json benchmarks/results/main.jsonl');
  process.exit(1);
}
mkdirSync(plots, { recursive: true });
for (const scheme of SCHEMES) {
  const drawn = {
    ratios: await drawRatios(
      scheme,
      main.results.filter(({ workload }) => workload.group !== 'growth'),
    ),
    latencies: await drawLatencies(scheme, main.results),
    growth: await drawGrowth(scheme, main),
    ...(all !== undefined && { peers: await drawRatios(scheme, all.results) }),
  };
  for (const [name, svg] of Object.entries(drawn))
    writeFileSync(new URL(`${name}.${scheme}.svg`, plots), `${svg}\n`);
}
writeFileSync(new URL('RESULTS.md', import.meta.url), `${renderPage(main, all)}\n`);
console.log('benchmarks/RESULTS.md and benchmarks/plots/ are made');
