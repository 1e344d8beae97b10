/*
 * Compares hawser with its peers.
 *
 *   node run.js [workload …] [--peers hawser,ws] [--rounds 5] [--seconds 2] [--smoke] [--json FILE]
 *
 * The peers take turns within each round, so that a machine whose speed drifts treats them alike. The figure to
 * trust is the ratio of CPU time per message; --smoke runs everything for a moment, checks the content and judges
 * no time.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { isPinned, playRound } from './round.js';
import { renderTable, summarise } from './summary.js';
import { WORKLOADS } from './workloads.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string', default: 'hawser,ws' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    smoke: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const peers = values.peers.split(',');
const rounds = values.smoke ? 1 : Number(values.rounds);
const times = values.smoke
  ? { warmupMs: 50, measureMs: 150 }
  : { warmupMs: 700, measureMs: Number(values.seconds) * 1000 };
const unknown = positionals.filter((name) => !WORKLOADS.some((workload) => workload.name === name));
if (unknown.length > 0) {
  console.error(
    `no such workload: ${unknown.join(', ')}; there are ${WORKLOADS.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
const chosen =
  positionals.length === 0 ? WORKLOADS : WORKLOADS.filter(({ name }) => positionals.includes(name));

const versionOf = (peer) =>
  JSON.parse(readFileSync(new URL(`node_modules/${peer}/package.json`, import.meta.url))).version;
const commit = () => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
};
const environment = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  system: `${process.platform} ${release()} ${process.arch}`,
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  pinned: isPinned,
  commit: commit(),
  versions: Object.fromEntries(peers.map((peer) => [peer, versionOf(peer)])),
};

const results = [];
for (const workload of chosen) {
  const samples = Object.fromEntries(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) samples[peer].push(await playRound(peer, workload, times));
  }
  const result = { workload, summary: summarise(samples, peers), samples };
  results.push(result);
  console.log(renderTable(result, peers));
}
console.log(JSON.stringify(environment));
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ environment, times, rounds, results }, null, 2)}\n`);
