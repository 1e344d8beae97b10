import type { StopSignal } from './exit-status.js';

const STOP_SIGNALS: readonly StopSignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

/**
 * Calls `listener` for every signal that asks the process to stop; while listened to, they no longer end it.
 * @returns a function that restores the default.
 */
export function onStopSignal(listener: (signal: StopSignal) => void): () => void {
  for (const signal of STOP_SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, listener);
  };
}
