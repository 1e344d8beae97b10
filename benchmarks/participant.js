import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ANSWER_TIMEOUT_MS = 30_000;

/** Lists the cores that this process may run on; none where that cannot be asked or set. */
function allowedCores() {
  const { status, stdout } = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
  if (status !== 0) return [];
  const list = stdout.slice(stdout.lastIndexOf(':') + 1).trim();
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

const cores = allowedCores();

/** Says whether what is measured and its load run on cores of their own. */
export const isPinned = cores.length > 1;

/** A core for each of the two: the last ones, because the first often serves interrupts. */
const CORES = { subject: cores.at(-2), load: cores.at(-1) };

/** A process that takes part in a measurement, on a core of its own, and talks in lines of JSON. */
export class Participant {
  #child;
  #name;
  #text = '';
  #waiting;
  #told = [];
  #ended;

  /**
   * @param {object} options
   * @param {string} options.file module to run, relative to this folder
   * @param {'subject' | 'load'} options.part which core it gets
   * @param {object} options.order what it is to be
   * @param {string[]} [options.command] runtime with its options; Node by default
   * @param {Record<string, string>} [options.env]
   */
  constructor({ file, part, order, command = [process.execPath, '--expose-gc'], env = {} }) {
    this.#name = file;
    const path = fileURLToPath(new URL(file, import.meta.url));
    const pinned = isPinned ? ['taskset', '-c', String(CORES[part]), ...command] : command;
    const [executable, ...rest] = [...pinned, path, JSON.stringify(order)];
    this.#child = spawn(executable, rest, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
    });
    this.#child.stdout.setEncoding('utf8').on('data', (piece) => this.#stdoutOnData(piece));
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', (error) => this.#end(error));
    this.#child.on('close', (code, signal) =>
      this.#end(new Error(`${file} ended early with ${code ?? signal}`)),
    );
  }

  /** Waits for what the process tells next. */
  next() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = undefined;
        reject(new Error(`${this.#name} does not answer`));
      }, ANSWER_TIMEOUT_MS);
      this.#waiting = (message) => {
        clearTimeout(timer);
        if (message instanceof Error) reject(message);
        else if (message.error !== undefined) reject(new Error(message.error));
        else resolve(message);
      };
      this.#settle();
    });
  }

  /** Sends a command and waits for its result. */
  async ask(command, details = {}) {
    this.#child.stdin.write(`${JSON.stringify({ command, ...details })}\n`);
    return (await this.next()).result;
  }

  /** Ends the process, and waits until it is gone. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  #stdoutOnData(piece) {
    this.#text += piece;
    const lines = this.#text.split('\n');
    this.#text = lines.pop();
    this.#told.push(...lines.map((line) => JSON.parse(line)));
    this.#settle();
  }

  #end(error) {
    this.#ended ??= error;
    this.#settle();
  }

  #settle() {
    if (this.#waiting === undefined) return;
    const message = this.#told.shift() ?? this.#ended;
    if (message === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting(message);
  }
}
