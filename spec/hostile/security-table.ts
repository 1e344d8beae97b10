import type { Findings } from './findings.js';
import type { Finding, Row } from './row.js';

/** Is the part of docs/security.md that `npm run hostile:report` writes. */
const REGION = /(<!-- findings: npm run hostile:report -->\n)[^]*?(<!-- end of findings -->)/;

/** Writes the table of all rows with their figures. */
export function securityTable(rows: readonly Row[], { machine, rows: found }: Findings): string {
  const lines = rows.map(({ id, peer, must, removal, withoutWs }) => {
    const { hawser, ws, undefended } = found[id] ?? {};
    const without =
      removal === undefined ? '' : `; without [its defence](../lib/${removal.file}): ${cell(undefended)}`;
    return `| ${id} | ${peer} | ${must} | ${cell(hawser)} | ${withoutWs ?? cell(ws)}${without} |`;
  });
  return [
    `Found on ${machine}. **Bold** is what did not hold.`,
    '',
    '| id | the peer, or what happens | must hold | hawser | `ws` |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

/** Puts the table into the page. @throws Error when the page has no place for it. */
export function withTable(page: string, table: string): string {
  if (!REGION.test(page)) throw new Error('docs/security.md has no region for the findings');
  return page.replace(REGION, (_, begin: string, end: string) => `${begin}\n${table}\n${end}`);
}

function cell(finding: Finding | undefined): string {
  if (finding === undefined) return 'not tried';
  return finding.held ? finding.figure : `**${finding.figure}**`;
}
