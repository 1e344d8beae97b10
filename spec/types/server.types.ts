/* Judged by the compiler alone, against the declarations that ship. */
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import {
  KeepaliveController,
  PreparedMessage,
  ServerRegistry,
  WebSocketServer,
  refuse,
  type Handler,
  type RegistryOptions,
} from 'hawser';
import { expectTrue, type Same } from './expect-type.js';

declare const registry: ServerRegistry;
declare const handler: Handler;

export async function listening(): Promise<void> {
  await using listener = await ServerRegistry.listen({ port: 0 });
  expectTrue<Same<typeof listener, ServerRegistry>>();
  await ServerRegistry.listen({ path: '/run/hawser.sock', keepalive: 10, maxConnections: 100 });
  await ServerRegistry.listen({
    port: 8443,
    host: '127.0.0.1',
    backlog: 10,
    tls: { key: 'key', cert: 'cert' },
  });
  // @ts-expect-error a port is a number
  await ServerRegistry.listen({ port: '8080' });
  // @ts-expect-error no such option
  await ServerRegistry.listen({ prot: 8080 });
}

export function events(): void {
  registry
    .on('connection', (connection, request) => {
      expectTrue<Same<typeof connection, WebSocketServer>>();
      expectTrue<Same<typeof request, IncomingMessage>>();
      expectTrue<Same<typeof connection.context, unknown>>();
    })
    .on('rejected', (request, status, reason) => {
      expectTrue<Same<typeof request, IncomingMessage>>();
      expectTrue<Same<typeof status, number>>();
      expectTrue<Same<typeof reason, string>>();
    })
    .on('clientError', (error) => expectTrue<Same<typeof error, Error>>())
    .on('listening', () => undefined)
    .on('drain', () => undefined)
    .on('close', () => undefined);
  // @ts-expect-error eventemitter3 would drop it silently, so there is none
  registry.on('error', () => undefined);
  // @ts-expect-error no such event
  registry.on('conection', () => undefined);
}

export function paths(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const server = createServer();
  registry.server(server).attach(createTlsServer({})).attach(server);
  registry.live('/echo');
  registry.live('/echo', handler);
  registry.live('/chat/*', handler, 'chat.*');
  registry.live(server, '/chat/*', handler, 'chat.*').remove();
  // @ts-expect-error a glob is a string
  registry.live(/echo/, handler);

  if (registry.test(server, request, socket, head)) {
    expectTrue<Same<ReturnType<typeof registry.upgrade>, WebSocketServer>>();
  }
  for (const connection of registry) expectTrue<Same<typeof connection, WebSocketServer>>();
  expectTrue<Same<typeof registry.size, number>>();
  registry.broadcast('text', 'hello');
  const prepared = new PreparedMessage('text', 'hello');
  expectTrue<Same<typeof prepared.type, 'text' | 'binary'>>();
  expectTrue<Same<typeof prepared.byteLength, number>>();
  expectTrue<Same<ReturnType<typeof registry.broadcast>, number>>();
  registry.broadcast(prepared);
  registry.broadcast(prepared, { where: ({ context }) => context !== undefined });
  // @ts-expect-error a prepared message is all there is to say
  registry.broadcast(prepared, 'hello');
  // @ts-expect-error a message has a type
  registry.broadcast('text');
  // @ts-expect-error its octets are nobody's business
  String(prepared.payload);
  registry.broadcast('binary', Buffer.alloc(1), { path: '/chat/*', except: registry.find()[0]! });
}

export async function ending(): Promise<void> {
  await registry.drain({ code: 1001, reason: 'moving', timeout: 1000 });
  await registry.close();
}

export const options: RegistryOptions = {
  async authorize(request, { signal }) {
    expectTrue<Same<typeof signal, AbortSignal>>();
    signal.throwIfAborted();
    await Promise.resolve();
    return request.headers.authorization === undefined
      ? refuse(401, { headers: { 'WWW-Authenticate': 'Basic' }, body: 'who are you?' })
      : { user: 'somebody' };
  },
  selectProtocol: (offered) => offered.find((name) => name.startsWith('chat.')),
  lookupPeerName: (request) => request.headers['x-name']?.toString() ?? '',
  origins: ['https://example.org'],
  handshakeTimeoutMs: 1000,
  slowConsumer: 'drop',
};

// @ts-expect-error not among the policies
export const wrongPolicy: RegistryOptions = { slowConsumer: 'ignore' };

export function keepalive(): void {
  const target = { ping: (): number => 0 };
  const controller = new KeepaliveController<typeof target>();
  controller.add(target, { interval: 30, ping: 'are you there?' });
  controller.delete(target);
  controller.on('pong', (pinged, latency) => {
    expectTrue<Same<typeof pinged, typeof target>>();
    expectTrue<Same<typeof latency, number>>();
  });
  // @ts-expect-error without ping it cannot be kept alive
  controller.add({});
}
