import { expect } from 'chai';
import { LOG_LEVELS } from '../../lib/logging.js';
import { listFiles, readPage, tableRows } from './documentation.js';

/** Finds what the library logs: level and entry; the level of `?` is decided where it is logged. */
function entriesOfLibrary(): string[] {
  const entries = new Set<string>();
  for (const path of listFiles('lib', '.ts')) {
    const { text } = readPage(path);
    const calls = text.matchAll(/(?<!function )\blog\(\s*(?:'(\w+)'|level),\s*(?:'([^'\n]+)'|`([^`\n]+)`)/g);
    for (const [, level, plain, template] of calls) {
      const entry = plain ?? template!.replaceAll(/\$\{[^}]*\}/g, '…');
      for (const one of level === undefined ? levelsIn(text) : [level]) entries.add(`${one}: ${entry}`);
    }
  }
  return [...entries].sort();
}

/** Finds the levels among which a file chooses. */
function levelsIn(text: string): string[] {
  const [, first, second] = /const level = [^;]*\? '(\w+)' : '(\w+)';/.exec(text)!;
  return [first!, second!];
}

describe('docs/guide/logging.md', () => {
  const page = readPage('docs/guide/logging.md');
  const levels: readonly string[] = LOG_LEVELS;
  const rows = tableRows(page).filter(([level]) => levels.includes(level!.replaceAll('`', '')));
  const listed = rows.map(([level, entry]) => `${level!.replaceAll('`', '')}: ${entry!}`);

  it('lists every entry of the log with its level, and no other', () => {
    expect(listed).to.have.length.above(15);
    expect([...listed].sort()).to.deep.equal(entriesOfLibrary());
  });

  it('has entries at every level', () => {
    expect([...new Set(rows.map(([level]) => level!.replaceAll('`', '')))]).to.deep.equal([...levels]);
  });

  it('lists the diagnostics channels', () => {
    const { text } = readPage('lib/diagnostics.ts');
    const channels = [...text.matchAll(/\bchannel\('([\w:]+)'\)/g)].map((match) => match[1]!);
    const listedChannels = tableRows(page).flatMap(([cell]) => /^`(hawser:[\w:]+)`$/.exec(cell!)?.[1] ?? []);
    expect(channels).to.have.length.above(4);
    expect(listedChannels).to.have.members(channels);
    const [, tracing] = /tracingChannel\('([\w:]+)'\)/.exec(text)!;
    expect(page.text).to.include(`\`${tracing!}\``);
  });
});
