/*
 * Tries inputs on what takes octets from strangers, led by the code that they reach, for as long as it is told to.
 *
 *   npm run fuzz                                   lists the targets
 *   npm run fuzz -- server-frames --minutes 30
 *   npm run fuzz -- all --minutes 5 --seed 42      five minutes each
 *   npm run fuzz -- inflate --replay 004a0400      one input
 *   npm run fuzz -- request --minutes 30 --save    keeps what reaches new code in spec/fuzz/corpus
 *
 * An input that is not coped with is made smaller, printed in hex, and ends the run with status 1.
 */
import { parseArgs } from 'node:util';
import { readCorpus, writeCorpus } from './corpus.js';
import { Coverage, LIBRARY } from './coverage.js';
import { Fuzzer, type Finding } from './fuzzer.js';
import type { Target } from './target.js';
import { TARGETS } from './targets.js';
import { Watchdog } from './watchdog.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    replay: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});

const [name = ''] = positionals;
const chosen = name === 'all' ? TARGETS : TARGETS.filter((target) => target.name === name);
if (chosen.length === 0) {
  if (name !== '') console.error(`there is no target ${name}`);
  for (const target of TARGETS) console.log(`${target.name.padEnd(16)} ${target.title}`);
  process.exitCode = name === '' ? 0 : 2;
}
for (const target of chosen) {
  if (values.replay !== undefined) console.log(await target.run(Buffer.from(values.replay, 'hex')));
  else await fuzz(target, Number(values.seed), Number(values.minutes) * 60_000);
}

async function fuzz(target: Target, seed: number, forMs: number): Promise<void> {
  const coverage = new Coverage(LIBRARY);
  const watchdog = new Watchdog();
  const fuzzer = new Fuzzer(target, coverage, seed, (input) => watchdog.note(input));
  const start = performance.now();
  console.log(`${target.name}: seed ${String(seed)}`);
  let toldAt = start;
  const tell = (): void => {
    toldAt = performance.now();
    const seconds = (toldAt - start) / 1000;
    console.log(
      `${target.name}: ${seconds.toFixed()} s, ${String(fuzzer.executions)} executions ` +
        `(${(fuzzer.executions / seconds).toFixed()} a second), corpus ${String(fuzzer.corpus.length)}, ` +
        `code ${String(coverage.size)}, outcomes ${String(fuzzer.outcomes)}`,
    );
  };
  let finding = await fuzzer.replay([...target.seeds, ...readCorpus(target.name)]);
  tell();
  finding ??= await fuzzer.search(() => {
    if (performance.now() - toldAt > 60_000) tell();
    return performance.now() - start > forMs;
  });
  tell();
  if (finding !== undefined) report(target, await fuzzer.shrink(finding));
  else if (values.save) writeCorpus(target.name, await smallest(target, coverage, fuzzer.corpus));
  coverage.end();
  await watchdog.end();
}

/** Leaves out what reaches nothing that shorter inputs do not reach. */
async function smallest(target: Target, coverage: Coverage, corpus: readonly Buffer[]): Promise<Buffer[]> {
  coverage.forget();
  const fuzzer = new Fuzzer(target, coverage, 0);
  await fuzzer.replay(corpus);
  return fuzzer.corpus;
}

function report(target: Target, { input, error }: Finding): void {
  console.error(`${target.name}: this input is not coped with:`);
  console.error(`  npm run fuzz -- ${target.name} --replay ${input.toString('hex')}`);
  console.error(error);
  process.exitCode = 1;
}
