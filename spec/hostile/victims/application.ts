import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Ledger } from './ledger.js';

/** Makes the HTTP server of an application that has more to do than WebSocket: it takes uploads, and answers. */
export function applicationServer(ledger: Ledger): Server {
  // Node's own limit of 5 s for idle sockets is none of ours.
  const server = createServer({ keepAliveTimeout: 0 });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    ledger.note('request');
    request.resume().on('end', () => response.end('fine\n'));
    request.on('error', () => ledger.note('request failed'));
  });
  return server;
}

/** Is what an application decides on a request for an upgrade. */
export type Decision = { readonly admits: true } | { readonly admits: false; readonly asked: string };

/**
 * Authorises as the path asks for: `/after/20` is admitted after 20 ms; `/refused?x` is not, and told what it has asked
 * for; all else is admitted.
 */
export async function authorise({ url = '/' }: IncomingMessage): Promise<Decision> {
  const [path = '', query = ''] = url.split('?');
  if (path === '/refused') return { admits: false, asked: decodeURIComponent(query) };
  const milliseconds = Number(/^\/after\/(\d+)$/.exec(path)?.[1] ?? 0);
  if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return { admits: true };
}
