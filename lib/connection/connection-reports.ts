import { closeChannel, errorChannel, openChannel, pingChannel, pongChannel } from '../diagnostics.js';
import { ConnectionClosedError } from '../errors.js';
import { log, logs } from '../logging.js';
import type { Connection } from './connection.js';
import type { Outcome } from './ending.js';
import type { SessionEvents } from './session.js';

/*
 * Who is told what: each thing that happens on a connection goes to its listeners, its handler, the log and the
 * diagnostics channels.
 */

/** Reports what happens in the session of a connection. One object serves all of them. */
export const connectionReports: SessionEvents<Connection> = {
  octets(connection) {
    connection.touched();
  },
  message(connection, message) {
    // hot path: benchmarks/micro/receiver
    if (typeof message === 'string') {
      connection.emit('text', message);
      if (connection.listenerCount('message') > 0) connection.emit('message', message, false);
      connection.calls?.deliver('text', message);
      connection.pushMessage(message);
    } else if (message instanceof Uint8Array) {
      connection.emit('binary', message);
      if (connection.listenerCount('message') > 0) connection.emit('message', message, true);
      connection.calls?.deliver('binary', message);
      connection.pushMessage(message);
    } else if ('utf8' in message) {
      const octets = message.utf8;
      connection.emit('utf8', octets);
      if (connection.listenerCount('message') > 0) connection.emit('message', octets, false);
      connection.calls?.deliver('utf8', octets);
      connection.pushMessage(octets);
    } else {
      connection.emit('fragment', message);
      connection.calls?.deliver('fragment', message);
      connection.pushMessage(message.data);
    }
  },
  ping(connection, payload) {
    if (pingChannel.hasSubscribers) pingChannel.publish({ connection, payload, origin: 'remote' });
    connection.emit('ping', payload);
    connection.calls?.notify('ping', payload);
  },
  pong(connection, payload) {
    connection.ponged(payload);
    if (pongChannel.hasSubscribers) pongChannel.publish({ connection, payload, latency: connection.latency });
    connection.emit('pong', payload);
    connection.calls?.notify('pong', payload);
  },
  closing(connection, code, reason, origin) {
    log('debug', 'closing', { code, reason, origin });
    // From now on the closing deadline watches the peer.
    connection.stopHeartbeat();
    connection.keepAddresses();
    connection.emit('closing', code, reason, origin);
    connection.calls?.notify('close', { code, reason, origin });
    // The answer to the peer's Close goes behind what was handed in before.
    if (origin !== 'remote') return;
    connection.cancelSource();
    connection.closeWritable();
  },
  timeout(connection, kind) {
    log('notice', 'deadline passed', { kind, peer: connection.peername });
    // Behind a destroy() the stream lingers for our Close, but `close` came already, and comes last.
    if (connection.destroyed) return;
    connection.emit('timeout', kind);
    connection.calls?.notify('timeout', kind);
  },
  drain(connection) {
    connection.emitDrain();
  },
  ended(connection) {
    connection.forget();
    connection.endAfterSession();
  },
};

/** Reports that a connection is open. */
export function reportOpen(connection: Connection): void {
  if (logs('info')) {
    const { role, peername, path } = connection;
    log('info', 'connection open', { role, peer: peername, path });
  }
  if (openChannel.hasSubscribers) openChannel.publish({ connection });
}

/** Reports that a connection that was open is gone. */
export function reportDisconnect(connection: Connection, outcome: Outcome): void {
  const { code, reason, wasClean } = outcome;
  if (logs('info')) log('info', 'connection closed', { code, reason, wasClean, peer: connection.peername });
  if (closeChannel.hasSubscribers) closeChannel.publish({ connection, code, reason, wasClean });
  connection.emit('disconnect', code, reason, wasClean);
  connection.calls?.notify('disconnect', { code, reason, wasClean });
}

/**
 * Reports an error to everybody but the listeners.
 * @returns whether that will do when nobody listens: a handler was told, or the connection was open and its peer
 * could end the process otherwise.
 */
export function reportError(connection: Connection, error: Error, wasOpen: boolean): boolean {
  if (errorChannel.hasSubscribers) errorChannel.publish({ connection, error });
  connection.calls?.notify('error', error);
  if (connection.calls !== undefined) return true;
  if (wasOpen && connection.listenerCount('error') === 0) {
    const level = error instanceof ConnectionClosedError ? 'warn' : 'error';
    log(level, 'an error that nobody listens to', { err: error });
  }
  return wasOpen;
}
