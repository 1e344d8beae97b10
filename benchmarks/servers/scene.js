/*
 * What the servers of all peers have in common: they are told the scene (`echo`, `pipe`, `await`, `broadcast`) and its
 * settings, and answer for their CPU time and memory.
 */
import { readFileSync } from 'node:fs';
import { answer, order, tell } from '../channel.js';
import { usage } from '../usage.js';

export { decline, order } from '../channel.js';

const certificates = new URL('../../spec/cli/certificates/', import.meta.url);

/** Key and certificate for 127.0.0.1, if the order asks for TLS. */
export const identity =
  order.tls === true
    ? {
        key: readFileSync(new URL('localhost.key.pem', certificates), 'utf8'),
        cert: readFileSync(new URL('localhost.cert.pem', certificates), 'utf8'),
      }
    : undefined;

/** Tells the parent process where to connect, and from then on whatever it asks. */
export function serve(port) {
  answer({ usage });
  tell({ port });
}
