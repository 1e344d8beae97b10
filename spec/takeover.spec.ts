import { expect } from 'chai';
import { once } from 'node:events';
import { createSecureServer, connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { Duplex, PassThrough, Readable, Writable } from 'node:stream';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { WebSocketClient } from '../lib/client/websocket-client.js';
import { Connection as BaseConnection } from '../lib/connection/connection.js';
import { InvalidOptionError, InvalidStateError } from '../lib/errors.js';
import { WebSocketServer } from '../lib/server/websocket-server.js';
import { Connection } from '../lib/takeover.js';
import { certificates } from './certificates.js';
import { duplexPair } from './duplex-pair.js';
import { names, recordEvents, settled } from './wire-peer.js';

/** Is the server's and the client's end of one byte stream. */
type Ends = readonly [server: Duplex, client: Duplex];

/** Makes byte streams of one kind. */
interface Kind {
  readonly name: string;
  /** Whether its ends have addresses. */
  readonly isNetwork: boolean;
  /** Opens a stream; what it opened besides is put into `cleanup`. */
  readonly open: (cleanup: (() => unknown)[]) => Promise<Ends>;
}

/** Waits for `close`; unlike `once` of node:events, whatever else happens. */
function closed(connection: BaseConnection): Promise<void> {
  return new Promise((resolve) => connection.once('close', () => resolve()));
}

/** Starts a server on a port of this machine. */
async function listen(server: Server, cleanup: (() => unknown)[]): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

const KINDS: readonly Kind[] = [
  { name: 'in memory', isNetwork: false, open: async () => duplexPair() },
  { name: 'in memory, at once', isNetwork: false, open: async () => duplexPair({ atOnce: true }) },
  {
    name: 'TCP',
    isNetwork: true,
    open: async (cleanup) => {
      const server = createServer();
      const port = await listen(server, cleanup);
      const client = connect(port, '127.0.0.1');
      const [socket] = (await once(server, 'connection')) as [Socket];
      if (client.connecting) await once(client, 'connect');
      return [socket, client];
    },
  },
  {
    name: 'TLS',
    isNetwork: true,
    open: async (cleanup) => {
      const { ca, localhost } = await certificates();
      const server = createTlsServer(localhost);
      const port = await listen(server, cleanup);
      const client = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca });
      const [[socket]] = (await Promise.all([
        once(server, 'secureConnection'),
        once(client, 'secureConnect'),
      ])) as unknown as [[TLSSocket]];
      return [socket, client];
    },
  },
  ...[true, false].map((isExtended) => ({
    name: isExtended ? 'HTTP/2, extended CONNECT (RFC 8441)' : 'HTTP/2, a plain stream over TLS',
    isNetwork: true,
    open: async (cleanup: (() => unknown)[]): Promise<Ends> => {
      const { ca, localhost } = await certificates();
      const settings = { enableConnectProtocol: true };
      const server = isExtended
        ? createHttp2Server({ settings })
        : createSecureServer({ ...localhost, settings });
      const port = await listen(server, cleanup);
      const session = connectHttp2(`${isExtended ? 'http' : 'https'}://localhost:${port}`, {
        ca,
        lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }] as never, 4),
      });
      cleanup.unshift(() => new Promise<void>((resolve) => session.close(resolve)));
      await once(session, 'remoteSettings');
      const client = session.request(
        isExtended
          ? { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', ':scheme': 'http' }
          : { ':method': 'POST', ':path': '/' },
        { endStream: false },
      );
      const [stream] = (await once(server, 'stream')) as [ServerHttp2Stream];
      stream.respond({ ':status': 200 });
      await once(client, 'response');
      return [stream, client];
    },
  })),
];

