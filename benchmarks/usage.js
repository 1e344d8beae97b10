import process from 'node:process';

function collectGarbage() {
  if (globalThis.Bun !== undefined) globalThis.Bun.gc(true);
  else globalThis.gc?.();
}

/**
 * Tells what this process has used: CPU time of all its threads, user and system; and memory, with `settled` after
 * garbage collection.
 */
export function usage({ settled = false } = {}) {
  if (settled) collectGarbage();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { cpuMicros: user + system, rss, heapUsed, outside: Math.max(external, arrayBuffers) };
}
