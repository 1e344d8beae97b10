import { Worker } from 'node:worker_threads';

/** Longest input that is told, in octets. */
const ROOM = 4096;
/** Milliseconds after which an input is taken for one that never ends. */
const MAX_MS = 20_000;

/** Looks at a counter from another thread, for a loop without an end lets nothing run in its own. */
const PROGRAM = `
  const { workerData: { shared, maxMs } } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  const counters = new Int32Array(shared, 0, 2);
  let seen = -1;
  setInterval(() => {
    if (counters[0] !== seen) { seen = counters[0]; return; }
    const input = Buffer.from(new Uint8Array(shared, 8, counters[1]));
    writeSync(2, 'this input never ends: ' + input.toString('hex') + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }, maxMs);
`;

/** Tells the input, and ends the process, when one takes so long that it may never end. */
export class Watchdog {
  readonly #shared = new SharedArrayBuffer(8 + ROOM);
  readonly #counters = new Int32Array(this.#shared, 0, 2);
  readonly #input = Buffer.from(this.#shared, 8);
  readonly #worker = new Worker(PROGRAM, { eval: true, workerData: { shared: this.#shared, maxMs: MAX_MS } });

  /** Notes what is tried now. */
  note(input: Buffer): void {
    this.#counters[1] = input.copy(this.#input);
    this.#counters[0] = (this.#counters[0]! + 1) | 0;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
