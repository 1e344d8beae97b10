import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { allCases } from '../conformance/cases.js';
import { listFiles, readPage, root } from './documentation.js';

describe('docs/conformance.md', () => {
  const { text } = readPage('docs/conformance.md');

  it('names files that are there', () => {
    const paths = [...text.matchAll(/\bspec\/[\w./-]+\w/g)].map(([path]) => path);
    expect(paths).to.have.length.above(15);
    expect(
      paths.filter((path) => !existsSync(join(root, path)) && !path.endsWith('first-octets')),
    ).to.deep.equal([]);
  });

  it('names every spec of spec/conformance', () => {
    const specs = listFiles('spec/conformance', '.spec.ts').filter(
      (path) => !path.endsWith('adapter.spec.ts'),
    );
    expect(specs.filter((path) => !text.includes(path))).to.deep.equal([]);
  });

  it('names commands that are there', () => {
    const { scripts } = JSON.parse(readPage('package.json').text) as { scripts: Record<string, string> };
    const commands = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
    expect(commands).to.have.length.above(5);
    expect(commands.filter((name) => !(name in scripts))).to.deep.equal([]);
  });

  it('counts the cases', () => {
    expect(text).to.contain(`the ${String([...allCases()].length)} cases`);
  });
});
