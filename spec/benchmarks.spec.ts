import { expect } from 'chai';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Lists the comments that mark a hot path, as `file:line: what it says`. */
function listHotPaths(): { readonly where: string; readonly says: string }[] {
  return readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      readFileSync(join(root, 'lib', file), 'utf8')
        .split('\n')
        .flatMap((line, index) => {
          const says = /\/\/ hot path\b(.*)$/.exec(line)?.[1];
          return says === undefined ? [] : [{ where: `lib/${file}:${index + 1}`, says }];
        }),
    );
}

/** Gives the micro-benchmark that a comment names. */
function benchmarkOf(says: string): string | undefined {
  return /^: benchmarks\/micro\/([a-z0-9-]+)$/.exec(says)?.[1];
}

/** Lists the files with cases to measure. */
function listBenchmarks(): string[] {
  const folder = join(root, 'benchmarks', 'micro');
  return readdirSync(folder)
    .filter((file) => /^export const cases\b/m.test(readFileSync(join(folder, file), 'utf8')))
    .map((file) => file.replace(/\.js$/, ''));
}

describe('benchmarks', () => {
  it('measure every hot path: its comment names a file in benchmarks/micro', () => {
    const unmeasured = listHotPaths()
      .filter(({ says }) => {
        const name = benchmarkOf(says);
        return name === undefined || !existsSync(join(root, 'benchmarks', 'micro', `${name}.js`));
      })
      .map(({ where }) => where);
    expect(listHotPaths()).to.not.be.empty;
    expect(unmeasured).to.deep.equal([]);
  });

  it('measure nothing that is no hot path: every file in benchmarks/micro is named by a comment', () => {
    const named = new Set(listHotPaths().map(({ says }) => benchmarkOf(says)));
    expect(listBenchmarks()).to.not.be.empty;
    expect(listBenchmarks().filter((name) => !named.has(name))).to.deep.equal([]);
  });
});
