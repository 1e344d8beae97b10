import { expect } from 'chai';
import { CloseCode, loglevel } from '../../lib/index.js';
import { LOG_LEVELS } from '../../lib/logging.js';
import { codeBlocks, readPage, tableRows } from './documentation.js';

/** Commands of websocket(n) 1.3.1. */
const COMMANDS = [
  'open',
  'send',
  'server',
  'live',
  'test',
  'upgrade',
  'takeover',
  'conninfo',
  'find',
  'configure',
  'loglevel',
  'close',
];

/** Options of `http::geturl`, http 2.9. */
const GETURL_OPTIONS = [
  '-binary',
  '-blocksize',
  '-channel',
  '-command',
  '-handler',
  '-headers',
  '-keepalive',
  '-method',
  '-myaddr',
  '-progress',
  '-protocol',
  '-query',
  '-queryblocksize',
  '-querychannel',
  '-queryprogress',
  '-strict',
  '-timeout',
  '-type',
  '-validate',
];

describe('docs/from-tcl.md', () => {
  const page = readPage('docs/from-tcl.md');

  /** Gives the cells of the first column in the chapter of a heading. */
  function firstCells(heading: string): string[] {
    const body = new RegExp(`^## ${heading}\\n([^]*?)(?=^## |(?![^]))`, 'm').exec(page.text)?.[1] ?? '';
    return tableRows({ path: page.path, text: body })
      .slice(1)
      .map(([cell]) => cell!.replaceAll('`', ''));
  }

  it('has every command in its table', () => {
    const commands = firstCells('The commands').map((cell) => /^::websocket::(\w+)/.exec(cell)?.[1]);
    expect(commands).to.deep.equal(COMMANDS);
  });

  it('shows every command in Tcl and in TypeScript', () => {
    const chapter = page.text.slice(page.text.indexOf('## Each command'));
    const headings = [...chapter.matchAll(/^### (.+)\n([^]*?)(?=^#{2,3} )/gm)];
    expect(headings.flatMap((match) => match[1]!.split(', '))).to.deep.equal(COMMANDS);
    for (const [, heading, body] of headings) {
      const languages = codeBlocks({ path: heading!, text: body! }).map(({ language }) => language);
      expect(languages, heading).to.deep.equal(['tcl', 'ts']);
    }
  });

  it('has every option of http::geturl', () => {
    expect(firstCells('Options of http::geturl')).to.deep.equal(GETURL_OPTIONS);
  });

  it('has every type of a handler', () => {
    const types = /^export interface HandlerMessages \{\n([^]*?)^\}/m.exec(
      readPage('lib/connection/connection-events.ts').text,
    )![1]!;
    const names = [...types.matchAll(/^ {2}(\w+): /gm)].map((match) => match[1]!);
    expect(firstCells('The handler')).to.have.members(names);
  });

  it('has every key of conninfo', () => {
    const keys = /^export interface ConnectionInfo \{\n([^]*?)^\}/m.exec(
      readPage('lib/connection/connection-info.ts').text,
    )![1]!;
    const names = [...keys.matchAll(/^ {2}(\w+): /gm)].map((match) => match[1]!);
    expect(firstCells('Keys of conninfo').flatMap((cell) => cell.split(', '))).to.have.members(names);
  });

  it('has every log level, and the default', () => {
    expect(firstCells('Log levels')).to.deep.equal([...LOG_LEVELS]);
    expect(loglevel()).to.equal('error');
  });

  it('says loudly what the type close of the handler is', () => {
    expect(page.text).to.match(/^> \*\*The handler's type `close` is our event `closing`\.\*\*/m);
  });
});

describe('docs/guide/closing.md', () => {
  it('lists the close codes that have a default reason', async () => {
    const { DEFAULT_REASONS } = await import('../../lib/protocol/constants.js');
    const rows = tableRows(readPage('docs/guide/closing.md')).filter(([cell]) => /^1\d{3}$/.test(cell!));
    const listed = rows.map(([code, reason]) => [code, reason!.replace(/ \(never sent\)$/, '')]);
    expect(Object.fromEntries(listed)).to.deep.equal(DEFAULT_REASONS);
    const named = Object.values(CloseCode).filter((code) => code !== CloseCode.NO_STATUS_RECEIVED);
    expect(listed.map(([code]) => Number(code))).to.have.members(named);
  });
});
