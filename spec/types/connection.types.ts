/*
 * Judged by the compiler alone, against the declarations that ship: a line that compiles although it must not is an
 * unused @ts-expect-error, which is an error.
 */
import { Duplex, type Readable } from 'node:stream';
import {
  Connection,
  PreparedMessage,
  WebSocketClient,
  WebSocketServer,
  type Handler,
  type MessageFragment,
} from 'hawser';
import { expectTrue, type Same } from './expect-type.js';

declare const connection: Connection;

export function events(): void {
  connection
    .on('connect', (details) => {
      expectTrue<Same<typeof details.protocol, string>>();
      expectTrue<Same<typeof details.path, string>>();
    })
    .on('text', (text) => expectTrue<Same<typeof text, string>>())
    .on('binary', (data) => expectTrue<Same<typeof data, Buffer>>())
    .on('message', (data, isBinary) => {
      expectTrue<Same<typeof data, string | Buffer>>();
      expectTrue<Same<typeof isBinary, boolean>>();
    })
    .on('fragment', (fragment) => {
      expectTrue<Same<typeof fragment.final, boolean>>();
      if (fragment.type === 'text') expectTrue<Same<typeof fragment.data, string>>();
      else expectTrue<Same<typeof fragment.data, Buffer>>();
    })
    .on('ping', (payload) => expectTrue<Same<typeof payload, Buffer>>())
    .on('pong', (payload) => expectTrue<Same<typeof payload, Buffer>>())
    .once('closing', (code, reason, origin) => {
      expectTrue<Same<typeof code, number>>();
      expectTrue<Same<typeof reason, string>>();
      expectTrue<Same<typeof origin, 'local' | 'remote'>>();
    })
    .once('disconnect', (code, reason, wasClean) => {
      expectTrue<Same<typeof code, number>>();
      expectTrue<Same<typeof reason, string>>();
      expectTrue<Same<typeof wasClean, boolean>>();
    })
    .addListener('timeout', (kind) => expectTrue<Same<typeof kind, 'open' | 'keepalive' | 'close'>>())
    .prependListener('close', (code, reason) => {
      expectTrue<Same<typeof code, number>>();
      expectTrue<Same<typeof reason, string>>();
    })
    .on('error', (error) => expectTrue<Same<typeof error, Error>>())
    .on('data', (message) => expectTrue<Same<typeof message, string | Buffer>>())
    .on('drain', () => undefined)
    .on('end', () => undefined)
    .on('finish', () => undefined)
    .on('pipe', (source) => expectTrue<Same<typeof source, Readable>>());

  // @ts-expect-error the listener of text gets a string
  connection.on('text', (data: Buffer) => data);
  // @ts-expect-error a code and a reason, no third argument
  connection.on('close', (code, reason, wasClean) => [code, reason, wasClean]);
}

export function sending(): void {
  expectTrue<Same<ReturnType<typeof connection.send>, number>>();
  connection.send('text', 'hello');
  connection.send('text', 'hel', false);
  connection.send('binary', new Uint8Array(1));
  connection.send('binary', Buffer.from('00', 'hex'));
  connection.send(new PreparedMessage('text', 'hello'));
  // @ts-expect-error a prepared message is no fragment
  connection.send(new PreparedMessage('text', 'hello'), 'more', false);
  connection.send('ping');
  connection.send('pong', 'x');
  // @ts-expect-error a number is no message
  connection.send('text', 1);
  // @ts-expect-error a flag, no number
  connection.send('text', 'hello', 0);
  expectTrue<Same<ReturnType<typeof connection.flushed>, Promise<void>>>();
  expectTrue<Same<ReturnType<typeof connection.ping>, number>>();
  connection.ping('payload');
}

export function closing(): void {
  connection.close();
  connection.close(4000);
  connection.close(4000, 'reason');
  connection.terminate();
  // @ts-expect-error the code comes first
  connection.close('reason');
}

