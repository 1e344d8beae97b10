import type { Duplex } from 'node:stream';
import { InvalidOptionError, InvalidStateError } from '../errors.js';

/**
 * On a byte stream that is a WebSocket already: leads to whoever reads it, once that is known. A WeakSet would cost each
 * connection close to a microsecond.
 */
export const OWNER = Symbol('owner');

/**
 * Claims a byte stream for one connection, for good.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no open Duplex of bytes, InvalidStateError
 * (`ERR_WS_INVALID_STATE`) when it was claimed before.
 */
export function claimStream(stream: unknown): asserts stream is Duplex {
  if (!isDuplex(stream)) {
    throw new InvalidOptionError('stream', stream, 'a Duplex of bytes, such as a socket');
  }
  if (OWNER in stream)
    throw new InvalidStateError('the stream is a WebSocket already; it can be taken over once');
  if (stream.destroyed || !stream.writable || !stream.readable) {
    throw new InvalidStateError('the stream is not open in both directions');
  }
  if (stream.readableObjectMode || stream.writableObjectMode) {
    throw new InvalidOptionError('stream', stream, 'a Duplex of bytes, not of objects');
  }
  if (typeof stream.readableEncoding === 'string') {
    throw new InvalidOptionError(
      'stream',
      stream,
      'a Duplex of bytes, not of text: setEncoding was called on it',
    );
  }
  (stream as { [OWNER]?: undefined })[OWNER] = undefined;
}

/** Tells whether something is a Duplex, by what it can do: there may be several stream libraries in a process. */
export function isDuplex(value: unknown): value is Duplex {
  const stream = value as Partial<Duplex> | null | undefined;
  return (
    typeof stream === 'object' &&
    stream !== null &&
    typeof stream.on === 'function' &&
    typeof stream.write === 'function' &&
    typeof stream.pipe === 'function' &&
    typeof stream.pause === 'function'
  );
}
