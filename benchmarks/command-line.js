import { parseArgs } from 'node:util';
import { PEERS } from './peers.js';
import { WORKLOADS } from './workloads/index.js';

const USAGE = `Usage: npm run bench -- [workload or group …] [options]

Compares hawser with its peers; without names, in all workloads.

  --peers a,b      the peers to compare, or "all"; default: those that matter to each workload
  --rounds N       how often the peers take turns; default 6
  --seconds S      how long each measurement takes; default 0.4
  --json FILE      writes everything measured to a file, a line of JSON each; the report is made from such files
  --base WHAT      compares this checkout with another: a folder with a built one, or anything git can name
  --smoke          runs everything for a moment with every peer that is there, checks content, judges no time
  --list           lists workloads and peers
  --help

For each peer, a workload takes some 3 s to begin with, and for each round the seconds of its measurement.
`;

function end(status, text) {
  (status === 0 ? process.stdout : process.stderr).write(text);
  process.exit(status);
}

const names = (list) => list.map(({ name }) => name).join(', ');

function list() {
  const lines = ['Workloads, by group:'];
  for (const group of new Set(WORKLOADS.map((workload) => workload.group))) {
    lines.push(`  ${group}`);
    for (const workload of WORKLOADS) {
      if (workload.group === group) lines.push(`    ${workload.name.padEnd(24)}${workload.title}`);
    }
  }
  lines.push('Peers:', ...PEERS.map(({ name, title }) => `    ${name.padEnd(24)}${title}`), '');
  return lines.join('\n');
}

function positive(name, text) {
  const number = Number(text);
  if (!(number > 0 && number < 1000)) end(2, `--${name} takes a number above 0, not ${text}\n`);
  return number;
}

function chooseWorkloads(wanted) {
  const groups = [...new Set(WORKLOADS.map(({ group }) => group))];
  const unknown = wanted.filter(
    (name) => !groups.includes(name) && !WORKLOADS.some((one) => one.name === name),
  );
  if (unknown.length > 0) {
    end(
      2,
      `no such workload: ${unknown.join(', ')}\nthere are the groups ${groups.join(', ')}\nand the workloads ${names(WORKLOADS)}\n`,
    );
  }
  if (wanted.length === 0) return WORKLOADS;
  return WORKLOADS.filter(({ name, group }) => wanted.includes(name) || wanted.includes(group));
}

function choosePeers(text) {
  if (text === undefined) return undefined;
  if (text === 'all') return PEERS.map(({ name }) => name);
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !PEERS.some((peer) => peer.name === name));
  if (unknown.length > 0) end(2, `no such peer: ${unknown.join(', ')}\nthere are ${names(PEERS)}\n`);
  return wanted;
}

function parse(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        peers: { type: 'string' },
        rounds: { type: 'string', default: '6' },
        seconds: { type: 'string', default: '0.4' },
        json: { type: 'string' },
        base: { type: 'string' },
        smoke: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return end(2, `${error.message}\n\n${USAGE}`);
  }
}

/** Reads the command line; ends the process when it asks for help, or for what is not there. */
export function readOptions(args) {
  const { values, positionals } = parse(args);
  if (values.help) end(0, USAGE);
  if (values.list) end(0, list());
  const { smoke, json, base } = values;
  return {
    smoke,
    json,
    base,
    workloads: chooseWorkloads(positionals),
    peers: smoke && values.peers === undefined ? choosePeers('all') : choosePeers(values.peers),
    rounds: Math.round(positive('rounds', values.rounds)),
    warmupMs: 600,
    mostMs: 3000,
    measureMs: positive('seconds', values.seconds) * 1000,
    latencyMs: 400,
  };
}
