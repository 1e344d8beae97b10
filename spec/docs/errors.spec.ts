import { expect } from 'chai';
import { LimitError, WebSocketError } from '../../lib/errors.js';
import { DEFAULTS } from '../../lib/protocol/constants.js';
import * as violations from '../../lib/protocol/violations.js';
import { listFiles, readPage, tableRows } from './documentation.js';

/** Reads the sources of lib/ without comments. */
function sources(): string[] {
  return listFiles('lib', '.ts').map((path) =>
    readPage(path).text.replaceAll(/\/\*[^]*?\*\/|(?<![\\/:])\/\/[^\n]*/g, ' '),
  );
}

/** Collects every code that the library can give an error: those written out, and those made from parts. */
function codesOfLibrary(): Set<string> {
  const codes = new Set<string>();
  for (const text of sources()) {
    for (const [, code] of text.matchAll(/['"`](ERR_WS(?:_[A-Z\d]+)*)['"`]/g)) codes.add(code!);
    // Errors of limits that are made elsewhere name the limit in the same file.
    if (!text.includes('new LimitError(')) continue;
    for (const name of Object.keys(DEFAULTS)) {
      if (text.includes(`'${name}'`)) codes.add(new LimitError(name, 0, 0, 1000, '').code);
    }
  }
  const [, stages] = /type HandshakeStage = ([^;]+);/.exec(readPage('lib/errors.ts').text)!;
  for (const [, stage] of stages!.matchAll(/'(\w+)'/g)) codes.add(`ERR_WS_HANDSHAKE_${stage!.toUpperCase()}`);
  for (const factory of Object.values(violations)) {
    const error = (factory as (...args: unknown[]) => unknown)(1, 2);
    expect(error).to.be.an.instanceOf(WebSocketError);
    codes.add((error as WebSocketError).code);
  }
  return codes;
}

describe('docs/errors.md', () => {
  const page = readPage('docs/errors.md');
  const listed = tableRows(page).flatMap(([cell = '']) => /^`(ERR_WS\w*)`$/.exec(cell)?.[1] ?? []);

  it('lists every code once', () => {
    expect(listed).to.deep.equal([...new Set(listed)]);
    expect(listed).to.have.length.above(20);
  });

  it('lists the codes that the library makes, and no others', () => {
    expect([...listed].sort()).to.deep.equal([...codesOfLibrary()].sort());
  });

  it('tells the close code of every violation', () => {
    const rows = new Map(tableRows(page).map(([code, , closeCode]) => [code, closeCode]));
    for (const factory of Object.values(violations)) {
      const { code, closeCode } = (factory as (...args: unknown[]) => { code: string; closeCode: number })(
        1,
        2,
      );
      expect(rows.get(`\`${code}\``), code).to.equal(String(closeCode));
    }
  });

  it('has a chapter for every class', () => {
    const classes = [
      ...readPage('lib/errors.ts').text.matchAll(/^export class (\w+) extends WebSocketError/gm),
    ];
    expect(classes).to.have.length.above(4);
    for (const [, name] of classes) expect(page.text).to.include(`\n## ${name!}\n`);
  });
});
