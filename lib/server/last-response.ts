import type { Duplex } from 'node:stream';

/** Milliseconds that a client has to take its last response. */
const LINGER_MS = 2_000;

/**
 * Writes a response that nothing follows and ends the stream, whether the client takes it or not; what it still
 * sends is never looked at. Never throws.
 */
export function endWithResponse(stream: Duplex, response: Buffer): void {
  stream.on('error', ignoreError);
  if (stream.destroyed) return;
  const timer = setTimeout(() => stream.destroy(), LINGER_MS);
  stream.once('close', () => clearTimeout(timer));
  stream.end(response);
  // Unread octets would turn our FIN into a RST, which may overtake the response.
  stream.resume();
}

/** Knows the streams that were ended with a response and are not gone yet. */
export class LastResponses {
  readonly #streams = new Set<Duplex>();

  /** Does as {@link endWithResponse}, and keeps the stream in mind until it is gone. */
  send(stream: Duplex, response: Buffer): void {
    endWithResponse(stream, response);
    if (stream.destroyed) return;
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
  }

  /** Streams on which the client has still to take its response. */
  get streams(): ReadonlySet<Duplex> {
    return this.#streams;
  }
}

function ignoreError(): void {
  // 'close' follows and says all that matters.
}
