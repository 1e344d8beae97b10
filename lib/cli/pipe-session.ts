import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Connection } from '../index.js';
import type { StopSignal } from './exit-status.js';
import { LineSplitter } from './line-splitter.js';
import { printableText } from './printable-text.js';

const LINE_FEED = Buffer.from('\n');

/** Says how a pipe is framed and when it ends. */
export interface PipeOptions {
  /** Chunks as binary messages instead of lines as text messages. */
  readonly binary: boolean;
  /** How long to stay after the end of the input, in milliseconds; Infinity until the peer closes. */
  readonly waitMs: number;
  /** Whether a terminal shows the output, so that control characters have to be escaped. */
  readonly isShown: boolean;
}

/**
 * Joins a connection to an input and an output that are no terminal. Neither side is read faster than the other
 * takes it.
 */
export class PipeSession {
  readonly #connection: Connection;
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #options: PipeOptions;
  /** Aborted once the connection is gone. */
  readonly #gone = new AbortController();
  #isClosing = false;
  #failure: Error | undefined;

  constructor(connection: Connection, input: Readable, output: Writable, options: PipeOptions) {
    this.#connection = connection;
    this.#input = input;
    this.#output = output;
    this.#options = options;
  }

  /** What went wrong at this end of the pipe: input that cannot be read or sent, or an output that is gone. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Runs until the connection is gone and all that came from it is written. */
  async run(): Promise<void> {
    const connection = this.#connection;
    connection.on('data', (message) => this.#connectionOnData(message));
    // Node begins to read on the next tick; a message may come before.
    connection.read(0);
    connection.once('closing', () => this.#connectionOnClosing());
    connection.once('close', () => this.#gone.abort());
    this.#output.on('drain', () => connection.resume());
    this.#output.on('error', (error) => this.#fail(error));
    const sending = this.#send().catch((error: unknown) => {
      // What the end of the connection interrupts here is no failure of the pipe.
      if (!this.#gone.signal.aborted) this.#fail(error);
    });
    if (!this.#gone.signal.aborted) await once(this.#gone.signal, 'abort');
    // A pipe whose writer lives on would keep the process waiting for input that nobody can take.
    this.#input.destroy();
    await sending;
    await this.#flush();
  }

  /** Closes with 1001; when asked again, drops the connection, and in the end what nobody reads. */
  stop(signal: StopSignal): void {
    if (this.#gone.signal.aborted) this.#output.destroy();
    else if (this.#connection.isClosed) this.#connection.terminate();
    else this.#connection.close(1001, `Stopped by ${signal}`);
  }

  #connectionOnData(message: string | Buffer): void {
    if (this.#output.destroyed) return;
    const isTaken = this.#output.write(this.#framed(message));
    if (!isTaken && !this.#isClosing) this.#connection.pause();
  }

  /** Takes whatever comes from now on: the library reads to the end, and keeps only a few messages for who pauses. */
  #connectionOnClosing(): void {
    this.#isClosing = true;
    this.#connection.resume();
  }

  #framed(message: string | Buffer): string | Buffer {
    if (this.#options.binary) return message;
    if (this.#options.isShown) return `${printableText(message.toString())}\n`;
    return typeof message === 'string' ? `${message}\n` : Buffer.concat([message, LINE_FEED]);
  }

  async #send(): Promise<void> {
    const lines = this.#options.binary ? undefined : new LineSplitter();
    for await (const chunk of this.#input as AsyncIterable<Buffer>) {
      await this.#sendAll(lines === undefined ? [chunk] : lines.push(chunk));
      if (this.#connection.isClosed) return;
    }
    await this.#sendAll(lines?.end() ?? []);
    await this.#wait();
    this.#connection.end();
  }

  async #sendAll(messages: readonly (string | Buffer)[]): Promise<void> {
    const { signal } = this.#gone;
    for (const message of messages) {
      if (this.#connection.isClosed) return;
      if (!this.#connection.write(message)) await once(this.#connection, 'drain', { signal });
    }
  }

  /** Stays as long as `--wait` says, and until all is sent and written that can be: closing has a deadline. */
  async #wait(): Promise<void> {
    if (this.#connection.isClosed) return;
    const { signal } = this.#gone;
    if (this.#options.waitMs === Infinity) await once(signal, 'abort');
    else await setTimeout(this.#options.waitMs, undefined, { signal });
    await this.#connection.flushed();
    await this.#catchUp();
  }

  /** Waits until nothing that came is held back: while closing, the library drops what finds no room. */
  async #catchUp(): Promise<void> {
    const { signal } = this.#gone;
    while (!this.#output.destroyed) {
      if (this.#output.writableNeedDrain) await once(this.#output, 'drain', { signal });
      else if (this.#connection.isReadingPaused || this.#connection.readableLength > 0) {
        await setImmediate(undefined, { signal });
      } else return;
    }
  }

  /** Waits until the reader of the output took everything, or is gone. */
  async #flush(): Promise<void> {
    if (this.#output.destroyed || this.#output.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      // A write that is under way never calls back once the stream is destroyed.
      this.#output.once('close', resolve);
      this.#output.write('', () => resolve());
    });
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#connection.close(1001);
  }
}
