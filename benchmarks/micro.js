/*
 * Measures the hot paths one by one: time and allocations per operation. `--help` tells how.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { baseBuild, forgetBuilds, ownBuild } from './checkout.js';
import { renderColumns } from './table.js';

const USAGE = `Usage: npm run bench:micro -- [name …] [options]

Measures hot paths of hawser one by one: nanoseconds and octets allocated per operation.

  --rounds N    default 1; the median is taken
  --base WHAT   compares with another checkout: a folder with a built one, or anything git can name
  --json FILE   writes the figures to a file
  --help
`;

/** So large that nothing is collected while allocations are counted. */
const NODE_OPTIONS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

const folder = new URL('micro/', import.meta.url);

/** Lists the files that have cases. */
function listNames() {
  return readdirSync(folder)
    .filter((file) => /^export const cases\b/m.test(readFileSync(new URL(file, folder), 'utf8')))
    .map((file) => file.replace(/\.js$/, ''));
}

function end(status, text) {
  (status === 0 ? process.stdout : process.stderr).write(text);
  process.exit(status);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '1' },
    base: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) end(0, USAGE);
const all = listNames();
const unknown = positionals.filter((name) => !all.includes(name));
if (unknown.length > 0)
  end(2, `no such micro-benchmark: ${unknown.join(', ')}; there are ${all.join(', ')}\n`);
const rounds = Math.max(1, Math.round(Number(values.rounds)) || 1);

process.on('exit', forgetBuilds);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
const builds = { hawser: ownBuild() };
if (values.base !== undefined) builds.base = baseBuild(values.base);

/** Measures all cases of a file with one build. */
function measure(name, { module }) {
  const { status, stdout } = spawnSync(
    process.execPath,
    [...NODE_OPTIONS, fileURLToPath(new URL('stage.js', folder)), name],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_NO_WARNINGS: '1', HAWSER_BUILD: new URL('.', module).href },
    },
  );
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
  return JSON.parse(stdout);
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

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

const results = {};
for (const name of positionals.length > 0 ? positionals : all) {
  const lists = Object.fromEntries(Object.keys(builds).map((build) => [build, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [build, details] of Object.entries(builds)) lists[build].push(measure(name, details));
  }
  const base = lists.base && condense(lists.base);
  const figures = condense(lists.hawser).map((figure, index) => ({ ...figure, base: base?.[index] }));
  results[name] = figures;
  const columns = base === undefined ? COLUMNS : [...COLUMNS, ...BASE_COLUMNS];
  console.log(`\n${name}, per operation`);
  console.log(
    renderColumns(columns, Object.fromEntries(figures.map((figure) => [figure.title, figure]))).join('\n'),
  );
  for (const { title, heap, mostBytes } of figures) {
    if (mostBytes === undefined || heap < mostBytes + 1) continue;
    console.log(`  TOO MUCH: ${title}: ${bytes(heap)} octets on the heap, where ${mostBytes} are allowed`);
    process.exitCode = 1;
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
