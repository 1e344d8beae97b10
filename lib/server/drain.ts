import type { EventEmitter } from 'node:events';
import type { Connection } from '../connection/connection.js';
import { InvalidOptionError } from '../errors.js';
import { check, integer, milliseconds, rejectUnknown, string } from '../options.js';
import { isSendableCloseCode } from '../protocol/close-frame.js';
import { CloseCode } from '../protocol/constants.js';

/** Milliseconds after the deadline until which terminated connections are waited for. */
const GRACE_MS = 250;

/** Says how connections are taken leave of. */
export interface DrainOptions {
  /** Status code of the Close frames; one that may be sent. @defaultValue 1001 */
  readonly code?: number | undefined;
  /** Reason of the Close frames, cut to 123 octets. @defaultValue that of the code */
  readonly reason?: string | undefined;
  /** Milliseconds after which those that are left are terminated. @defaultValue 10000 */
  readonly timeout?: number | undefined;
}

/** Are drain options after their check. */
export interface DrainSettings {
  readonly code: number;
  readonly reason: string | undefined;
  readonly timeout: number;
}

/** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value. */
export function drainSettings(options: DrainOptions): DrainSettings {
  rejectUnknown(options, ['code', 'reason', 'timeout'], 'DrainOptions');
  const code = check('code', integer(CloseCode.GOING_AWAY), options.code);
  if (!isSendableCloseCode(code))
    throw new InvalidOptionError('code', code, 'a code that may be sent: 1001, 1012, …');
  return {
    code,
    reason: check('reason', string(), options.reason),
    timeout: check('timeout', milliseconds(10_000), options.timeout),
  };
}

/** Closes connections and waits until all are gone; terminates those that are left at the deadline. */
export async function drainConnections(
  connections: Iterable<Connection>,
  { code, reason, timeout }: DrainSettings,
): Promise<void> {
  const draining = [...connections];
  const gone = allClosed(draining, timeout, (connection) => connection.terminate());
  for (const connection of draining) connection.close(code, reason);
  await gone;
}

/**
 * Waits until all of these have emitted `close`. At the deadline `end` is called with each that has not, and a
 * moment later nobody is waited for any more.
 */
export async function allClosed<T extends Pick<EventEmitter, 'once'>>(
  emitters: Iterable<T>,
  timeoutMs: number,
  end: (emitter: T) => void,
): Promise<void> {
  const open = new Set(emitters);
  if (open.size === 0) return;
  await new Promise<void>((resolve) => {
    let timer = setTimeout(() => {
      timer = setTimeout(resolve, GRACE_MS);
      for (const emitter of open) end(emitter);
    }, timeoutMs);
    for (const emitter of open) {
      emitter.once('close', () => {
        open.delete(emitter);
        if (open.size > 0) return;
        clearTimeout(timer);
        resolve();
      });
    }
  });
}
