import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import sinon, { type SinonFakeTimers } from 'sinon';
import { WAYS, PLAIN, type Loopback, type Way } from '../loopback.js';
import { RawPeer, upgradeRequest } from '../raw-peer.js';
import { turn, until } from '../turns.js';
import { Harbour } from './harbour.js';

describe('FirstRequestDeadline (H5)', () => {
  const harbour = new Harbour();
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
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

  /** Waits until the server has dropped all but so many connections. */
  const left = (http: Loopback, count: number) => until(() => http.sockets.size === count);

  for (const way of WAYS) {
    describe(way.name, () => {
      it('drops a connection without a request after handshakeTimeoutMs', async () => {
        const { http } = await harbour.attached({ handshakeTimeoutMs: 3_000 }, way);
        const peer = await harbour.peer(http);
        await until(() => clock.countTimers() === 1);
        clock.tick(2_999);
        await turn();
        expect(http.sockets.size).to.equal(1);
        clock.tick(1);
        await left(http, 0);
        await peer.ended();
        expect(clock.countTimers()).to.equal(0);
      });

      it('drops one that drips a header', async () => {
        const { http } = await harbour.attached({}, way);
        const peer = await harbour.peer(http);
        await until(() => clock.countTimers() === 1);
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
    await until(() => clock.countTimers() === 2);
    clock.tick(4_000);
    await left(http, 1);
    await slow.ended();
    slow.stream.destroy();
    clock.tick(6_000);
    await left(http, 0);
    await peer.ended();
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

  it('lets connections be once the last registry has left', async () => {
    const { http, registry } = await harbour.attached();
    http.server.on('request', (_request, response) => response.end());
    const peer = await harbour.peer(http);
    await left(http, 1);
    await registry.drain();
    clock.tick(60_000);
    peer.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await peer.response()).status).to.equal(200);
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

    it('leaves to Node what nobody else listens for', async () => {
      const { http } = await harbour.attached();
      http.server.on('request', (_request, response) => response.end('done'));
      const listener = (): void => {};
      http.server.on('checkContinue', listener).off('checkContinue', listener);
      expect(http.server.listenerCount('checkContinue')).to.equal(0);
      const peer = await harbour.peer(http, events[0]![1]);
      expect((await peer.response()).status).to.equal(100);
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
