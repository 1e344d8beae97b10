import type { EventEmitter } from 'node:events';
import type { Connection } from '../connection/connection.js';
import { milliseconds, normalise, option, string, type Normalised, type SchemaOf } from '../options.js';
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

const DRAIN_SCHEMA = {
  code: option('a code that may be sent, such as 1001 or 1012', isSendable, CloseCode.GOING_AWAY as number),
  reason: string(),
  timeout: milliseconds(10_000),
} satisfies SchemaOf<DrainOptions>;

/** Are drain options after their check. @internal */
export type DrainSettings = Normalised<typeof DRAIN_SCHEMA>;

/**
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
 * @internal
 */
export function drainSettings(options: DrainOptions): DrainSettings {
  return normalise(DRAIN_SCHEMA, options, 'DrainOptions');
}

/** Closes connections and waits until all are gone; terminates those that are left at the deadline. @internal */
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
 * @internal
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

function isSendable(code: unknown): code is number {
  return isSendableCloseCode(code as number);
}
