import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Is a line that a program printed: something that happened. */
export type PeerEvent = Readonly<Record<string, unknown>>;

/** Says how a program ended. */
export interface PeerEnding {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

const running = new Set<PeerProgram>();

/** Is a running program that prints a line of JSON for each thing that happens; other lines are notes. */
export class PeerProgram {
  readonly events: PeerEvent[] = [];
  /** Lines that are no JSON. */
  readonly notes: string[] = [];
  /** Resolves when the process has ended and its output is read. */
  readonly ended: Promise<PeerEnding>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #stderr = '';
  #waiting: (() => void)[] = [];

  constructor(command: string, args: readonly string[]) {
    // What the programs take from their command line and print is UTF-8, wherever they run.
    const env = { ...process.env, LC_ALL: 'C.UTF-8', PYTHONUNBUFFERED: '1' };
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    running.add(this);
    createInterface(this.#child.stdout).on('line', (line) => this.#take(line));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = once(this.#child, 'close').then(([status, signal]) => {
      running.delete(this);
      this.#wake();
      return {
        status: status as number | null,
        signal: signal as NodeJS.Signals | null,
        stderr: this.#stderr,
      };
    });
  }

  /** Waits for the first event of a name, or the one after so many others of that name. */
  async event(name: string, skip = 0): Promise<PeerEvent> {
    return this.#until(() => this.eventsOf(name)[skip], `event ${name}`);
  }

  /** Waits for a note that matches. */
  async note(pattern: RegExp): Promise<string> {
    return this.#until(() => this.notes.find((note) => pattern.test(note)), String(pattern));
  }

  /** Lists the events of a name that came so far. */
  eventsOf(name: string): PeerEvent[] {
    return this.events.filter(({ event }) => event === name);
  }

  /** Waits for the end, which has to be a success. */
  async success(): Promise<void> {
    const { status, signal, stderr } = await this.ended;
    if (status === 0) return;
    throw new Error(`ended with ${String(status ?? signal)}\n${this.events.map((event) => JSON.stringify(event)).join('\n')}\n${stderr}`); // prettier-ignore
  }

  /** Ends the process, and waits until it is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<PeerEnding> {
    this.#child.kill(signal);
    return this.ended;
  }

  async #until<T>(find: () => T | undefined, what: string): Promise<T> {
    const gone = this.ended.then(() => true);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const printed = new Promise<false>((resolve) => this.#waiting.push(() => resolve(false)));
      if ((await Promise.race([gone, printed])) && find() === undefined) {
        await this.success();
        throw new Error(`ended before ${what}\n${this.#stderr}`);
      }
    }
  }

  #take(line: string): void {
    if (line.startsWith('{')) this.events.push(JSON.parse(line) as PeerEvent);
    else this.notes.push(line);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Ends what is still running. */
  static async endAll(): Promise<void> {
    await Promise.all([...running].map((program) => program.end('SIGKILL')));
  }
}
