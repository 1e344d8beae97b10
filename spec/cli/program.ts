import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));
const running = new Set<Program>();

/** Says how a program ended and what it printed. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: Buffer;
  readonly stdout: string;
  readonly stderr: string;
}

/** Is a running `hawser`, started from the sources. */
export class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #output: Buffer[] = [];
  #errors = '';
  /** Resolves when the process has ended and its output is read. */
  readonly ended: Promise<Ending>;

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    running.add(this);
    this.#child.stdout.on('data', (chunk: Buffer) => this.#output.push(chunk));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    // Who ends before it has read all of its input makes writing fail; the ending tells the story.
    this.#child.stdin.on('error', () => {});
    this.ended = once(this.#child, 'close').then(([status, signal]) => {
      running.delete(this);
      const output = Buffer.concat(this.#output);
      return {
        status: status as number | null,
        signal: signal as NodeJS.Signals | null,
        output,
        stdout: output.toString(),
        stderr: this.#errors,
      };
    });
  }

  /** Standard input of the program. */
  get stdin(): Writable {
    return this.#child.stdin;
  }

  /** Standard output of the program; what comes is collected too. */
  get stdout(): Readable {
    return this.#child.stdout;
  }

  /** Writes the whole input, and waits for the end. */
  async feed(input: string | Buffer = ''): Promise<Ending> {
    this.#child.stdin.end(input);
    return this.ended;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until standard output contains a match. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(
      this.#child.stdout,
      () => pattern.exec(Buffer.concat(this.#output).toString()),
      pattern,
    );
  }

  /** Waits until standard error contains a match. */
  async complained(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(this.#child.stderr, () => pattern.exec(this.#errors), pattern);
  }

  async #until<T>(stream: Readable, find: () => T | null, pattern: RegExp): Promise<T> {
    const gone = this.ended.then(() => true);
    for (;;) {
      const found = find();
      if (found !== null) return found;
      const heard = new AbortController();
      const isGone = await Promise.race([
        gone,
        once(stream, 'data', { signal: heard.signal }).then(() => false),
      ]);
      heard.abort();
      if (isGone && find() === null) {
        const { status, stdout, stderr } = await this.ended;
        throw new Error(`ended with ${status} before ${String(pattern)}\n${stdout}\n${stderr}`);
      }
    }
  }

  /** Ends what a failed test has left running. */
  static async endAll(): Promise<void> {
    for (const program of running) program.kill('SIGKILL');
    await Promise.all([...running].map((program) => program.ended));
  }
}
