import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { createServer as createHttp2Server } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { IncomingMessage, Server } from 'node:http';
import sinon from 'sinon';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { Connection } from '../../lib/connection/connection.js';
import { InvalidOptionError, InvalidStateError } from '../../lib/errors.js';
import type { ServerRegistry } from '../../lib/server/server-registry.js';
import { WebSocketServer } from '../../lib/server/websocket-server.js';
import { certificates } from '../certificates.js';
import { WAYS, type Loopback } from '../loopback.js';
import { upgradeRequest, type RawPeer } from '../raw-peer.js';
import { turn, until } from '../turns.js';
import { Harbour, connectionOf, rejectionOf } from './harbour.js';

describe('ServerRegistry', () => {
  const harbour = new Harbour();
  const clients: WebSocketClient[] = [];

  afterEach(() => {
    for (const client of clients.splice(0)) client.terminate();
    sinon.restore();
  });

  async function dial(to: Loopback, path = '/'): Promise<WebSocketClient> {
    const { ca } = await certificates();
    const client = await WebSocketClient.open(to.url(path), { ca });
    client.on('error', () => {});
    clients.push(client);
    return client;
  }

  for (const way of WAYS) {
    it(`connects a client, ${way.name}`, async () => {
      const { http, registry } = await harbour.attached({}, way);
      registry.on('connection', (connection) => {
        connection.on('text', (text) => connection.send('text', `${connection.path} ${text}`));
      });
      const client = await dial(http, '/a');
      client.send('text', 'hello');
      expect(await once(client, 'text')).to.deep.equal(['/a hello']);
    });
  }

  describe('server and live (websocket(n): server, live)', () => {
    it('refuses what is no HTTP server, and leaves it untouched', () => {
      const registry = harbour.registry();
      const net = createNetServer();
      const http2 = createHttp2Server();
      for (const value of [undefined, null, 8080, {}, net, http2, registry]) {
        expect(() => registry.server(value as never), typeof value).to.throw(
          InvalidOptionError,
          /^httpServer: expected an http\.Server or https\.Server, got /,
        );
        expect(() => registry.attach(value as never)).to.throw(InvalidOptionError, 'http.Server');
      }
      expect(net.listenerCount('upgrade') + http2.listenerCount('upgrade')).to.equal(0);
    });

    it('listens for no upgrade of a server that is made known only', async () => {
      const http = await harbour.http();
      harbour.registry().server(http.server);
      expect(http.server.listenerCount('upgrade')).to.equal(0);
    });

    it('returns itself, and a live path that tells what it is', async () => {
      const http = await harbour.http();
      const registry = harbour.registry();
      expect(registry.server(http.server)).to.equal(registry);
      const handler = (): void => {};
      const live = registry.live(http.server, '/a', handler, 'p.*');
      expect([live.server, live.path, live.handler, live.protocol]).to.deep.equal([
        http.server,
        '/a',
        handler,
        'p.*',
      ]);
      const other = registry.live('/b');
      expect([other.server, other.path, other.handler, other.protocol]).to.deep.equal([
        undefined,
        '/b',
        undefined,
        '*',
      ]);
    });

    it('refuses live paths that cannot be: nothing becomes live', async () => {
      const { http, registry } = await harbour.attached();
      const live = registry.live.bind(registry) as (...args: unknown[]) => unknown;
      const wrong: readonly [RegExp, unknown[]][] = [
        [/^path/, []],
        [/^path/, [5]],
        [/^path/, [/echo/]],
        [/^path/, [/echo/, () => {}]],
        [/^path/, [http.server]],
        [/^path/, [http.server, 5]],
        [/^handler/, ['/', 'chat']],
        [/^handler/, ['/', null]],
        [/^protocol/, ['/', () => {}, 5]],
        [/^httpServer: expected a server made known by server\(\) or attach\(\), got/, [createServer(), '/']],
        [/^httpServer/, [null, '/']],
      ];
      for (const [message, args] of wrong) expect(() => live(...args)).to.throw(InvalidOptionError, message);
      expect((await harbour.ask(http, '/anything')).status).to.equal(101);
    });

    it("calls the live path's handler, or else the registry's, with all that happens", async () => {
      const calls: string[] = [];
      const note =
        (name: string) =>
        (connection: Connection, type: string, message: unknown): void => {
          calls.push(
            `${name} ${type} ${connection.path} ${typeof message === 'string' ? message : ''}`.trim(),
          );
        };
      const { http, registry } = await harbour.attached({ handler: note('registry') });
      registry.live('/own', note('own'));
      registry.live('/other');
      for (const path of ['/own', '/other']) {
        const client = await dial(http, path);
        client.send('text', 'x');
        client.close();
        await once(client, 'close');
      }
      await until(() => registry.size === 0);
      for (const name of ['own', 'registry']) {
        const path = name === 'own' ? '/own' : '/other';
        const own = calls.filter((call) => call.startsWith(`${name} `));
        expect(own).to.deep.equal([
          `${name} connect ${path}`,
          `${name} text ${path} x`,
          `${name} close ${path}`,
          `${name} disconnect ${path}`,
        ]);
      }
    });
  });

  describe('test and upgrade (websocket(n): test, upgrade)', () => {
    interface Asked {
      readonly request: IncomingMessage;
      readonly socket: Duplex;
      readonly head: Buffer;
      readonly peer: RawPeer;
    }

    /** Makes a registry known to a server whose upgrades are the caller's, and asks for one. */
    async function asked(
      options?: Parameters<typeof harbour.registry>[0],
      ...request: Parameters<typeof upgradeRequest>
    ): Promise<{ http: Loopback; server: Server; registry: ServerRegistry } & Asked> {
      const http = await harbour.http();
      const registry = harbour.registry(options).server(http.server);
      registry.live('/');
      return { http, server: http.server, registry, ...(await ask(http, ...request)) };
    }

    async function ask(http: Loopback, ...args: Parameters<typeof upgradeRequest>): Promise<Asked> {
      const upgrade = once(http.server, 'upgrade') as Promise<[IncomingMessage, Duplex, Buffer]>;
      const peer = await harbour.peer(http, upgradeRequest(...args));
      const [request, socket, head] = await upgrade;
      return { request, socket, head, peer };
    }

    it('finds a valid opening handshake for a live path, answers nothing, and upgrades when told to', async () => {
      const { server, registry, request, socket, head, peer } = await asked();
      expect(registry.test(server, request, socket, head)).to.be.true;
      await turn();
      expect(peer.received.length).to.equal(0);
      const emitted = connectionOf(registry);
      const connection = registry.upgrade(socket);
      expect(connection).to.be.instanceOf(WebSocketServer);
      expect(await emitted).to.equal(connection);
      expect(connection.state).to.equal('CONNECTED');
      expect(connection.context).to.be.undefined;
      expect((await peer.response()).status).to.equal(101);
      expect([...registry]).to.deep.equal([connection]);
    });

    it('says no to anything else and leaves the socket to the caller', async () => {
      const requests: readonly Parameters<typeof upgradeRequest>[] = [
        ['/dead'],
        ['/', { Upgrade: 'h2c' }],
        ['/', { 'Sec-WebSocket-Key': 'x' }],
        ['/', { Origin: 'http://evil.example' }],
      ];
      for (const args of requests) {
        const { server, registry, request, socket, peer } = await asked({}, ...args);
        expect(registry.test(server, request, socket)).to.be.false;
        expect(() => registry.upgrade(socket)).to.throw(InvalidStateError, 'not tested');
        expect(socket.listenerCount('data')).to.equal(0);
        socket.end('HTTP/1.1 410 Gone\r\n\r\n');
        expect((await peer.response()).status).to.equal(410);
      }
    });

    it('says no once there are too many, and once drained', async () => {
      const { http, server, registry, request, socket } = await asked({ maxPendingHandshakes: 1 });
      expect(registry.test(server, request, socket)).to.be.true;
      const second = await ask(http);
      expect(registry.test(server, second.request, second.socket)).to.be.false;
      registry.upgrade(socket);
      expect(registry.test(server, second.request, second.socket)).to.be.true;
      registry.reject(second.socket, { status: 503 });
      const third = await ask(http);
      const drained = registry.drain({ timeout: 0 });
      expect(registry.test(server, third.request, third.socket)).to.be.false;
      await drained;
      third.socket.destroy();
    });

    it('throws for arguments of the wrong kind, and holds nothing', async () => {
      const { server, registry, request, socket } = await asked();
      const test = registry.test.bind(registry) as (...args: unknown[]) => boolean;
      const wrong: readonly [RegExp, unknown[]][] = [
        [/^httpServer/, [createServer(), request, socket]],
        [/^request: expected an http\.IncomingMessage, got/, [server, undefined, socket]],
        [/^request/, [server, null, socket]],
        [/^request/, [server, {}, socket]],
        [/^socket: expected the socket of the request, got/, [server, request]],
        [/^socket/, [server, request, {}]],
        [/^head/, [server, request, socket, 'head']],
      ];
      for (const [message, args] of wrong) expect(() => test(...args)).to.throw(InvalidOptionError, message);
      expect(() => registry.upgrade(socket)).to.throw(InvalidStateError);
      expect(() => registry.upgrade(undefined as never)).to.throw(InvalidStateError);
    });

    it('throws when a socket is tested twice, upgraded twice, or rejected after', async () => {
      const { server, registry, request, socket, peer } = await asked();
      registry.test(server, request, socket);
      expect(() => registry.test(server, request, socket)).to.throw(InvalidStateError, 'tested before');
      registry.upgrade(socket);
      expect(() => registry.upgrade(socket)).to.throw(InvalidStateError, 'answered already');
      expect(() => registry.reject(socket, { status: 400 })).to.throw(InvalidStateError, 'answered already');
      expect((await peer.response()).status).to.equal(101);
      expect(registry.size).to.equal(1);
    });

    it('throws for a socket that somebody else has made a WebSocket of, and writes nothing', async () => {
      const { server, registry, request, socket, peer } = await asked();
      registry.test(server, request, socket);
      const taken = new WebSocketServer(socket);
      expect(() => registry.upgrade(socket)).to.throw(InvalidStateError, 'WebSocket already');
      taken.terminate();
      await peer.ended();
      expect(peer.received.length).to.equal(0);
      expect(registry.size).to.equal(0);
    });

    it('forgets a socket whose client has left', async () => {
      const { server, registry, request, socket, peer } = await asked();
      registry.test(server, request, socket);
      peer.stream.destroy();
      await once(socket, 'close');
      expect(() => registry.upgrade(socket)).to.throw(InvalidStateError, 'gone');
      expect(() => registry.test(server, request, socket)).to.throw(InvalidStateError, 'gone');
    });

    it('throws for a socket that is going, before its close is out', async () => {
      const { server, registry, request, socket } = await asked();
      registry.test(server, request, socket);
      socket.destroy();
      expect(() => registry.upgrade(socket)).to.throw(InvalidStateError, 'gone');
      await once(socket, 'close');
      expect(registry.size).to.equal(0);
    });

    it('answers 408 at the deadline, and then it is too late', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { server, registry, request, socket, peer } = await asked({ handshakeTimeoutMs: 700 });
      const rejected = rejectionOf(registry);
      registry.test(server, request, socket);
      clock.tick(700);
      expect((await rejected)[0]).to.equal(408);
      expect((await peer.response()).status).to.equal(408);
      expect(() => registry.upgrade(socket)).to.throw(InvalidStateError);
      peer.stream.destroy();
      await once(socket, 'close');
    });

    it('lets the caller wait: errors of the socket are caught, early octets are kept', async () => {
      const { server, registry, request, socket, head, peer } = await asked();
      registry.test(server, request, socket, head);
      peer.send(Buffer.from('81826162636409 0b'.replace(' ', ''), 'hex'));
      await until(() => (socket as unknown as { bytesRead: number }).bytesRead > 150);
      await turn();
      const connection = registry.upgrade(socket);
      expect(await once(connection, 'text')).to.deep.equal(['hi']);
    });

    it('does not ask authorize: that is the caller’s part', async () => {
      const authorize = sinon.stub().returns(false);
      const { server, registry, request, socket } = await asked({ authorize });
      registry.test(server, request, socket);
      registry.upgrade(socket);
      expect(authorize.called).to.be.false;
    });

    it('leaves the request waiting when selectProtocol is wrong', async () => {
      const { server, registry, request, socket, peer } = await asked({ selectProtocol: () => 'unheard-of' });
      registry.test(server, request, socket);
      expect(() => registry.upgrade(socket)).to.throw(InvalidOptionError, 'selectProtocol');
      registry.reject(socket, { status: 500 });
      expect((await peer.response()).status).to.equal(500);
    });

    it('rejects with any response that can be sent', async () => {
      const { server, registry, request, socket, peer } = await asked();
      const rejected = rejectionOf(registry);
      registry.test(server, request, socket);
      registry.reject(socket, { status: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: 'who?' });
      const { status, headers, body } = await peer.responseWithBody();
      expect([status, headers['www-authenticate'], body]).to.deep.equal([401, 'Basic', 'who?']);
      expect(await rejected).to.deep.equal([401, 'refused by the caller']);
      await peer.ended();
    });

    it('throws for a response that cannot be, before one octet of it (H10), and waits on', async () => {
      const { server, registry, request, socket, peer } = await asked();
      registry.test(server, request, socket);
      for (const refusal of [
        { status: 200 },
        { status: 401, headers: { 'X-A': 'a\r\nSet-Cookie: b' } },
        { status: 401, headers: { 'X\n': 'a' } },
        { status: 401, statusMessage: 'No\r\n\r\n<script>' },
        { status: 401, body: 5 as never },
      ])
        expect(() => registry.reject(socket, refusal)).to.throw(InvalidOptionError);
      registry.upgrade(socket);
      expect((await peer.response()).status).to.equal(101);
    });
  });

  describe('limits', () => {
    it('answers 503 above maxConnections, and takes more when others have left', async () => {
      const { http, registry } = await harbour.attached({ maxConnections: 2 });
      const rejected = rejectionOf(registry);
      const [first] = [await harbour.ask(http), await harbour.ask(http)];
      expect((await harbour.ask(http)).status).to.equal(503);
      expect(await rejected).to.deep.equal([503, 'maxConnections is reached']);
      first.peer.stream.destroy();
      await until(() => registry.size === 1);
      expect((await harbour.ask(http)).status).to.equal(101);
    });

    it('counts those that wait for authorize among the connections', async () => {
      let answer!: () => void;
      const { http } = await harbour.attached({
        maxConnections: 1,
        authorize: () => new Promise<void>((resolve) => (answer = resolve)),
      });
      const waiting = await harbour.peer(http, upgradeRequest());
      await until(() => answer !== undefined);
      expect((await harbour.ask(http)).status).to.equal(503);
      answer();
      expect((await waiting.response()).status).to.equal(101);
    });

    it('answers 503 above maxPendingHandshakes', async () => {
      const answers: (() => void)[] = [];
      const { http, registry } = await harbour.attached({
        maxPendingHandshakes: 2,
        authorize: () => new Promise<void>((resolve) => answers.push(resolve)),
      });
      const rejected = rejectionOf(registry);
      const waiting = [
        await harbour.peer(http, upgradeRequest()),
        await harbour.peer(http, upgradeRequest()),
      ];
      await until(() => answers.length === 2);
      expect((await harbour.ask(http)).status).to.equal(503);
      expect(await rejected).to.deep.equal([503, 'maxPendingHandshakes is reached']);
      for (const answer of answers) answer();
      for (const peer of waiting) expect((await peer.response()).status).to.equal(101);
    });

    it('hands the options of connections on', async () => {
      const { http, registry } = await harbour.attached({ keepalive: 7, ping: 'x', maxMessageBytes: 3 });
      const { peer } = await harbour.ask(http);
      const [connection] = registry;
      expect(connection!.configure()).to.deep.equal({ keepalive: 7, ping: 'x' });
      peer.send(Buffer.from('8184000000000000', 'hex'));
      expect((await peer.take(4)).toString('hex', 2)).to.equal('03f1');
    });
  });

  describe('what is open', () => {
    it('counts, iterates and finds its own connections alone', async () => {
      const { http, registry } = await harbour.attached();
      const other = await harbour.attached();
      await dial(other.http);
      const one = await dial(http, '/one');
      await dial(http, '/two');
      expect(registry.size).to.equal(2);
      expect([...registry].map(({ path }) => path)).to.deep.equal(['/one', '/two']);
      expect(registry.find()).to.have.length(2);
      expect(registry.find('127.0.0.*')).to.have.length(2);
      expect(registry.find('10.*')).to.deep.equal([]);
      expect(() => registry.find(5 as never)).to.throw(InvalidOptionError);
      const [first] = registry;
      expect(registry.find('*', first!.remotePort)).to.deep.equal([first]);
      expect(Connection.find('127.0.0.1', first!.remotePort)).to.include(first);
      one.terminate();
      await until(() => registry.size === 1);
      expect([...registry].map(({ path }) => path)).to.deep.equal(['/two']);
    });

    it('broadcasts to them', async () => {
      const { http, registry } = await harbour.attached();
      const { peer } = await harbour.ask(http);
      expect(registry.broadcast('text', 'all')).to.equal(1);
      expect(await peer.takeHex('8103616c6c')).to.equal('8103616c6c');
    });
  });

  describe('listeners that fail', () => {
    for (const [how, listener] of [
      [
        'throws',
        () => {
          throw new Error('a listener of ours');
        },
      ],
      ['rejects', () => Promise.reject(new Error('a listener of ours'))],
    ] as [string, () => void][]) {
      it(`closes with 1011 that connection alone whose listener ${how}`, async () => {
        const { http, registry } = await harbour.attached();
        const bystander = await dial(http);
        registry.on('connection', listener);
        const { peer } = await harbour.ask(http);
        expect((await peer.take(4)).toString('hex')).to.match(/^88..03f3$/);
        peer.stream.destroy();
        await until(() => registry.size === 1);
        expect(bystander.state).to.equal('CONNECTED');
        expect(harbour.logged).to.deep.equal(['error: a listener threw']);
        expect(harbour.facts[0]).to.have.property('event', 'connection');
      });
    }

    it('logs what a listener of rejected throws, and refuses all the same', async () => {
      const { http, registry } = await harbour.attached({ authorize: () => false });
      registry.on('rejected', () => {
        throw new Error('a listener of ours');
      });
      expect((await harbour.ask(http)).status).to.equal(403);
      expect(harbour.logged).to.deep.equal(['error: a listener of ServerRegistry failed']);
    });
  });

  it('refuses further servers once it is drained', async () => {
    const registry = harbour.registry();
    await registry.drain();
    expect(() => registry.attach(createServer())).to.throw(InvalidStateError, 'closed');
  });
});
