/*
 * Shows that the code which is reached leads the fuzzer, in a process of its own: another that counts coverage in the
 * same one would lose what it had counted. Prints what was found as JSON.
 *
 *   node --import tsx spec/fuzz/maze.ts
 */
import { readCorpus } from './corpus.js';
import { Coverage, LIBRARY } from './coverage.js';
import { Fuzzer } from './fuzzer.js';
import type { Target } from './target.js';
import { TARGETS } from './targets.js';

/** Fails for one word alone, which no chance would find; its code tells how far one has come. */
const maze: Target = {
  name: 'maze',
  title: 'a maze',
  seeds: [Buffer.alloc(4)],
  words: [],
  maxLength: 8,
  run(input) {
    if (input[0] === 0x7f) {
      if (input[1] === 0x80) {
        if (input[2] === 0xff) {
          if (input[3] === 0x10) {
            throw new Error('the end of the maze');
          }
        }
      }
    }
    return 'nothing';
  },
};

async function throughMaze(): Promise<{ found: string; executions: number }> {
  const coverage = new Coverage(import.meta.url);
  const fuzzer = new Fuzzer(maze, coverage, 1);
  await fuzzer.replay(maze.seeds);
  const finding = await fuzzer.search(() => fuzzer.executions > 200_000);
  coverage.end();
  if (finding === undefined) return { found: '', executions: fuzzer.executions };
  const { input } = await fuzzer.shrink(finding);
  return { found: input.toString('hex'), executions: fuzzer.executions };
}

/** Measures the code that is reached by the seeds of a target, and then by its corpus as well. */
async function reach(target: Target): Promise<{ bySeeds: number; byCorpus: number; kept: number }> {
  const coverage = new Coverage(LIBRARY);
  const fuzzer = new Fuzzer(target, coverage, 1);
  await fuzzer.replay(target.seeds);
  const bySeeds = coverage.size;
  await fuzzer.replay(readCorpus(target.name));
  const byCorpus = coverage.size;
  coverage.forget();
  const again = new Fuzzer(target, coverage, 1);
  await again.replay(fuzzer.corpus);
  coverage.end();
  return { bySeeds, byCorpus, kept: again.corpus.length };
}

// V8 counts blocks in what it compiles while it counts: so what is measured comes first.
const reached = await reach(TARGETS[0]!);
console.log(JSON.stringify({ reached, maze: await throughMaze() }));
