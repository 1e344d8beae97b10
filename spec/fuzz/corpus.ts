import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Finds the file with the inputs that are kept for a target: one on a line, in hex. */
function fileOf(name: string): string {
  return fileURLToPath(new URL(`corpus/${name}.txt`, import.meta.url));
}

/** Reads the inputs that are kept for a target. */
export function readCorpus(name: string): Buffer[] {
  const file = fileOf(name);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line, 'hex'));
}

/** Keeps inputs for a target in place of those that there are. */
export function writeCorpus(name: string, inputs: readonly Buffer[]): void {
  const lines = inputs
    .map((input) => `${input.toString('hex')}\n`)
    .sort((one, other) => one.length - other.length);
  writeFileSync(fileOf(name), lines.join(''));
}
