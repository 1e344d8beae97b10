import { expect } from 'chai';
import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { PLAIN, SECURE } from '../loopback.js';
import { upgradeRequest } from '../raw-peer.js';
import { Harbour, rejectionOf } from './harbour.js';

const TEAPOT = 'HTTP/1.1 418 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

describe('HttpAttachment', () => {
  const harbour = new Harbour();

  for (const way of [PLAIN, SECURE]) {
    describe(way.name, () => {
      it('answers 404 for a path that is not live, when it is the only listener', async () => {
        const { http, registry } = await harbour.attached({}, way);
        registry.live('/live');
        const rejected = rejectionOf(registry);
        const { status, headers } = await harbour.ask(http, '/dead');
        expect([status, headers['connection']]).to.deep.equal([404, 'close']);
        expect(await rejected).to.deep.equal([404, 'the path is not live']);
      });

      it('leaves to other listeners what is not live, and takes what is before or after them', async () => {
        for (const order of ['before', 'after']) {
          const http = await harbour.http(way);
          const registry = harbour.registry();
          registry.live('/live');
          const seen: unknown[] = [];
          if (order === 'before') registry.attach(http.server);
          http.server.on('upgrade', (request, socket) => {
            seen.push(request.url);
            if (request.url === '/theirs') socket.end(TEAPOT);
          });
          if (order === 'after') registry.attach(http.server);
          expect((await harbour.ask(http, '/live')).status).to.equal(101);
          expect((await harbour.ask(http, '/theirs')).status).to.equal(418);
          expect(seen).to.deep.equal(['/live', '/theirs']);
        }
      });

      it('leaves an upgrade to something else an ordinary request, when it is the only listener', async () => {
        const { http, registry } = await harbour.attached({}, way);
        http.server.on('request', (request, response) => {
          void buffer(request).then((body) =>
            response.end(`${request.method!} ${request.url!} ${body.toString()}`),
          );
        });
        const h2c = { Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABk' };
        const peer = await harbour.peer(http, upgradeRequest('/one', h2c));
        expect((await peer.responseWithBody()).body).to.equal('GET /one ');
        peer.send(upgradeRequest('/two', { ...h2c, 'Content-Length': '5' }, 'POST') + 'hello');
        expect((await peer.responseWithBody()).body).to.equal('POST /two hello');
        // And the connection may still become a WebSocket.
        peer.send(upgradeRequest('/ws'));
        expect((await peer.response()).status).to.equal(101);
        expect(registry.size).to.equal(1);
      });

      it('leaves the socket alone when nobody else answers either', async () => {
        const { http, registry } = await harbour.attached({}, way);
        registry.live('/live');
        let other: unknown;
        http.server.on('upgrade', (_request, socket) => {
          other = [socket.isPaused(), socket.listenerCount('data')];
          socket.end(TEAPOT);
        });
        expect((await harbour.ask(http, '/dead')).status).to.equal(418);
        expect(other).to.deep.equal([false, 0]);
      });
    });
  }

  it('knows other registries on the same server: each takes its own, and 404 is for what nobody has', async () => {
    const http = await harbour.http();
    const one = harbour.registry().attach(http.server);
    const two = harbour.registry().attach(http.server);
    one.live('/one');
    two.live('/two');
    one.live('/both');
    two.live('/both');
    const told: unknown[] = [];
    one.on('rejected', (_request, status) => told.push('one', status));
    two.on('rejected', (_request, status) => told.push('two', status));
    for (const path of ['/one', '/two', '/both'])
      expect((await harbour.ask(http, path)).status).to.equal(101);
    expect([one.size, two.size]).to.deep.equal([2, 1]);
    expect((await harbour.ask(http, '/three')).status).to.equal(404);
    expect(told).to.deep.equal(['one', 404, 'two', 404]);
  });

  it('listens once, however often it is attached', async () => {
    const { http, registry } = await harbour.attached();
    harbour.registry().attach(http.server);
    registry.attach(http.server);
    expect(http.server.listenerCount('upgrade')).to.equal(1);
  });

  it('leaves nothing on a server when the last registry is drained', async () => {
    const http = await harbour.http();
    http.server.on('request', (_request, response) => response.end('still here'));
    const before = census();
    const one = harbour.registry().attach(http.server);
    const two = harbour.registry().attach(http.server);
    expect(census()).not.to.deep.equal(before);
    await one.drain();
    expect((await harbour.ask(http)).status).to.equal(101);
    await two.drain({ timeout: 0 });
    expect(census()).to.deep.equal(before);
    const peer = await harbour.peer(http, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await peer.response()).status).to.equal(200);

    function census(): Record<string, number> {
      return Object.fromEntries(
        http.server.eventNames().map((name) => [String(name), http.server.listenerCount(name)]),
      );
    }
  });

  it('may be attached again later', async () => {
    const { http, registry } = await harbour.attached();
    await registry.drain();
    harbour.registry().attach(http.server);
    expect((await harbour.ask(http)).status).to.equal(101);
  });

  it('takes an offer of several protocols when WebSocket is among them', async () => {
    const { http } = await harbour.attached();
    expect((await harbour.ask(http, '/', { Upgrade: 'h2c, WebSocket' })).status).to.equal(101);
  });

  it('does not answer an upgrade to something else while others listen', async () => {
    const { http } = await harbour.attached();
    http.server.on('upgrade', (request, socket) => {
      if (request.headers.upgrade === 'h2c') socket.end(TEAPOT);
    });
    let requests = 0;
    http.server.on('request', () => (requests += 1));
    const peer = await harbour.peer(http, upgradeRequest('/', { Upgrade: 'h2c' }));
    expect((await peer.response()).status).to.equal(418);
    await peer.ended();
    expect(requests).to.equal(0);
  });

  describe('on a server that asks which requests are upgrades (Node 22.21 and later)', () => {
    /** Is such a server, or made to look like one. */
    type Asking = ReturnType<typeof createServer> & { shouldUpgradeCallback: (request: object) => boolean };

    it('says no to what is no WebSocket when it is the only listener, and else leaves it to whoever was asked before', () => {
      const server = createServer() as Asking;
      const before = (): boolean => true;
      server.shouldUpgradeCallback = before;
      const registry = harbour.registry().attach(server);
      const webSocket = { rawHeaders: ['Upgrade', 'websocket'] };
      const h2c = { rawHeaders: ['Upgrade', 'h2c'] };
      const asked = server.shouldUpgradeCallback;
      expect([asked(webSocket), asked(h2c)]).to.deep.equal([true, false]);
      const listener = (): void => {};
      server.on('upgrade', listener);
      expect([asked(webSocket), asked(h2c)]).to.deep.equal([true, true]);
      server.off('upgrade', listener);
      return registry.drain().then(() => expect(server.shouldUpgradeCallback).to.equal(before));
    });

    it('hands back what it is given all the same', async () => {
      const { http } = await harbour.attached();
      (http.server as Asking).shouldUpgradeCallback = () => true;
      http.server.on('request', (request, response) => response.end(request.url));
      const peer = await harbour.peer(http, upgradeRequest('/one', { Upgrade: 'h2c' }));
      expect((await peer.responseWithBody()).body).to.equal('/one');
    });

    it('asks nothing of a server that does not ask', () => {
      const server = createServer() as Partial<Asking> & Server;
      delete server.shouldUpgradeCallback;
      const registry = harbour.registry().attach(server);
      expect(server).not.to.have.property('shouldUpgradeCallback');
      return registry.drain().then(() => expect(server).not.to.have.property('shouldUpgradeCallback'));
    });

    it('leaves alone what others have put in its place', async () => {
      const server = createServer() as Asking;
      server.shouldUpgradeCallback = () => true;
      const registry = harbour.registry().attach(server);
      const other = (): boolean => false;
      server.shouldUpgradeCallback = other;
      await registry.drain();
      expect(server.shouldUpgradeCallback).to.equal(other);
    });
  });
});
