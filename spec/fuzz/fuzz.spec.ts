import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Chance } from '../chance.js';
import { readCorpus } from './corpus.js';
import { Fuzzer, type News } from './fuzzer.js';
import { Mutator } from './mutator.js';
import { hexes, words, type Target } from './target.js';
import { TARGETS } from './targets.js';

/** Inputs tried besides the corpus, in each run of the specs. */
const FURTHER = 1_000;

describe('inputs of strangers', function () {
  this.timeout(120_000);

  for (const target of TARGETS) {
    describe(target.title, () => {
      it('are coped with, those of the corpus', async () => {
        const corpus = readCorpus(target.name);
        expect(corpus.length, 'inputs in the corpus').to.be.at.least(10);
        for (const input of [...target.seeds, ...corpus]) {
          try {
            await target.run(input);
          } catch (error) {
            const command = `npm run fuzz -- ${target.name} --replay ${input.toString('hex')}`;
            throw new Error(command, { cause: error });
          }
        }
      });

      it('are coped with, some that follow from a seed', async () => {
        const mutator = new Mutator(new Chance(6455), target);
        const parents = [...target.seeds, ...readCorpus(target.name)];
        for (let count = 0; count < FURTHER; count++) {
          const input = mutator.mutate(parents);
          expect(input.length).to.be.at.most(target.maxLength);
          try {
            await target.run(Buffer.from(input));
          } catch (error) {
            const command = `npm run fuzz -- ${target.name} --replay ${input.toString('hex')}`;
            throw new Error(command, { cause: error });
          }
        }
      });
    });
  }

  describe('are found', () => {
    const nowhere: Target = {
      name: 'nowhere',
      title: 'nowhere',
      seeds: [Buffer.alloc(4)],
      words: [],
      maxLength: 8,
      run: () => '',
    };
    const noNews: News = { skip: () => undefined, hasNews: () => false, learn: () => false };

    it('step by step, by the code that they reach', () => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', 'tsx', fileURLToPath(new URL('maze.ts', import.meta.url))],
        { encoding: 'utf8', timeout: 100_000 },
      );
      expect(status, stderr).to.equal(0);
      const { reached, maze } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
      expect(maze?.['found']).to.equal('7f80ff10');
      expect(reached?.['bySeeds']).to.be.above(1_000);
      expect(reached?.['byCorpus']).to.be.above(reached?.['bySeeds'] as number);
      expect(reached?.['kept']).to.be.at.least(10);
    });

    it('by what comes of them, and by the words of the target', async () => {
      const target: Target = {
        ...nowhere,
        words: [...words('anchor'), ...hexes('00ff')],
        maxLength: 40,
        run(input) {
          const count = input.toString('latin1').split('anchor').length - 1;
          if (count === 3) throw new Error('three anchors');
          return String(count);
        },
      };
      const fuzzer = new Fuzzer(target, noNews, 1);
      const finding = await fuzzer.search(() => fuzzer.executions > 100_000);
      expect(finding?.error).to.be.an('error').with.property('message', 'three anchors');
      expect(fuzzer.outcomes).to.equal(3);
      expect((await fuzzer.shrink(finding!)).input.toString()).to.equal('anchoranchoranchor');
    });

    it('by the time that they take', async () => {
      const slow: Target = {
        ...nowhere,
        run: () => {
          for (const start = performance.now(); performance.now() - start < 2_100;);
          return '';
        },
      };
      const finding = await new Fuzzer(slow, noNews, 1).replay(slow.seeds);
      expect(String(finding?.error)).to.match(/it took 2\d\d\d ms/);
    });
  });

  it('are the same for a seed each time', () => {
    const make = (seed: number): Buffer[] => {
      const mutator = new Mutator(new Chance(seed), TARGETS[0]!);
      return Array.from({ length: 50 }, () => mutator.mutate(TARGETS[0]!.seeds));
    };
    expect(make(1)).to.deep.equal(make(1));
    expect(make(1)).to.not.deep.equal(make(2));
  });
});
