import { expect } from 'chai';
import { DEFAULTS } from '../../lib/protocol/constants.js';
import { listFiles, parseAmount, readPage, readPages, tableRows } from './documentation.js';

/** Lists the properties that an exported interface of lib/ declares itself. */
function optionsOf(name: string): string[] {
  const declaration = new RegExp(
    `^export interface ${name}(?:<[^{]*>)?(?: extends [^{]*)? \\{\\n([^]*?)^\\}`,
    'm',
  );
  for (const path of listFiles('lib', '.ts')) {
    const body = declaration.exec(readPage(path).text)?.[1];
    if (body !== undefined)
      return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map((match) => match[1]!);
  }
  throw new Error(`there is no interface ${name}`);
}

/** Gives the chapter of docs/options.md with this heading. */
function chapter(name: string): { path: string; text: string } {
  const { path, text } = readPage('docs/options.md');
  const body = new RegExp(`^## ${name}\\n([^]*?)(?=^## |(?![^]))`, 'm').exec(text)?.[1];
  if (body === undefined) throw new Error(`docs/options.md has no chapter ${name}`);
  return { path, text: body };
}

const INTERFACES = [
  'ConnectionOptions',
  'OpeningOptions',
  'AcceptOptions',
  'ListenOptions',
  'TakenStream',
  'TakeoverRole',
  'BroadcastOptions',
  'DrainOptions',
  'KeepaliveConfiguration',
  'KeepaliveOptions',
  'KeepaliveControllerOptions',
  'ProcessLimits',
];

describe('docs/options.md', () => {
  for (const name of INTERFACES) {
    it(`lists the options of ${name}, each with unit, default and meaning`, () => {
      const rows = tableRows(chapter(name)).filter(([first]) => first !== 'option');
      const options = optionsOf(name);
      expect(options).to.not.equal([]);
      expect(rows.map(([first]) => first!.replaceAll('`', ''))).to.have.members(options);
      for (const row of rows) expect(row.filter((cell) => cell !== '')).to.have.length(4, row[0]);
    });
  }

  it('tells the defaults that are in force', () => {
    const defaults = new Map<string, number>(Object.entries(DEFAULTS));
    const rows = tableRows(readPage('docs/options.md')).filter(([name]) => defaults.has(name!.slice(1, -1)));
    expect(rows).to.have.length.above(15);
    for (const [name, , amount] of rows) {
      expect(parseAmount(amount!), name).to.equal(defaults.get(name!.slice(1, -1)));
    }
  });

  it('lists the options of Node that a client hands through', () => {
    const { text } = readPage('lib/client/client-options.ts');
    const [, checked] = /const TRANSPORT_SCHEMA = \{([^}]*)\}/.exec(text)!;
    const [, others] = /const TLS_OPTIONS = \[([^\]]*)\]/.exec(text)!;
    const names = [...checked!.matchAll(/^ {2}(\w+):/gm), ...others!.matchAll(/'(\w+)'/g)].map(
      (match) => match[1]!,
    );
    expect(names).to.have.length.above(20);
    const listed = [...chapter('ClientOptions').text.matchAll(/`(\w+)`[,.]/g)].map((match) => match[1]!);
    expect(listed).to.deep.equal(names);
  });

  it('lets no interface of options be forgotten', () => {
    const exported = readPage('lib/index.ts').text.matchAll(/\b(\w+(?:Options|Limits))\b/g);
    const { text } = readPage('docs/options.md');
    expect([...exported].map((match) => match[1]!).filter((name) => !text.includes(name))).to.deep.equal([]);
  });
});

describe('the documentation of the public API', () => {
  const text = readPages()
    .map((page) => page.text)
    .join('\n');

  it('mentions everything that index.ts exports as a value', () => {
    const exported = [...readPage('lib/index.ts').text.matchAll(/export \{([^}]*)\}/g)]
      .flatMap((match) => match[1]!.split(','))
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '));
    expect(exported).to.include.members(['Connection', 'ServerRegistry', 'processLimits', 'refuse']);
    expect(exported.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).to.deep.equal([]);
  });
});
