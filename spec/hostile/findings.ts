import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Finding } from './row.js';

const file = fileURLToPath(new URL('findings.json', import.meta.url));

/** Is what came of one row. */
export interface RowFindings {
  readonly hawser: Finding;
  /** Missing where `ws` has nothing to compare with. */
  readonly ws?: Finding;
  /** hawser without its defence; missing where `ws` already fails. */
  readonly undefended?: Finding;
}

/** Is what the last reports found, row by row, and where. */
export interface Findings {
  readonly machine: string;
  readonly rows: Readonly<Record<string, RowFindings>>;
}

export function readFindings(): Findings {
  return JSON.parse(readFileSync(file, 'utf8')) as Findings;
}

export function writeFindings(findings: Findings): void {
  writeFileSync(file, `${JSON.stringify(findings, null, 2)}\n`);
}

/** Tells whether a row was red somewhere, so that its spec is to be believed. */
export function isProven({ ws, undefended }: RowFindings): boolean {
  return ws?.held === false || undefended?.held === false;
}
