import { expect } from 'chai';
import { listFiles, readPage, tableRows } from './documentation.js';

/** Lists the names that an interface of lib/ declares. */
function namesOf(declaration: RegExp): string[] {
  for (const path of listFiles('lib', '.ts')) {
    const body = declaration.exec(readPage(path).text)?.[1];
    if (body !== undefined) return [...body.matchAll(/^ {2}(\w+): /gm)].map((match) => match[1]!);
  }
  throw new Error(`there is nothing like ${String(declaration)}`);
}

/** Lists what stands in the first column of the tables of a chapter. */
function listed(heading: string, firstCell: string): string[] {
  const { path, text } = readPage('docs/events.md');
  const body = new RegExp(`^## ${heading}\\n([^]*?)(?=^## |(?![^]))`, 'm').exec(text)?.[1] ?? '';
  const tables = body.split(/\n(?=\| \w+ \|)/).filter((table) => table.startsWith(`| ${firstCell} |`));
  return tables
    .flatMap((table) => tableRows({ path, text: table }))
    .filter(([first]) => first !== firstCell)
    .flatMap(([first]) => [...first!.matchAll(/`(\w+)`/g)].map((match) => match[1]!));
}

describe('docs/events.md', () => {
  it('lists the events of a connection', () => {
    const events = namesOf(/^export interface ConnectionEvents \{\n([^]*?)^\}/m);
    expect(listed('Of a connection', 'event')).to.have.members(events);
  });

  it('lists the types of a handler', () => {
    const types = namesOf(/^export interface HandlerMessages \{\n([^]*?)^\}/m);
    expect(listed('Of a connection', 'type')).to.have.members(types);
  });

  it('lists the events of a registry', () => {
    const events = namesOf(/^export interface RegistryEvents \{\n([^]*?)^\}/m);
    expect(listed('Of a registry', 'event')).to.have.members(events);
  });

  it('lists the events of a keepalive controller', () => {
    const events = namesOf(/^export interface KeepaliveEvents<[^{]*\{\n([^]*?)^\}/m);
    expect(listed('Of a keepalive controller', 'event')).to.have.members(events);
  });
});
