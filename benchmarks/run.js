/*
 * Compares hawser with its peers; `--help` tells how.
 */
import { writeFileSync } from 'node:fs';
import { readOptions } from './command-line.js';
import { compare } from './compare.js';
import { chooseContenders } from './contenders.js';
import { describeMachine } from './machine.js';
import { whyTooMany } from './open-files.js';
import { smoke } from './smoke.js';
import { renderSummary } from './table.js';

const print = (text) => console.log(text);

const options = readOptions(process.argv.slice(2));
const { workloads, json } = options;
const { rounds, warmupMs, measureMs, latencyMs } = options;
const { contenders, absent, versions } = choose();
for (const { name, reason } of absent) print(`left out: ${name}: ${reason}`);

/** Leaves out digits that say nothing. */
const short = (_key, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;

function choose() {
  try {
    return chooseContenders(options);
  } catch (error) {
    console.error(error.message);
    return process.exit(2);
  }
}

async function compareAll() {
  const results = [];
  for (const workload of workloads) {
    const peers = contenders(workload);
    if (peers.length === 0) continue;
    const reason = whyTooMany(workload.connections);
    if (reason !== undefined) {
      absent.push({ name: workload.name, reason });
      print(`left out: ${workload.name}: ${reason}`);
      continue;
    }
    const result = await compare(workload, peers, options);
    if (result.failed.length > 0) process.exitCode = 1;
    results.push(result);
    print(renderSummary(result));
  }
  return results;
}

if (options.smoke) {
  if ((await smoke(workloads, contenders, print)) > 0) process.exitCode = 1;
} else {
  const machine = describeMachine();
  const results = await compareAll();
  const record = { machine, versions, settings: { rounds, warmupMs, measureMs, latencyMs }, absent, results };
  print(`\n${JSON.stringify({ ...machine, versions })}`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(record, short, 1)}\n`);
}
