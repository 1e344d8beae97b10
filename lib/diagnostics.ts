import { channel, tracingChannel } from 'node:diagnostics_channel';

/*
 * diagnostics_channel channels. Publishing is guarded by `hasSubscribers` at each place, so that they are free
 * when nobody subscribes.
 */

/** Publishes `{ connection }` once a connection is open. */
export const openChannel = channel('hawser:connection:open');
/** Publishes `{ connection, code, reason, wasClean }` once a connection is gone. */
export const closeChannel = channel('hawser:connection:close');
/** Publishes `{ connection, payload, origin: 'local' | 'remote' }` for each ping sent or received. */
export const pingChannel = channel('hawser:connection:ping');
/** Publishes `{ connection, payload, latency }` for each pong received. */
export const pongChannel = channel('hawser:connection:pong');
/** Publishes `{ connection, error }` when a connection fails. */
export const errorChannel = channel('hawser:connection:error');
/**
 * Traces opening handshakes of both roles: `tracing:hawser:handshake:start`, `:asyncEnd`, `:error` with
 * `{ role, url | request, statusCode?, error? }`.
 */
export const handshakeTracing = tracingChannel('hawser:handshake');