describe('Connection.takeover (websocket(n): takeover)', () => {
  for (const { name, isNetwork, open } of KINDS) {
    describe(`of a stream: ${name}`, () => {
      let cleanup: (() => unknown)[];
      let server: WebSocketServer;
      let client: WebSocketClient;
      let serverEvents: unknown[][];
      let clientEvents: unknown[][];

      beforeEach(async () => {
        cleanup = [];
        const [serverEnd, clientEnd] = await open(cleanup);
        server = Connection.takeover(serverEnd, { server: true, path: '/path' });
        client = Connection.takeover(clientEnd);
        [serverEvents, clientEvents] = [recordEvents(server), recordEvents(client)];
      });

      afterEach(async () => {
        const closing = [server, client]
          .filter(({ closed }) => !closed)
          .map((end) => once(end, 'close').catch(() => {}));
        server.terminate();
        client.terminate();
        await Promise.all(closing);
        for (const end of cleanup) await end();
      });

      it('gives a connection of either role, and connect on the next tick', async () => {
        expect(server).to.be.instanceOf(WebSocketServer);
        expect(client).to.be.instanceOf(WebSocketClient);
        expect([server.role, client.role, client.url, server.path]).to.deep.equal([
          'server',
          'client',
          '',
          '/path',
        ]);
        expect([names(serverEvents), names(clientEvents)]).to.deep.equal([[], []]);
        await new Promise((resolve) => process.nextTick(resolve));
        expect([names(serverEvents), names(clientEvents)]).to.deep.equal([['connect'], ['connect']]);
      });

      it('carries messages both ways', async () => {
        server.on('message', (data) => server.write(data));
        const seen: unknown[] = [];
        const large = Buffer.alloc(300_000, 'large');
        const all = new Promise<void>((resolve) =>
          client.on('message', (data) => {
            seen.push(data);
            if (seen.length === 4) resolve();
          }),
        );
        client.send('text', 'héllo');
        client.send('text', '');
        client.write(Buffer.from([0, 255]));
        client.write(large);
        await all;
        expect(seen).to.deep.equal(['héllo', '', Buffer.from([0, 255]), large]);
      });

      for (const closer of ['server', 'client'] as const) {
        it(`goes through a closing handshake begun by the ${closer}`, async () => {
          const [ours, theirs] = closer === 'server' ? [server, client] : [client, server];
          const bothClosed = Promise.all([closed(ours), closed(theirs)]);
          ours.close(4000, 'done');
          await bothClosed;
          const [ourEvents, theirEvents] =
            closer === 'server' ? [serverEvents, clientEvents] : [clientEvents, serverEvents];
          expect(ourEvents).to.deep.include(['disconnect', 4000, '', true]);
          expect(theirEvents).to.deep.include(['disconnect', 4000, 'done', true]);
          for (const events of [ourEvents, theirEvents]) {
            expect(names(events)).not.to.include('error');
            expect(names(events).at(-1)).to.equal('close');
          }
        });
      }

      it('reports 1006 to the one whom the other leaves without a Close', async () => {
        const serverClosed = closed(server);
        client.terminate();
        await serverClosed;
        expect(serverEvents).to.deep.include(['disconnect', 1006, '', false]);
        expect(names(serverEvents).filter((event) => event === 'error')).to.have.length(1);
      });

      it('says goodbye when one end is destroyed', async () => {
        await settled(1);
        const serverClosed = closed(server);
        client.destroy();
        await serverClosed;
        expect(serverEvents).to.deep.include(['closing', 1001, 'Endpoint going away', 'remote']);
        expect(serverEvents).to.deep.include(['disconnect', 1001, 'Endpoint going away', true]);
      });

      it('knows the addresses, if there are any', () => {
        for (const connection of [server, client]) {
          expect(connection.remoteAddress).to.equal(isNetwork ? '127.0.0.1' : '');
          expect(connection.sockname).to.equal(isNetwork ? '127.0.0.1' : '');
          expect(connection.peername).to.equal(isNetwork ? '127.0.0.1' : '');
          expect(connection.remotePort > 0).to.equal(isNetwork);
        }
        if (!isNetwork) return;
        expect(Connection.find('127.0.0.*', server.remotePort)).to.include(server);
        expect(Connection.find('127.0.0.*', client.remotePort)).to.deep.equal([client]);
      });
    });
  }

  describe('arguments', () => {
    it('takes each stream once', async () => {
      const [stream] = duplexPair();
      const first = Connection.takeover(stream);
      expect(() => Connection.takeover(stream)).to.throw(InvalidStateError, /once/);
      expect(() => new WebSocketServer(stream)).to.throw(InvalidStateError, /once/);
      first.terminate();
      await settled();
      expect(() => Connection.takeover(stream)).to.throw(InvalidStateError);
    });

    for (const [what, stream] of [
      ['nothing', undefined],
      ['null', null],
      ['an object', {}],
      ['a readable', new Readable({ read() {} })],
      ['a writable', new Writable({ write() {} })],
      ['a stream of objects', new PassThrough({ objectMode: true })],
      ['a stream of text', new PassThrough().setEncoding('utf8')],
      ['a string', 'ws://localhost'],
    ] as const) {
      it(`throws for ${what} in place of a stream of bytes`, () => {
        for (const server of [true, false]) {
          expect(() => Connection.takeover(stream as Duplex, { server }))
            .to.throw(Error)
            .with.property('code')
            .that.matches(/^ERR_WS_INVALID_(OPTION|STATE)$/);
        }
      });
    }

    it('throws for a stream that is not open', () => {
      const destroyed = duplexPair()[0].destroy();
      const [ended] = duplexPair();
      ended.end();
      expect(() => Connection.takeover(destroyed)).to.throw(InvalidStateError, /not open/);
      expect(() => Connection.takeover(ended)).to.throw(InvalidStateError, /not open/);
    });

    for (const options of [
      { server: 'yes' },
      { server: null },
      { head: 'text' },
      { head: [1] },
      { protocol: 1 },
      { path: null },
      { query: {} },
      { keepalive: '30' },
      { kepalive: 30 },
      { handler: 'proc' },
      { port: 80 },
    ]) {
      it(`throws for the options ${JSON.stringify(options)}, and leaves the stream alone`, () => {
        const [stream] = duplexPair();
        expect(() => Connection.takeover(stream, options as object)).to.throw(
          InvalidOptionError,
          new RegExp(`^${Object.keys(options)[0]}`),
        );
        expect(stream.listenerCount('data')).to.equal(0);
        Connection.takeover(stream).terminate();
      });
    }

    for (const options of [null, 5, 'x', [], true]) {
      it(`throws for ${JSON.stringify(options)} as options`, () => {
        const [stream] = duplexPair();
        for (const take of [
          () => Connection.takeover(stream, options as object),
          () => new WebSocketServer(stream, options as object),
          () => new WebSocketClient(stream, options as object),
        ]) {
          expect(take).to.throw(InvalidOptionError);
        }
      });
    }

    it('is the same for the server role as the constructor', async () => {
      const [stream] = duplexPair();
      const connection = new WebSocketServer(stream, { path: '/x', query: 'y', protocol: 'z' });
      expect([connection.path, connection.query, connection.protocol]).to.deep.equal(['/x', 'y', 'z']);
      expect(connection.context).to.equal(undefined);
      connection.terminate();
      await settled();
    });

    it('belongs to the class that all connections are instances of', () => {
      expect(Connection).to.equal(BaseConnection);
      expect(WebSocketServer.prototype).to.be.instanceOf(Connection);
    });
  });

  it('ends a stream that knows neither autoDestroy nor allowHalfOpen', async () => {
    const [near, far] = [new PassThrough(), new PassThrough()];
    /** Joins two one-way streams, as a process does with its standard input and output. */
    class Joined extends Duplex {
      readonly #source: Readable;
      readonly #sink: Writable;
      constructor(source: Readable, sink: Writable) {
        super({ autoDestroy: false, allowHalfOpen: false });
        this.#source = source;
        this.#sink = sink;
        source.on('data', (chunk) => this.push(chunk)).on('end', () => this.push(null));
      }
      override _read(): void {}
      override _write(chunk: Buffer, _encoding: string, done: () => void): void {
        this.#sink.write(chunk);
        done();
      }
      override _final(done: () => void): void {
        this.#sink.end();
        done();
      }
      override _destroy(_error: Error | null, done: () => void): void {
        this.#source.destroy();
        done();
      }
    }
    const server = Connection.takeover(new Joined(near, far), { server: true });
    const client = Connection.takeover(new Joined(far, near));
    const ends: unknown[] = [];
    for (const end of [server, client]) end.on('disconnect', (...args) => ends.push(args));
    client.send('text', 'x');
    client.close(4000);
    await settled(20);
    expect(ends).to.deep.equal([[4000, '', true]]);
    server.resume();
    await settled(20);
    expect(ends).to.deep.equal([
      [4000, '', true],
      [4000, '', true],
    ]);
  });
});
