/*
 * What an application of hawser has that may fail, failing where the path of a request asks for it.
 */
import type { IncomingMessage } from 'node:http';
import type * as Hawser from '../../../lib/index.js';
import { fail, failIn, placeOf } from './places.js';

/** Gives a connection a listener that fails, if its path asks for one. */
export function failInListener(connection: Hawser.Connection, path: string): void {
  const place = placeOf(path);
  if (place?.who !== 'listener') return;
  connection.on(place.what as 'text', () => fail(place));
}

/** Fails for the type of message that the path asks for; sends back what those say who ask for nothing. */
export const failingHandler: Hawser.Handler = (...[connection, type, message]) => {
  if (type === 'text' && placeOf(connection.path) === undefined) connection.send(type, message);
  return failIn<Promise<void> | undefined>(connection.path, 'handler', type, undefined);
};

/** Makes options whose functions fail when a path asks for it. */
export function failingOptions({ KeepaliveController }: typeof Hawser): Hawser.RegistryOptions {
  const option = <T>(what: string, { url }: IncomingMessage, otherwise: T): T =>
    failIn(url, 'option', what, otherwise);
  const keepaliveController = new KeepaliveController();
  for (const event of ['ping', 'pong', 'timeout'] as const)
    keepaliveController.on(event, (...[target]: [Hawser.KeepaliveTarget, number?]) =>
      failIn((target as Hawser.Connection).path, 'keepalive', event, undefined),
    );
  return {
    keepaliveController,
    keepalive: 0.2,
    pongTimeoutMs: 500,
    maxConnectionsPerAddress: 1_000_000,
    authorize: (request) => option('authorize', request, undefined),
    // Also refuses whoever wants the listener of refusals to fail.
    origins: (_origin, request) => option('origins', request, !request.url!.endsWith('?no')),
    selectProtocol: ([first], request) => option('selectProtocol', request, first),
    lookupPeerName: (request) => option('lookupPeerName', request, ''),
    clientAddress: (request) => option('clientAddress', request, request.socket.remoteAddress!),
  };
}

/** Gives a registry listeners that fail when a path asks for it. */
export function failInRegistry(registry: Hawser.ServerRegistry): void {
  registry.on('connection', (_, { url }) => failIn(url, 'registry', 'connection', undefined));
  registry.on('rejected', ({ url }) => failIn(url, 'registry', 'rejected', undefined));
}
