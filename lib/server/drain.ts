import type { Connection } from '../connection/connection.js';
import { check, integer, milliseconds, rejectUnknown, string } from '../options.js';

/** Says how connections are taken leave of. */
export interface DrainOptions {
  /** Status code of the Close frames. @defaultValue 1001 */
  readonly code?: number | undefined;
  /** Reason of the Close frames. @defaultValue that of the code */
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
  return {
    code: check('code', integer(1001), options.code),
    reason: check('reason', string(), options.reason),
    timeout: check('timeout', milliseconds(10_000), options.timeout),
  };
}

/** Closes connections and waits until all are gone; terminates those that are left at the deadline. */
export async function drainConnections(
  connections: ReadonlySet<Connection>,
  { code, reason, timeout }: DrainSettings,
): Promise<void> {
  if (connections.size === 0) return;
  await new Promise<void>((resolve) => {
    const waiting = new Set(connections);
    const timer = setTimeout(() => {
      for (const connection of waiting) connection.terminate();
    }, timeout);
    for (const connection of waiting) {
      connection.once('close', () => {
        waiting.delete(connection);
        if (waiting.size > 0) return;
        clearTimeout(timer);
        resolve();
      });
    }
    for (const connection of connections) connection.close(code, reason);
  });
}
