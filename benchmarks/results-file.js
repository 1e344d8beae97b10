import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Leaves out digits that say nothing. */
const short = (_key, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;

/**
 * A file of results: a line of JSON for the `run`, then one for each `result`, or for what is `absent`. What was
 * measured before a run was broken off is there.
 */
export class ResultsFile {
  #path;

  constructor(path) {
    this.#path = path;
    writeFileSync(path, '');
  }

  /** Adds a line. */
  add(kind, value) {
    appendFileSync(this.#path, `${JSON.stringify({ [kind]: value }, short)}\n`);
  }

  /** Reads a file; undefined if there is none. */
  static read(path) {
    if (!existsSync(path)) return undefined;
    const lines = readFileSync(path, 'utf8').trim().split('\n').map(JSON.parse);
    const all = (kind) => lines.filter((line) => kind in line).map((line) => line[kind]);
    const [run] = all('run');
    return { ...run, results: all('result'), absent: all('absent') };
  }
}
