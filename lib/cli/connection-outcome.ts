import { ConnectionClosedError, type Connection } from '../index.js';
import { ExitStatus } from './exit-status.js';
import { printableText } from './printable-text.js';

/** Watches a connection to its end, and tells how it ended. */
export class ConnectionOutcome {
  #error: Error | undefined;
  #code = 1006;
  #reason = '';
  #wasClean = false;
  /** Resolves once the connection is open; rejects with the error of the opening handshake. */
  readonly opened: Promise<void>;
  /** Resolves once the connection is gone; never rejects. */
  readonly gone: Promise<void>;

  /** @param connection - may still be dialling; nothing that happens to it is missed then. */
  constructor(connection: Connection) {
    connection.on('error', (error) => {
      // That the connection is closed is told by the code already; why it broke is the cause.
      const cause = error instanceof ConnectionClosedError ? error.cause : error;
      if (cause instanceof Error) this.#error ??= cause;
    });
    connection.on('disconnect', (code, reason, wasClean) => {
      this.#code = code;
      this.#reason = reason;
      this.#wasClean = wasClean;
    });
    this.opened = new Promise((resolve, reject) => {
      connection.once('connect', () => resolve());
      // After `connect` this changes nothing.
      connection.once('close', () => reject(this.#error ?? new Error('closed before it was open')));
    });
    this.gone = new Promise((resolve) => connection.once('close', () => resolve()));
  }

  /** Status to exit with. */
  get status(): ExitStatus {
    if (this.#error !== undefined || !this.#wasClean) return ExitStatus.CONNECTION_BROKEN;
    return this.#code === 1000 || this.#code === 1005 ? ExitStatus.CLEAN : ExitStatus.CLOSED_WITH_CODE;
  }

  /** One sentence about the end. */
  get description(): string {
    if (this.#error !== undefined) return `the connection broke: ${printableText(this.#error.message)}`;
    if (!this.#wasClean) return 'the connection was lost without a closing handshake (1006)';
    const reason = this.#reason === '' ? '' : ` ${JSON.stringify(printableText(this.#reason))}`;
    return this.#code === 1005 ? 'closed without a code' : `closed with ${String(this.#code)}${reason}`;
  }
}
