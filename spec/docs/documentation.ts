import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/* Reads the documentation as the specs beside need it: pages, code blocks, tables, and the regions of the examples. */

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** One page, its path relative to the root of the project. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** One fenced block of code. */
export interface CodeBlock {
  /** Where it is, for the report: path and line. */
  readonly where: string;
  readonly language: string;
  readonly text: string;
  /** Says where it was taken from: `examples/echo.ts#server`; undefined without the comment above it. */
  readonly source: string | undefined;
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}

/** Lists the files under a folder by an ending, relative to the root, sorted. */
export function listFiles(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Reads everything that is documentation. */
export function readPages(): Page[] {
  return ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...listFiles('docs', '.md')].map(readPage);
}

/** Lists the programs among the examples; what they share is in a folder of its own. */
export function listExamples(): string[] {
  return readdirSync(join(root, 'examples'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `examples/${name}`)
    .sort();
}

const FENCE = /^(?:<!-- from (\S+) -->\n)?```(\w*)\n([^]*?)^```$/gm;

export function codeBlocks({ path, text }: Page): CodeBlock[] {
  return [...text.matchAll(FENCE)].map((match) => ({
    where: `${path}:${text.slice(0, match.index).split('\n').length}`,
    language: match[2]!,
    text: match[3]!,
    source: match[1],
  }));
}

/** Gives a page without its blocks of code. */
export function prose({ text }: Page): string {
  return text.replace(FENCE, '');
}

const REGION = /^[ \t]*\/\/ #region (\S+)\n([^]*?)^[ \t]*\/\/ #endregion\n/gm;

/** Gives the regions of an example by their full names, `examples/echo.ts#server`, without the indentation they share. */
export function regionsOf(example: string): Map<string, string> {
  const { text } = readPage(example);
  const regions = new Map<string, string>();
  for (const [, name, body] of text.matchAll(REGION)) {
    const fullName = `${example}#${name!}`;
    if (regions.has(fullName)) throw new Error(`${fullName} is there twice`);
    regions.set(fullName, dedent(body!));
  }
  return regions;
}

function dedent(text: string): string {
  const lines = text.split('\n');
  const depths = lines.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)![0].length);
  const shared = Math.min(...depths);
  return lines.map((line) => line.slice(Math.min(shared, /^ */.exec(line)![0].length))).join('\n');
}

/** Gives the cells of all tables of a page, row by row; rows of dashes are left out. */
export function tableRows({ text }: Page): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
}

/** Gives the anchors that the headings of a page make, as a forge names them. */
export function anchorsOf(page: Page): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of prose(page).matchAll(/^#{1,6} +(.+)$/gm)) {
    const base = heading!
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 * 1024 };

/** Reads the amount that a cell begins with: `16 MiB`, `10,000`, `Infinity`; NaN if it begins with none. */
export function parseAmount(cell: string): number {
  const match = /^(?:(`Infinity`)|(\d[\d,]*)(?: (KiB|MiB))?)(?!\w)/.exec(cell);
  if (match === null) return NaN;
  const [, infinite, digits = '', unit = ''] = match;
  return infinite === undefined ? Number(digits.replaceAll(',', '')) * (UNITS[unit] ?? 1) : Infinity;
}
