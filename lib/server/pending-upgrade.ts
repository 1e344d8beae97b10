import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { handshakeTracing } from '../diagnostics.js';
import type { Admitted } from './admission.js';
import { UpgradeGuard } from './upgrade-guard.js';

/** Follows an opening handshake in traces. */
export interface HandshakeTrace {
  readonly role: 'server';
  readonly request: IncomingMessage;
  statusCode?: number;
  error?: Error;
}

/** Is a request that was found valid and waits for its answer (websocket(n): test). */
export class PendingUpgrade {
  readonly request: IncomingMessage;
  readonly admitted: Admitted;
  readonly guard: UpgradeGuard;
  readonly #trace: HandshakeTrace;

  constructor(
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer | undefined,
    admitted: Admitted,
    timeoutMs: number,
    onGone: () => void,
    onTimeout: () => void,
  ) {
    this.request = request;
    this.admitted = admitted;
    this.guard = new UpgradeGuard(stream, head, timeoutMs, onGone, onTimeout);
    this.#trace = { role: 'server', request };
    if (handshakeTracing.start.hasSubscribers) handshakeTracing.start.publish(this.#trace);
  }

  /** Reports the answer to whoever traces handshakes. */
  traceEnd(statusCode: number, reason?: string): void {
    this.#trace.statusCode = statusCode;
    if (reason !== undefined) {
      this.#trace.error = new Error(reason);
      if (handshakeTracing.error.hasSubscribers) handshakeTracing.error.publish(this.#trace);
    }
    if (handshakeTracing.asyncEnd.hasSubscribers) handshakeTracing.asyncEnd.publish(this.#trace);
  }
}
