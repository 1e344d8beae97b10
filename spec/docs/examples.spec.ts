import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { listExamples, root } from './documentation.js';

/** Milliseconds that an example may take; each is written to end within a few seconds. */
const TIMEOUT_MS = 30_000;

interface Run {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs an example as a program of its own, with the package as it is built. */
async function run(example: string): Promise<Run> {
  const child = spawn(process.execPath, ['--import', 'tsx', example], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  const [output, errors, [status, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  clearTimeout(timer);
  return { status, signal, output: `${output}\n${errors}` };
}

describe('the examples', function () {
  this.timeout(TIMEOUT_MS + 10_000);

  before(() => {
    expect(existsSync(join(root, 'dist/index.js')), 'dist/ is built (npm run build)').to.equal(true);
  });

  for (const example of listExamples()) {
    it(`${example} ends by itself, with everything as it asserts`, async () => {
      const { status, signal, output } = await run(example);
      expect({ status, signal }, output).to.deep.equal({ status: 0, signal: null });
    });
  }
});
