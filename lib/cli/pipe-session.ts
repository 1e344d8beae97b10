import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { ConnectionClosedError, type WebSocketClient } from '../index.js';
import type { StopSignal } from './exit-status.js';
import { LineSplitter } from './line-splitter.js';
import { printableText } from './printable-text.js';

const LINE_FEED = Buffer.from('\n');

/** Says how a pipe is framed and when it ends. */
export interface PipeOptions {
  /** Chunks as binary messages instead of lines as text messages. */
  readonly binary: boolean;
  /** How long to stay after the end of the input, in milliseconds. */
  readonly waitMs: number;
  /** Whether a terminal shows the output, so that control characters have to be escaped. */
  readonly isShown: boolean;
}

/**
 * Joins a connection to an input and an output that are no terminal. Neither side is read faster than the other
 * takes it.
 */
export class PipeSession {
  readonly #connection: WebSocketClient;
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #options: PipeOptions;
  readonly #ended = new AbortController();
  #failure: Error | undefined;

  constructor(connection: WebSocketClient, input: Readable, output: Writable, options: PipeOptions) {
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
    this.#output.on('error', (error) => this.#fail(error));
    this.#connection.once('close', () => {
      this.#ended.abort();
      // A pipe whose writer lives on would keep the process waiting for input that nobody can take.
      this.#input.destroy();
    });
    const sending = this.#send().catch((error: unknown) => this.#fail(error));
    await this.#receive().catch((error: unknown) => this.#fail(error));
    await sending;
  }

  /** Closes with 1001; when asked again, drops the connection. */
  stop(signal: StopSignal): void {
    if (this.#connection.isClosed) this.#connection.terminate();
    else this.#connection.close(1001, `Stopped by ${signal}`);
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
    for (const message of messages) {
      if (this.#connection.isClosed) return;
      if (!this.#connection.write(message))
        await once(this.#connection, 'drain', { signal: this.#ended.signal });
    }
  }

  async #receive(): Promise<void> {
    for await (const message of this.#connection as AsyncIterable<string | Buffer>) {
      const taken = this.#output.write(this.#framed(message));
      if (!taken && !this.#output.destroyed) await once(this.#output, 'drain');
    }
  }

  #framed(message: string | Buffer): string | Buffer {
    if (this.#options.binary) return message;
    if (this.#options.isShown) return `${printableText(message.toString())}\n`;
    return typeof message === 'string' ? `${message}\n` : Buffer.concat([message, LINE_FEED]);
  }

  async #wait(): Promise<void> {
    if (this.#connection.isClosed) return;
    if (this.#options.waitMs === Infinity) await once(this.#ended.signal, 'abort');
    else await delay(this.#options.waitMs, undefined, { signal: this.#ended.signal });
  }

  #fail(error: unknown): void {
    // The end of the connection itself is told by its code; what it interrupts here is no failure of the pipe.
    if (error instanceof ConnectionClosedError || this.#ended.signal.aborted) return;
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#connection.close(1001);
  }
}
