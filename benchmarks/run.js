/*
 * Compares hawser with its peers; `--help` tells how.
 */
import { writeFileSync } from 'node:fs';
import { readOptions } from './command-line.js';
import { chooseContenders } from './contenders.js';
import { describeMachine } from './machine.js';
import { play } from './play.js';
import { summarise } from './summary.js';
import { renderSummary } from './table.js';

/** Share of the greatest throughput at which latencies are measured. */
const LATENCY_LOAD = 0.5;

const options = readOptions(process.argv.slice(2));
const { contenders, absent, versions } = chooseContenders(options);
for (const { name, reason } of absent) console.log(`left out: ${name}: ${reason}`);

/** One rate for all peers: half of what `ws` has done at most, or the first peer where it takes no part. */
function latencyRate(samples) {
  const reference = samples.ws ?? Object.values(samples)[0];
  return LATENCY_LOAD * Math.max(...reference.map(({ messagesPerSecond }) => messagesPerSecond));
}

/** Lets the peers take turns within each round, so that a machine whose speed drifts treats them alike. */
async function compare(workload, peers) {
  const samples = Object.fromEntries(peers.map(({ name }) => [name, []]));
  const declined = [];
  let rate;
  for (let round = 0; round < options.rounds; round++) {
    for (const { name } of declined) delete samples[name];
    const latency = rate === undefined ? undefined : { rate, ms: options.latencyMs };
    for (const peer of peers.filter(({ name }) => name in samples)) {
      const sample = await play(peer, workload, { ...options, latency });
      if (sample.declined === undefined) samples[peer.name].push(sample);
      else declined.push({ name: peer.name, reason: sample.declined });
    }
    if (workload.latency) rate ??= latencyRate(samples);
  }
  for (const { name } of declined) delete samples[name];
  return { workload, declined, samples, summary: summarise(samples) };
}

const results = [];
for (const workload of options.workloads) {
  const peers = contenders(workload);
  if (peers.length === 0) continue;
  const result = await compare(workload, peers);
  results.push(result);
  console.log(renderSummary(result));
}

const { rounds, warmupMs, measureMs } = options;
const environment = { ...describeMachine(), versions };
console.log(`\n${JSON.stringify(environment)}`);
if (options.json !== undefined) {
  const record = { environment, settings: { rounds, warmupMs, measureMs }, absent, results };
  writeFileSync(options.json, `${JSON.stringify(record, null, 1)}\n`);
}
