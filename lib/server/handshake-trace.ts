import type { IncomingMessage } from 'node:http';
import { handshakeTracing } from '../diagnostics.js';

/** Is what `hawser:handshake` publishes of an opening handshake in the server role. */
interface Traced {
  readonly role: 'server';
  readonly request: IncomingMessage;
  statusCode?: number;
  error?: Error;
}

/** Follows one opening handshake for whoever traces them. */
export class HandshakeTrace {
  readonly #request: IncomingMessage;
  /** Made when somebody first traces it. */
  #knownTraced: Traced | undefined;
  #isOver = false;

  constructor(request: IncomingMessage) {
    this.#request = request;
    if (handshakeTracing.start.hasSubscribers) handshakeTracing.start.publish(this.#traced);
  }

  /** Whether the end was told. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Publishes the end, once: with the status that was answered, if any, and why it was no 101. */
  end(statusCode: number | undefined, reason?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!handshakeTracing.error.hasSubscribers && !handshakeTracing.asyncEnd.hasSubscribers) return;
    if (statusCode !== undefined) this.#traced.statusCode = statusCode;
    if (reason !== undefined) {
      this.#traced.error = new Error(reason);
      if (handshakeTracing.error.hasSubscribers) handshakeTracing.error.publish(this.#traced);
    }
    if (handshakeTracing.asyncEnd.hasSubscribers) handshakeTracing.asyncEnd.publish(this.#traced);
  }

  get #traced(): Traced {
    return (this.#knownTraced ??= { role: 'server', request: this.#request });
  }
}
