/*
 * Tries every row on hawser and on ws, at full length, and writes what came of it into docs/security.md.
 *
 *   npm run hostile:report [-- [--quick] <row> …]
 *
 * With rows, tries these and keeps the others as they were. Where ws does well, or has nothing to compare with, hawser
 * is tried once more without its defence. Exits with 1 when a row does not hold, or nobody ever failed it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Companion } from './companion.js';
import { isProven, readFindings, writeFindings, type RowFindings } from './findings.js';
import { HAWSER, WS, type Library } from './library.js';
import { withoutDefence } from './removal.js';
import type { Finding, Row, Scale } from './row.js';
import { ROWS } from './rows.js';
import { securityTable, withTable } from './security-table.js';

const page = fileURLToPath(new URL('../../docs/security.md', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const scale: Scale = values.quick ? 'quick' : 'full';
const unknown = positionals.filter((id) => !ROWS.some((row) => row.id === id));
if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}`);
const chosen = ROWS.filter(({ id }) => positionals.length === 0 || positionals.includes(id));

async function attempt(row: Row, library: Library): Promise<Finding> {
  try {
    return await row.run(library, scale);
  } catch (error) {
    return { held: false, figure: `fails: ${(error as Error).message.split('\n')[0]!}` };
  } finally {
    await Companion.endAll();
  }
}

async function tryRow(row: Row): Promise<RowFindings> {
  const hawser = await attempt(row, HAWSER);
  const ws = row.withoutWs === undefined ? { ws: await attempt(row, WS) } : {};
  const { removal } = row;
  if (removal === undefined) return { hawser, ...ws };
  return { hawser, ...ws, undefended: await withoutDefence(removal, (library) => attempt(row, library)) };
}

const found: Record<string, RowFindings> = { ...readFindings().rows };
let good = true;
for (const row of chosen) {
  const findings = await tryRow(row);
  found[row.id] = findings;
  good &&= findings.hawser.held && isProven(findings);
  console.log(row.id, JSON.stringify(findings), isProven(findings) ? '' : 'NOBODY FAILED IT');
}
const { version } = createRequire(import.meta.url)('ws/package.json') as { version: string };
const machine = `${cpus()[0]!.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ws ${version}`;
const rows = Object.fromEntries(ROWS.flatMap(({ id }) => (found[id] === undefined ? [] : [[id, found[id]]])));
writeFindings({ machine, rows });
writeFileSync(page, withTable(readFileSync(page, 'utf8'), securityTable(ROWS, { machine, rows })));
process.exitCode = good ? 0 : 1;
