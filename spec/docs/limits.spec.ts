import { expect } from 'chai';
import { DEFAULTS } from '../../lib/protocol/constants.js';
import { parseAmount, readPage, tableRows } from './documentation.js';

/** What the page calls those defaults that are no options by their own name. */
const NAMES: Readonly<Record<string, string>> = {
  keepaliveServer: '`keepalive`, servers',
  keepaliveClient: '`keepalive`, clients',
  deflateThreshold: '`threshold` of `perMessageDeflate`',
  slowestLinkBytesPerSecond: 'slowest link, no option',
};

describe('docs/limits.md', () => {
  const rows = tableRows(readPage('docs/limits.md')).filter(([name]) => name !== 'limit');

  it('tells unit, default and what happens past it, of every limit', () => {
    for (const row of rows) {
      expect(row, row[0]).to.have.length(4);
      expect(row.every((cell) => cell !== '')).to.equal(true, row[0]);
    }
  });

  for (const [key, value] of Object.entries(DEFAULTS)) {
    it(`has ${key} with its default, ${value}`, () => {
      const name = NAMES[key] ?? `\`${key}\``;
      const row = rows.find(([cell]) => cell === name);
      expect(row, name).to.not.equal(undefined);
      expect(parseAmount(row![2]!)).to.equal(value);
    });
  }

  it("has the client's deadline of the same length", () => {
    const row = rows.find(([cell]) => cell === '`timeout`');
    expect(parseAmount(row?.[2] ?? '')).to.equal(DEFAULTS.handshakeTimeoutMs);
  });

  it('has no limit twice', () => {
    const names = rows.map(([name]) => name);
    expect(names).to.deep.equal([...new Set(names)]);
  });
});
