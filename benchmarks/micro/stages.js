import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('.', import.meta.url);

/** So large that nothing is collected while allocations are counted. */
const NODE_OPTIONS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

/** Lists the micro-benchmarks: the files that have cases. */
export function listCases() {
  return readdirSync(folder)
    .filter((file) => /^export const cases\b/m.test(readFileSync(new URL(file, folder), 'utf8')))
    .map((file) => file.replace(/\.js$/, ''));
}

/**
 * Measures all cases of a file, in a process of its own.
 * @param {string} name
 * @param {string} module URL of the build's module
 * @param {boolean} [briefly] only runs them
 */
export function stage(name, module, briefly = false) {
  const file = fileURLToPath(new URL('stage.js', folder));
  const { status, stdout } = spawnSync(
    process.execPath,
    [...NODE_OPTIONS, file, name, ...(briefly ? ['briefly'] : [])],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_NO_WARNINGS: '1', HAWSER_BUILD: new URL('.', module).href },
    },
  );
  if (status !== 0) throw new Error(`the micro-benchmark ${name} ended with ${status}`);
  return JSON.parse(stdout);
}
