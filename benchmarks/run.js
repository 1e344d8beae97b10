/*
 * Compares hawser with its peers; `--help` tells how.
 */
import { readOptions } from './command-line.js';
import { compare } from './compare.js';
import { chooseContenders } from './contenders.js';
import { describeMachine } from './machine.js';
import { whyTooMany } from './open-files.js';
import { ResultsFile } from './results-file.js';
import { smoke, smokeMicro } from './smoke.js';
import { renderSummary } from './table.js';

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const print = (text) => console.log(text);
const options = readOptions(process.argv.slice(2));
const { workloads, rounds, warmupMs, measureMs, latencyMs } = options;

function choose() {
  try {
    return chooseContenders(options);
  } catch (error) {
    console.error(error.message);
    return process.exit(2);
  }
}

const { contenders, absent, versions, module } = choose();

async function compareAll(file) {
  const leaveOut = (name, reason) => {
    print(`left out: ${name}: ${reason}`);
    file?.add('absent', { name, reason });
  };
  for (const { name, reason } of absent) leaveOut(name, reason);
  for (const workload of workloads) {
    const peers = contenders(workload);
    if (peers.length === 0) continue;
    const reason = whyTooMany(workload.connections);
    if (reason !== undefined) {
      leaveOut(workload.name, reason);
      continue;
    }
    const result = await compare(workload, peers, options);
    if (result.failed.length > 0) process.exitCode = 1;
    file?.add('result', result);
    print(renderSummary(result));
  }
}

if (options.smoke) {
  for (const { name, reason } of absent) print(`left out: ${name}: ${reason}`);
  const failures = (await smoke(workloads, contenders, print)) + smokeMicro(module, print);
  if (failures > 0) process.exitCode = 1;
} else {
  const machine = describeMachine();
  const file = options.json === undefined ? undefined : new ResultsFile(options.json);
  file?.add('run', { machine, versions, settings: { rounds, warmupMs, measureMs, latencyMs } });
  await compareAll(file);
  print(`\n${JSON.stringify({ ...machine, versions })}`);
}
