import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage, root, tableRows } from './documentation.js';

const flat = (code: string) => code.replace(/\s+/g, ' ');

describe('docs/mutation.md', () => {
  const rows = tableRows(readPage('docs/mutation.md')).filter(([file]) => file!.startsWith('`'));

  it('argues survivors', () => {
    expect(rows).to.have.length.above(10);
    for (const row of rows) {
      expect(row).to.have.length(4);
      expect(row[3]).to.not.equal('');
    }
  });

  it('names code that is there, and what it would become', () => {
    for (const [file, code, mutants] of rows) {
      const path = join(root, 'lib', file!.slice(1, -1));
      expect(existsSync(path), path).to.equal(true);
      const wanted = code!.slice(1, -1);
      expect(flat(readFileSync(path, 'utf8')).includes(wanted), `${wanted} in ${path}`).to.equal(true);
      const becomes = [...mutants!.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
      expect(becomes).to.have.length.above(0).and.to.not.include(wanted);
    }
  });
});
