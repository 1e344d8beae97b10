import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import sinon, { type SinonFakeTimers } from 'sinon';
import { loglevel } from '../../lib/logging.js';
import { FirstRequestDeadline } from '../../lib/server/first-request-deadline.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { collectGarbage } from '../garbage-collection.js';
import { WAYS, PLAIN, type Loopback, type Way } from '../loopback.js';
import { RawPeer, upgradeRequest } from '../raw-peer.js';
import { turn, until } from '../turns.js';
import { Harbour } from './harbour.js';

describe('FirstRequestDeadline (H5)', () => {
  const harbour = new Harbour();
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });

  afterEach(() => clock.restore());

  /** Opens a TCP connection that says nothing, not even in TLS. */
  async function silent(http: Loopback): Promise<RawPeer> {
    const address = http.server.address()!;
    const before = http.sockets.size;
    const socket = typeof address === 'string' ? connect(address) : connect(address.port, address.address);
    await once(socket, 'connect');
    await until(() => http.sockets.size > before);
    return new RawPeer(socket);
  }

  /** Opens a connection, over TLS where that is the way, and waits until the server has it. */
  async function accepted(http: Loopback, way: Way, octets = ''): Promise<RawPeer> {
    const event = way.isSecure ? 'secureConnection' : 'connection';
    const [peer] = await Promise.all([harbour.peer(http, octets), once(http.server, event)]);
    return peer;
  }

  /** Waits until the server has dropped all but so many connections. */
  const left = (http: Loopback, count: number) => until(() => http.sockets.size === count);

  for (const way of WAYS) {
    describe(way.name, () => {
      it('drops connections without a request after handshakeTimeoutMs', async () => {
        const { http } = await harbour.attached({ handshakeTimeoutMs: 3_000 }, way);
        const peers = [await accepted(http, way), await accepted(http, way)];
        clock.tick(2_999);
        await turn();
        expect(http.sockets.size).to.equal(2);
        clock.tick(1);
        await left(http, 0);
        for (const peer of peers) await peer.ended();
        expect(clock.countTimers()).to.equal(0);
      });

      it('forgets one whose client leaves before', async () => {
        loglevel('notice');
        const { http } = await harbour.attached({ maxWaitingSockets: 1 }, way);
        const peer = await accepted(http, way, 'GET / HT');
        peer.stream.destroy();
        await left(http, 0);
        await accepted(http, way);
        expect(harbour.logged).to.deep.equal([]);
      });

      it('drops one that drips a header', async () => {
        const { http } = await harbour.attached({}, way);
        const peer = await accepted(http, way);
        const octets = upgradeRequest();
        for (let i = 0; i < 9; i++) {
          peer.send(octets.slice(i, i + 1));
          await turn();
          clock.tick(1_000);
        }
        expect(http.sockets.size).to.equal(1);
        clock.tick(1_000);
        await left(http, 0);
        await peer.ended();
      });

      it('drops those that have waited longest once there are more than maxWaitingSockets', async () => {
        loglevel('notice');
        const { http, registry } = await harbour.attached({ maxWaitingSockets: 3 }, way);
        const peers: RawPeer[] = [];
        for (let count = 0; count < 5; count++) {
          // Of two kinds: without a word, and with the beginning of a request.
          peers.push(await harbour.peer(http, count % 2 === 0 ? '' : 'GET / HT'));
          await left(http, Math.min(count + 1, 3));
        }
        for (const peer of peers.slice(0, 2)) await peer.ended();
        expect(peers.map(({ isEnded, isClosed }) => isEnded || isClosed)).to.deep.equal([
          ...[true, true],
          ...[false, false, false],
        ]);
        expect(harbour.logged).to.include('notice: too many sockets without a request: one is dropped');
        // Whoever means it gets through, and is not counted any more.
        for (let count = 0; count < 5; count++) expect((await harbour.ask(http)).status).to.equal(101);
        expect(registry.size).to.equal(5);
      });

      it('holds for the first request alone: keep-alive and a slow upload are none of its business', async () => {
        const { http } = await harbour.attached({}, way);
        const bodies: string[] = [];
        http.server.on('request', (request, response) => {
          let body = '';
          request.setEncoding('utf8').on('data', (text: string) => (body += text));
          request.on('end', () => {
            bodies.push(body);
            response.end('ok');
          });
        });
        const peer = await harbour.peer(http, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await peer.responseWithBody();
        clock.tick(60_000);
        peer.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n');
        for (const octet of 'abc') {
          clock.tick(60_000);
          await turn();
          peer.send(octet);
        }
        expect((await peer.responseWithBody()).status).to.equal(200);
        expect(bodies).to.deep.equal(['', 'abc']);
        expect(clock.countTimers()).to.equal(0);
      });

      it('lets connections be once the last registry has left, later ones too', async () => {
        const { http, registry } = await harbour.attached({}, way);
        http.server.on('request', (_request, response) => response.end());
        const before = await accepted(http, way);
        await registry.drain();
        expect(clock.countTimers()).to.equal(0);
        const after = await accepted(http, way);
        clock.tick(60_000);
        for (const peer of [before, after]) {
          peer.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
          expect((await peer.response()).status).to.equal(200);
        }
      });

      it('is over once a WebSocket is open, and when the client leaves', async () => {
        const { http, registry } = await harbour.attached({ keepalive: 0 }, way);
        const { peer } = await harbour.ask(http);
        clock.tick(60_000);
        await turn();
        expect(registry.size).to.equal(1);
        peer.stream.destroy();
        await left(http, 0);
        expect(clock.countTimers()).to.equal(0);
      });
    });
  }

  it('begins at accept, with TLS too: the TLS handshake is part of it', async () => {
    const https: Way = { name: '', isSecure: true, spot: 'IPv4' };
    const { http } = await harbour.attached({}, https);
    const slow = await silent(http);
    clock.tick(6_000);
    const peer = await harbour.peer(http);
    await left(http, 2);
    clock.tick(4_000);
    await left(http, 1);
    await slow.ended();
    slow.stream.destroy();
    clock.tick(6_000);
    await left(http, 0);
    await peer.ended();
  });

  it('takes the least maxWaitingSockets of the registries on a server', async () => {
    const { http, registry } = await harbour.attached({ maxWaitingSockets: 5 });
    const other = harbour.registry({ maxWaitingSockets: 1 }).attach(http.server);
    const first = await silent(http);
    await harbour.peer(http);
    await first.ended();
    await other.close();
    const peers = [await silent(http), await silent(http)];
    await left(http, 3);
    expect(peers.some(({ isEnded }) => isEnded)).to.equal(false);
    await registry.close();
  });

  it('goes round among those that wait, so that whoever comes last is not the next to go', () => {
    const server = createServer();
    server.removeAllListeners('connection');
    const deadline = new FirstRequestDeadline(server, { timeoutMs: 1_000, maxWaiting: 4 });
    deadline.begin();
    const order: number[] = [];
    for (let number = 0; number < 14; number++) {
      const [, far] = duplexPair();
      const destroy = far.destroy.bind(far);
      far.destroy = (error?: Error) => {
        order.push(number);
        return destroy(error);
      };
      server.emit('connection', far);
    }
    expect(order).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    deadline.end();
    expect(clock.countTimers()).to.equal(0);
  });

  it('takes the shortest handshakeTimeoutMs of the registries on a server', async () => {
    const { http } = await harbour.attached({ handshakeTimeoutMs: 5_000 });
    harbour.registry({ handshakeTimeoutMs: 2_000 }).attach(http.server);
    harbour.registry({ handshakeTimeoutMs: 7_000 }).attach(http.server);
    await harbour.peer(http);
    await left(http, 1);
    clock.tick(2_000);
    await left(http, 0);
  });

  it('is over for a socket that another listener for upgrade hands back to the server later', async () => {
    const { http } = await harbour.attached();
    http.server.on('request', (_request, response) => response.end());
    let taken: Duplex | undefined;
    http.server.on('upgrade', (_request, socket) => (taken = socket));
    const peer = await harbour.peer(http, upgradeRequest('/', { Upgrade: 'other' }));
    await until(() => taken !== undefined);
    http.server.emit('connection', taken);
    clock.tick(60_000);
    peer.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await peer.response()).status).to.equal(200);
  });

  describe('on a server of its own', () => {
    /** Makes a server that takes connections and does nothing with them: Node's parsers keep the last stream. */
    function idle<S extends Server>(server: S): { server: S; deadline: FirstRequestDeadline } {
      server.removeAllListeners('connection');
      const deadline = new FirstRequestDeadline(server, { timeoutMs: 1_000, maxWaiting: Infinity });
      deadline.begin();
      return { server, deadline };
    }

    it('tells connections apart by address and port, however these look in a row', () => {
      const { server } = idle(createSecureServer());
      const sockets = (
        [
          ['127.0.0.1', 12_345],
          ['127.0.0.11', 2_345],
        ] as const
      ).map(([remoteAddress, remotePort]) => {
        const [, far] = duplexPair();
        const addresses = { remoteAddress, remotePort, localAddress: '127.0.0.1', localPort: 443 };
        server.emit('connection', Object.assign(far, addresses));
        return far;
      });
      clock.tick(1_000);
      expect(sockets.map(({ destroyed }) => destroyed)).to.deep.equal([true, true]);
    });

    const ends: readonly [string, (far: PairEnd, deadline: FirstRequestDeadline) => void][] = [
      ['its first request', (far, deadline) => deadline.met(far)],
      ['its end', (far) => void far.destroy()],
      ['its time', () => clock.tick(1_000)],
      ['the end of the watch', (_far, deadline) => deadline.end()],
    ];
    const addresses = { remoteAddress: '::1', remotePort: 1, localAddress: '::1', localPort: 2 };
    const kinds = { http: () => createServer(), https: () => createSecureServer() };
    for (const [[what, end], kind] of ends.flatMap((one) => [
      [one, 'http'] as const,
      [one, 'https'] as const,
    ])) {
      it(`keeps nothing of a connection behind ${what}, and leaves nothing on it, ${kind}`, async () => {
        const { server, deadline } = idle(kinds[kind]());
        const gone = await (async () => {
          const [, far] = duplexPair();
          Object.assign(far, addresses);
          const before = far.listenerCount('close');
          server.emit('connection', far);
          end(far, deadline);
          if (far.destroyed) await once(far, 'close');
          expect(far.listenerCount('close')).to.equal(before);
          if (!far.destroyed) await once(far.destroy(), 'close');
          return new WeakRef(far);
        })();
        await collectGarbage();
        expect(gone.deref()).to.be.undefined;
        deadline.end();
        expect(clock.countTimers()).to.equal(0);
      });
    }

    it('leaves the server as it was, whoever came and went meanwhile', () => {
      const server = createServer();
      const census = (): unknown =>
        server.eventNames().map((name) => [String(name), server.listenerCount(name)]);
      const listener = (): void => {};
      server.on('request', listener);
      const before = census();
      const deadline = new FirstRequestDeadline(server, { timeoutMs: 1_000, maxWaiting: Infinity });
      deadline.begin();
      for (const event of ['request', 'request', 'connect']) server.on(event, listener);
      for (const event of ['request', 'request', 'connect']) server.off(event, listener);
      deadline.end();
      expect(census()).to.deep.equal(before);
    });
  });

  describe('requests that come by other events', () => {
    const events: readonly [string, string][] = [
      ['checkContinue', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n'],
      ['checkExpectation', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n'],
      ['connect', 'CONNECT other:1 HTTP/1.1\r\nHost: other:1\r\n\r\n'],
    ];
    for (const [event, request] of events) {
      it(`knows ${event}, listened for before or after it was attached`, async () => {
        for (const order of ['before', 'after']) {
          const http = await harbour.http(PLAIN);
          let count = 0;
          const listener = (): void => void (count += 1);
          if (order === 'before') http.server.on(event, listener);
          harbour.registry().attach(http.server);
          if (order === 'after') http.server.on(event, listener);
          const peer = await harbour.peer(http, request);
          await until(() => count === 1);
          clock.tick(60_000);
          await turn();
          expect(http.sockets.size, order).to.equal(1);
          peer.stream.destroy();
        }
      });
    }

    it('leaves to Node what nobody else listens for, or does no longer', async () => {
      for (const isTried of [false, true]) {
        const { http } = await harbour.attached();
        http.server.on('request', (_request, response) => response.end('done'));
        const listener = (): void => {};
        if (isTried) http.server.on('checkContinue', listener).off('checkContinue', listener);
        expect(http.server.listenerCount('checkContinue')).to.equal(0);
        const peer = await harbour.peer(http, events[0]![1]);
        expect((await peer.response()).status).to.equal(100);
      }
    });

    it('goes on knowing when one of several listeners leaves', async () => {
      const { http } = await harbour.attached();
      const other = (): void => {};
      http.server.on('request', other);
      http.server.on('request', (_request, response) => response.end());
      http.server.off('request', other);
      const peer = await harbour.peer(http, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await peer.response();
      clock.tick(60_000);
      peer.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      expect((await peer.response()).status).to.equal(200);
    });

    it('goes on knowing when somebody replaces the listeners for request, as engine.io does', async () => {
      const { http } = await harbour.attached();
      http.server.on('request', () => {});
      http.server.removeAllListeners('request');
      http.server.on('request', (_request, response) => response.end());
      const peer = await harbour.peer(http, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await peer.response();
      clock.tick(60_000);
      peer.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      expect((await peer.response()).status).to.equal(200);
    });
  });
});
