/*
 * Compares the mutants that survived with those that docs/mutation.md argues: there, a row of a table names the file,
 * the code, what it becomes (one or several, each in backticks) and why nobody can tell.
 */
import { existsSync, readFileSync } from 'node:fs';

/** Makes code comparable, however it is broken into lines. */
const flat = (code) => code.replace(/\s+/g, ' ').trim();

/** Gives what stands in backticks. */
const codeSpans = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => flat(code));

/** Reads the tables: file, code, and one of the things that it becomes. */
function readArgued(page) {
  return readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => {
      const [, file, code, mutants] = line
        .split(/(?<!\\)\|/)
        .map((cell) => codeSpans(cell.replaceAll('\\|', '|')));
      return mutants.map((mutant) => ({ file: `lib/${file[0]}`, code: code[0], mutant }));
    });
}

/** Gives the lines that a mutant touches, as they are and as they become. */
function showMutant(source, { location: { start, end }, replacement }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const before = lines[0].slice(0, start.column - 1);
  const behind = lines.at(-1).slice(end.column - 1);
  return { original: flat(lines.join('\n')), mutated: flat(before + replacement + behind) };
}

/** Counts the mutants that no spec could judge, because packages were changed or removed during the run. */
export function countUntried(report) {
  if (!existsSync(report)) return 0;
  return Object.values(JSON.parse(readFileSync(report, 'utf8')).files)
    .flatMap(({ mutants }) => mutants)
    .filter(
      ({ status, statusReason = '' }) => status === 'RuntimeError' && /ENOENT|_NOT_FOUND/.test(statusReason),
    ).length;
}

/** Lists the mutants of a report that survived, or that no spec came by, and that the page does not argue. */
export function listUnargued(report, page) {
  if (!existsSync(report)) return [];
  const argued = readArgued(page);
  return Object.entries(JSON.parse(readFileSync(report, 'utf8')).files).flatMap(
    ([file, { source, mutants }]) =>
      mutants
        .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
        .map((mutant) => ({ line: mutant.location.start.line, ...showMutant(source, mutant) }))
        .filter(
          ({ original, mutated }) =>
            !argued.some(
              (row) => row.file === file && original.replace(row.code, () => row.mutant) === mutated,
            ),
        )
        .map(({ line, original, mutated }) => `${file}:${line}\n  - ${original}\n  + ${mutated}`),
  );
}
