import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Answer, Question } from './victims/conversation.js';
import { readProcessMemory, type ProcessMemory } from './process-memory.js';

const running = new Set<Companion>();

/** Says how a process ended. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Says what a process has that this one has not. */
export interface Surroundings {
  /** File descriptors that it may have; as many as we if undefined. */
  readonly descriptors?: number | undefined;
  /** Variables of its environment, besides those that it inherits. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Is a process of its own that answers questions. */
export class Companion {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  /** Resolves when the process is gone. */
  readonly ended: Promise<Ending>;
  #ending: Ending | undefined;
  #stderr = '';
  #next = 0;

  /**
   * Starts a program of this folder.
   *
   * @param program - Its path relative to this folder, without the extension
   * @param orders - What it is told on its command line
   * @param nodeArguments - Options of Node, such as `--max-old-space-size=256`
   * @param surroundings - What it has besides what we have
   */
  constructor(
    program: string,
    orders: unknown,
    nodeArguments: readonly string[] = [],
    { descriptors, environment = {} }: Surroundings = {},
  ) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#child = fork(
      fileURLToPath(new URL(`${program}.${extension}`, import.meta.url)),
      [JSON.stringify(orders)],
      {
        ...limited(['--import', 'tsx', ...nodeArguments], descriptors),
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    );
    running.add(this);
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4096);
    });
    this.#child.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('error' in answer) waiting?.reject(new Error(answer.error));
      else waiting?.resolve(answer.result as never);
    });
    this.ended = once(this.#child, 'close').then(([status, signal]) => {
      running.delete(this);
      this.#ending = { status: status as number | null, signal: signal as NodeJS.Signals | null };
      for (const { reject } of this.#waiting.values()) reject(this.#gone());
      this.#waiting.clear();
      return this.#ending;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get isAlive(): boolean {
    return this.#ending === undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Asks, and waits for the answer; rejects when there is none because the process is gone. */
  async ask<T>(name: string, details?: unknown): Promise<T> {
    if (!this.isAlive) throw this.#gone();
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, name, details } satisfies Question, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  memory(): ProcessMemory {
    return readProcessMemory(this.pid);
  }

  /** Reads the CPU time that the process has used, in milliseconds. */
  cpuMilliseconds(): number {
    const stat = readFileSync(`/proc/${String(this.pid)}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Ticks of 10 ms, of the user's time and the system's.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends the process, and waits until it is gone. */
  async end(): Promise<Ending> {
    if (this.isAlive) this.#child.kill('SIGKILL');
    return this.ended;
  }

  /** Ends what is still running. */
  static async endAll(): Promise<void> {
    await Promise.all([...running].map((companion) => companion.end()));
  }

  #gone(): Error {
    const how = this.#ending?.status ?? this.#ending?.signal ?? 'unknown';
    return new Error(`the process is gone (${String(how)})\n${this.#stderr}`);
  }
}

/** Starts Node, through a shell that lowers the limit if there is one. */
function limited(execArgv: string[], descriptors?: number): { execArgv: string[]; execPath?: string } {
  if (descriptors === undefined) return { execArgv };
  const command = `ulimit -n ${String(descriptors)}; exec "$0" "$@"`;
  return { execPath: '/bin/sh', execArgv: ['-c', command, process.execPath, ...execArgv] };
}
