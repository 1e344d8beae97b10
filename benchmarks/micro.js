/*
 * Measures the hot paths one by one: time and allocations per operation. `--help` tells how.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { baseBuild, forgetBuilds, ownBuild } from './checkout.js';
import { listCases, stage } from './micro/stages.js';
import { median } from './summary.js';
import { renderColumns } from './table.js';

const USAGE = `Usage: npm run bench:micro -- [name …] [options]

Measures hot paths of hawser one by one: nanoseconds and octets allocated per operation.

  --rounds N    default 1; the median is taken
  --base WHAT   compares with another checkout: a folder with a built one, or anything git can name
  --json FILE   writes the figures to a file
  --help
`;

function end(status, text) {
  (status === 0 ? process.stdout : process.stderr).write(text);
  process.exit(status);
}

function readOptions() {
  const options = {
    rounds: { type: 'string', default: '1' },
    base: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  };
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return end(2, `${error.message}\n\n${USAGE}`);
  }
}

const { values, positionals } = readOptions();
if (values.help) end(0, USAGE);
const all = listCases();
const unknown = positionals.filter((name) => !all.includes(name));
if (unknown.length > 0)
  end(2, `no such micro-benchmark: ${unknown.join(', ')}\nthere are ${all.join(', ')}\n`);
const rounds = Math.round(Number(values.rounds));
if (!(rounds >= 1)) end(2, `--rounds takes a number above 0, not ${values.rounds}\n`);

process.on('exit', forgetBuilds);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

function chooseBuilds() {
  try {
    const own = { hawser: ownBuild() };
    return values.base === undefined ? own : { ...own, base: baseBuild(values.base) };
  } catch (error) {
    return end(2, `${error.message}\n`);
  }
}

/** Takes the median of the rounds for each case. */
function condense(lists) {
  return lists[0].map((first, index) => {
    const of = (key) => median(lists.map((list) => list[index][key]));
    return { ...first, nanos: of('nanos'), heap: of('heap'), outside: of('outside') };
  });
}

const bytes = (count) => (Math.abs(count) < 1 ? '0' : count.toFixed(count < 100 ? 1 : 0));
const nanos = (count) => count.toFixed(count < 100 ? 1 : 0);
const COLUMNS = [
  ['ns', (figure) => nanos(figure.nanos)],
  ['heap B', ({ heap }) => bytes(heap)],
  ['outside B', ({ outside }) => bytes(outside)],
];
const BASE_COLUMNS = [
  ['base: ns', ({ base }) => nanos(base.nanos)],
  ['heap B', ({ base }) => bytes(base.heap)],
  ['outside B', ({ base }) => bytes(base.outside)],
  ['base ÷ this', ({ nanos: own, base }) => `${(base.nanos / own).toFixed(2)}×`],
];

/** Measures the cases of a file; the builds take turns. */
function measure(name, builds) {
  const lists = Object.fromEntries(Object.keys(builds).map((build) => [build, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [build, { module }] of Object.entries(builds)) lists[build].push(stage(name, module));
  }
  const base = lists.base && condense(lists.base);
  return condense(lists.hawser).map((figure, index) => ({ ...figure, base: base?.[index] }));
}

const builds = chooseBuilds();
const columns = builds.base === undefined ? COLUMNS : [...COLUMNS, ...BASE_COLUMNS];
const results = {};
for (const name of positionals.length > 0 ? positionals : all) {
  const figures = measure(name, builds);
  results[name] = figures;
  const byTitle = Object.fromEntries(figures.map((figure) => [figure.title, figure]));
  console.log(`\n${name}, per operation\n${renderColumns(columns, byTitle).join('\n')}`);
  for (const { title, heap, mostBytes } of figures) {
    if (mostBytes === undefined || heap < mostBytes + 1) continue;
    console.log(`  TOO MUCH: ${title}: ${bytes(heap)} octets on the heap, where ${mostBytes} are allowed`);
    process.exitCode = 1;
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
