/*
 * Measures the cases of one file, in a process of its own: time, and what is allocated, per operation. Prints them as
 * JSON.
 */
import { performance } from 'node:perf_hooks';

const WARMUP_MS = 100;
const SAMPLE_MS = 20;
const SAMPLES = 7;
/** Most that is allocated while it is counted: it has to fit the young generation, so that nothing is collected. */
const COUNTED_BYTES = 8 * 1024 * 1024;
const MOST_OPERATIONS = 32_768;
/** Longest time that one count may take. */
const COUNT_MS = 100;

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function duration(run, operations) {
  const begun = performance.now();
  await run(operations);
  return performance.now() - begun;
}

/** Finds how many operations take so long. */
async function operationsFor(run, ms) {
  for (let operations = 16; ; operations *= 2) {
    const took = await duration(run, operations);
    if (took > ms / 2) return Math.ceil((operations * ms) / took);
  }
}

async function allocated(run, operations) {
  globalThis.gc();
  const before = process.memoryUsage();
  await run(operations);
  const after = process.memoryUsage();
  return {
    heap: (after.heapUsed - before.heapUsed) / operations,
    outside: (after.arrayBuffers - before.arrayBuffers) / operations,
  };
}

/** Counts octets; the least of several counts, because what else the process does only adds to it. */
async function countAllocations(run, nanos) {
  const rough = await allocated(run, 256);
  const each = Math.max(1, rough.heap + rough.outside);
  const most = Math.min(MOST_OPERATIONS, COUNTED_BYTES / each, (COUNT_MS * 1e6) / nanos);
  const operations = Math.max(256, Math.floor(most));
  const counts = [];
  for (let i = 0; i < 5; i++) counts.push(await allocated(run, operations));
  return {
    heap: Math.min(...counts.map(({ heap }) => heap)),
    outside: Math.min(...counts.map(({ outside }) => outside)),
  };
}

/** Measures one case; with `briefly`, only that it runs. */
async function measure({ title, prepare, mostBytes }, briefly) {
  const run = await prepare();
  if (briefly) {
    await run(256);
    return { title };
  }
  const end = performance.now() + WARMUP_MS;
  while (performance.now() < end) await run(256);
  const operations = await operationsFor(run, SAMPLE_MS);
  const times = [];
  for (let i = 0; i < SAMPLES; i++) times.push(((await duration(run, operations)) * 1e6) / operations);
  const nanos = median(times);
  return { title, mostBytes, nanos, ...(await countAllocations(run, nanos)) };
}

const [name, mode] = process.argv.slice(2);
const { cases } = await import(new URL(`${name}.js`, import.meta.url).href);
const figures = [];
for (const one of cases) figures.push(await measure(one, mode === 'briefly'));
process.stdout.write(JSON.stringify(figures), () => process.exit());