export function introspection(): void {
  expectTrue<Same<typeof connection.role, 'client' | 'server'>>();
  expectTrue<Same<typeof connection.readyState, 0 | 1 | 2 | 3>>();
  expectTrue<Same<typeof connection.state, 'CONNECTING' | 'CONNECTED' | 'CLOSED'>>();
  expectTrue<Same<typeof connection.latency, number | undefined>>();
  expectTrue<Same<typeof connection.bufferedAmount, number>>();
  expectTrue<Same<typeof connection.handler, Handler | undefined>>();
  expectTrue<Same<typeof connection.counters.messagesDropped, number>>();

  const peername = connection.conninfo('peername');
  expectTrue<Same<typeof peername, string>>();
  const isClosed = connection.conninfo('closed');
  expectTrue<Same<typeof isClosed, boolean>>();
  const type = connection.conninfo('type');
  expectTrue<Same<typeof type, 'client' | 'server'>>();
  // @ts-expect-error not among the keys
  connection.conninfo('peer');

  const { keepalive, ping } = connection.configure({ keepalive: 10 });
  expectTrue<Same<typeof keepalive, number>>();
  expectTrue<Same<typeof ping, string>>();
  // @ts-expect-error the option is called keepalive
  connection.configure({ keepAlive: 10 });
  // @ts-expect-error read-only
  connection.protocol = 'chat';

  expectTrue<Same<ReturnType<typeof Connection.find>, Connection[]>>();
  Connection.find('*.example', 8080);
  Connection.find('*', '80*');
}

export const handler: Handler = (itself, type, message) => {
  expectTrue<Same<typeof itself, Connection>>();
  switch (type) {
    case 'text':
      return expectTrue<Same<typeof message, string>>() && undefined;
    case 'fragment':
      return expectTrue<Same<typeof message, MessageFragment>>() && undefined;
    case 'utf8':
    case 'binary':
    case 'ping':
    case 'pong':
      return expectTrue<Same<typeof message, Buffer>>() && undefined;
    case 'close':
      return expectTrue<Same<typeof message.origin, 'local' | 'remote'>>() && undefined;
    case 'disconnect':
      return expectTrue<Same<typeof message.wasClean, boolean>>() && undefined;
    case 'connect':
      return expectTrue<Same<typeof message.protocol, string>>() && undefined;
    case 'timeout':
      return expectTrue<Same<typeof message, 'open' | 'keepalive' | 'close'>>() && undefined;
    case 'error':
      return expectTrue<Same<typeof message, Error>>() && undefined;
    default:
      // Every type is listed above.
      return message satisfies never;
  }
};

export const asynchronousHandler: Handler = async (itself, type, message) => {
  if (type !== 'text') return;
  itself.send('text', message);
  await itself.flushed();
};

// @ts-expect-error what a handler returns is nothing or a promise of nothing
export const wrongHandler: Handler = () => 42;

export async function streams(duplex: Duplex): Promise<void> {
  expectTrue<typeof connection extends Duplex ? true : false>();
  duplex.pipe(connection).pipe(duplex);
  connection.write('text');
  connection.write(Buffer.from('00', 'hex'));
  await using disposable = connection;
  disposable.end();
}

export function takingOver(stream: Duplex): void {
  const server = Connection.takeover(stream, {
    handler,
    server: true,
    head: Buffer.alloc(0),
    protocol: 'chat',
  });
  expectTrue<Same<typeof server, WebSocketServer>>();
  const client = Connection.takeover(stream, { handler });
  expectTrue<Same<typeof client, WebSocketClient>>();
  expectTrue<Same<typeof server.context, unknown>>();
  // @ts-expect-error no such option
  Connection.takeover(stream, { servr: true });
}

export function roles(stream: Duplex): void {
  expectTrue<WebSocketClient extends Connection ? true : false>();
  expectTrue<WebSocketServer extends Connection ? true : false>();
  new WebSocketServer(stream);
  new WebSocketServer(stream, { protocol: 'chat', keepalive: 10 });
  // @ts-expect-error a WebSocketServer is one accepted connection and listens nowhere
  new WebSocketServer({ port: 8080 });
}
