/*
 * What the servers of all peers have in common: they are told the scene (`echo`, `pipe`, `await`, `broadcast`) and its
 * settings, and answer for their CPU time and memory.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { answer, order, tell } from '../channel.js';

export { decline, order } from '../channel.js';

const certificates = new URL('../../spec/cli/certificates/', import.meta.url);

/** Key and certificate for the address of this machine, if the order asks for TLS. */
export const identity =
  order.tls === true
    ? {
        key: readFileSync(new URL('localhost.key.pem', certificates)),
        cert: readFileSync(new URL('localhost.cert.pem', certificates)),
      }
    : undefined;

function collectGarbage() {
  if (globalThis.Bun !== undefined) globalThis.Bun.gc(true);
  else globalThis.gc?.();
}

/** Tells the parent process where to connect, and from then on whatever it asks. */
export function serve(port) {
  answer({
    usage: ({ settled = false }) => {
      if (settled) collectGarbage();
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
      return { cpuMicros: user + system, rss, heapUsed, outside: Math.max(external, arrayBuffers) };
    },
  });
  tell({ port });
}
