import { clearScreenDown, createInterface, cursorTo, type Interface } from 'node:readline';
import type { Connection } from '../index.js';
import type { StopSignal } from './exit-status.js';
import { printableOctets, printableText } from './printable-text.js';
import { colour } from './status-line.js';

/** Says what typed lines become. */
export interface TerminalOptions {
  /** Binary messages instead of text messages. */
  readonly binary: boolean;
}

/** Is the screen side of a terminal. */
export type Screen = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Joins a connection to a person at a terminal: a prompt, and messages printed above it. */
export class TerminalSession {
  readonly #connection: Connection;
  readonly #output: Screen;
  readonly #options: TerminalOptions;
  readonly #prompt: Interface;
  #isPromptOpen = true;

  constructor(
    connection: Connection,
    input: NodeJS.ReadableStream,
    output: Screen,
    options: TerminalOptions,
  ) {
    this.#connection = connection;
    this.#output = output;
    this.#options = options;
    this.#prompt = createInterface({ input, output, prompt: '> ', terminal: true });
  }

  /** Runs until the connection is gone. */
  async run(): Promise<void> {
    const connection = this.#connection;
    this.#prompt.on('line', (line) => this.#promptOnLine(line));
    this.#prompt.on('SIGINT', () => this.#promptOnInterrupt());
    this.#prompt.on('close', () => this.#promptOnClose());
    connection.on('message', (data, isBinary) => this.#connectionOnMessage(data, isBinary));
    const closed = new Promise<void>((resolve) => connection.once('close', () => resolve()));
    this.#prompt.prompt();
    await closed;
    this.#prompt.close();
  }

  /** Closes with 1001; when asked again, drops the connection. */
  stop(signal: StopSignal): void {
    if (this.#connection.isClosed) this.#connection.terminate();
    else this.#connection.close(1001, `Stopped by ${signal}`);
  }

  /** Prints lines above the prompt, and puts back what was being typed. */
  print(text: string): void {
    if (!this.#isPromptOpen) {
      this.#output.write(`${text}\n`);
      return;
    }
    const typed = this.#prompt.line;
    const back = typed.length - this.#prompt.cursor;
    // Emptied first, because readline then forgets that its line took several rows.
    this.#prompt.write(null, { ctrl: true, name: 'e' });
    this.#prompt.write(null, { ctrl: true, name: 'u' });
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    this.#output.write(`${text}\n`);
    this.#prompt.prompt();
    if (typed !== '') this.#prompt.write(typed);
    for (let left = 0; left < back; left++) this.#prompt.write(null, { name: 'left' });
  }

  #promptOnLine(line: string): void {
    if (this.#connection.isClosed) return;
    this.#connection.write(this.#options.binary ? Buffer.from(line) : line);
    this.#prompt.prompt();
  }

  #promptOnInterrupt(): void {
    if (this.#connection.isClosed) {
      this.#connection.terminate();
      return;
    }
    this.print(colour(this.#output, 'dim', 'closing; Ctrl-C again drops the connection'));
    this.#connection.close(1000);
  }

  #promptOnClose(): void {
    this.#isPromptOpen = false;
    // Ctrl-D leaves the cursor behind the prompt.
    this.#output.write('\n');
    this.#connection.close(1000);
  }

  #connectionOnMessage(data: string | Buffer, isBinary: boolean): void {
    const text =
      typeof data === 'string' && !isBinary
        ? printableText(data)
        : `${colour(this.#output, 'cyan', `[binary, ${String(data.length)} octets]`)} ${printableOctets(Buffer.from(data))}`;
    this.print(`${colour(this.#output, 'green', '<')} ${text.replaceAll('\n', '\n  ')}`);
  }
}
