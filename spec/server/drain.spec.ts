import { expect } from 'chai';
import { EventEmitter, once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import sinon from 'sinon';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { allClosed } from '../../lib/server/drain.js';
import { certificates } from '../certificates.js';
import { WAYS, webSocketUrl } from '../loopback.js';
import { RawPeer, upgradeRequest } from '../raw-peer.js';
import { turn, until } from '../turns.js';
import { Harbour, rejectionOf } from './harbour.js';

/** A Close of a client with 1001 and no reason. */
const CLOSE_1001 = Buffer.from('88820000000003e9', 'hex');

describe('drain', () => {
  const harbour = new Harbour();

  afterEach(() => sinon.restore());

  for (const way of WAYS) {
    it(`lets everybody see 1001, and leaves a foreign server listening, ${way.name}`, async () => {
      const { ca } = await certificates();
      const { http, registry } = await harbour.attached({}, way);
      http.server.on('request', (_request, response) => response.end('still here'));
      const seen: unknown[] = [];
      for (let i = 0; i < 5; i++) {
        const client = await WebSocketClient.open(http.url(), { ca });
        client.on('disconnect', (...args) => seen.push(args));
      }
      await registry.drain();
      expect(registry.size).to.equal(0);
      await until(() => seen.length === 5);
      for (const args of seen) expect(args).to.deep.equal([1001, 'Endpoint going away', true]);
      const peer = await harbour.peer(http, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      expect((await peer.response()).status).to.equal(200);
    });
  }

  it('sends the code and reason it is given', async () => {
    const { http, registry } = await harbour.attached();
    const { peer } = await harbour.ask(http);
    void registry.drain({ code: 4000, reason: 'moving', timeout: 0 });
    expect(await peer.takeHex('88080fa06d6f76696e67')).to.equal('88080fa06d6f76696e67');
  });

  it('terminates at the deadline those that do not answer, and those whose window is full', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { http, registry } = await harbour.attached({ slowConsumer: 'pause' });
    const { peer: answering } = await harbour.ask(http);
    const { peer: silent } = await harbour.ask(http);
    const { peer: stalled } = await harbour.ask(http);
    stalled.stream.pause();
    for (const connection of registry) connection.send('binary', Buffer.alloc(64));
    const last = [...registry][2]!;
    await until(() => {
      last.send('binary', Buffer.alloc(1024 * 1024));
      return last.bufferedAmount > 8 * 1024 * 1024;
    });
    let isDrained = false;
    const drained = registry.drain({ timeout: 4_000 }).then(() => (isDrained = true));
    await answering.take(66 + 2);
    answering.send(CLOSE_1001);
    await until(() => registry.size === 2);
    clock.tick(3_999);
    await turn();
    expect(isDrained).to.be.false;
    clock.tick(1);
    await drained;
    expect(registry.size).to.equal(0);
    await until(() => http.sockets.size === 0);
    await silent.closed();
    expect(silent.received.toString('hex')).to.match(/^827?.*881503e9/);
    stalled.stream.destroy();
  });

  it('is done soon after the deadline, even if a handler never is', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { http, registry } = await harbour.attached({
      handler: async (_connection, type, _message) => {
        if (type === 'text') await new Promise(() => undefined);
      },
    });
    const { peer } = await harbour.ask(http);
    const [connection] = registry;
    for (let i = 0; i < 3; i++) peer.send(Buffer.from('81810000000061', 'hex'));
    await until(() => connection!.bytesReceived === 21);
    let isDrained = false;
    const drained = registry.drain({ timeout: 1_000 }).then(() => (isDrained = true));
    await peer.take(2);
    clock.tick(1_000);
    await peer.closed();
    clock.tick(500);
    await drained;
    expect(isDrained).to.be.true;
  });

  it('is idempotent: a second call waits for the first, whatever it asks for', async () => {
    const { http, registry } = await harbour.attached();
    const { peer } = await harbour.ask(http);
    const events: string[] = [];
    registry.on('drain', () => {
      events.push('drain');
      void registry.drain();
    });
    registry.on('close', () => events.push('close'));
    const first = registry.drain({ code: 1012 });
    const second = registry.drain({ code: 1001 });
    const third = registry.close();
    expect(second).to.equal(first);
    expect(third).to.equal(first);
    const close = await peer.take(4);
    expect(close.toString('hex')).to.match(/^88..03f4$/);
    expect(events).to.deep.equal(['drain']);
    peer.send(CLOSE_1001);
    await first;
    expect(events).to.deep.equal(['drain', 'close']);
    expect(registry.drain()).to.equal(first);
  });

  it('refuses with 503 those that wait or come meanwhile', async () => {
    const { http, registry } = await harbour.attached({
      authorize: ({ url }) => (url === '/wait' ? new Promise(() => undefined) : undefined),
    });
    const { peer } = await harbour.ask(http);
    const waiting = await harbour.peer(http, upgradeRequest('/wait'));
    await until(() => http.sockets.size === 2);
    await turn();
    const rejected = rejectionOf(registry);
    const drained = registry.drain();
    expect((await waiting.response()).status).to.equal(503);
    expect(await rejected).to.deep.equal([503, 'the registry is draining']);
    expect((await harbour.ask(http)).status).to.equal(503);
    peer.send(CLOSE_1001);
    waiting.stream.destroy();
    await drained;
  });

  it('is done at once when nothing is open', async () => {
    const { registry } = await harbour.attached();
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await registry.drain();
    expect(clock.countTimers()).to.equal(0);
  });

  it('is what close and await using do', async () => {
    const { http, registry } = await harbour.attached();
    const client = await WebSocketClient.open(http.url());
    const gone = once(client, 'disconnect');
    {
      await using own = registry;
      expect(own.size).to.equal(1);
    }
    expect(registry.size).to.equal(0);
    expect(await gone).to.deep.equal([1001, 'Endpoint going away', true]);
  });

  it('throws at the call for options that cannot be, and does not drain', async () => {
    const { http, registry } = await harbour.attached();
    for (const options of [
      { code: 999 },
      { code: 1006 },
      { code: 1005 },
      { code: 1004 },
      { code: '1001' },
      { reason: 5 },
      { timeout: -1 },
      { timeout: Infinity },
      { timeoutMs: 5 },
      null,
      5,
    ])
      expect(() => registry.drain(options as never), JSON.stringify(options)).to.throw(InvalidOptionError);
    expect(() => registry.drain({ code: 1006 })).to.throw(
      'expected a code that may be sent, such as 1001 or',
    );
    expect((await harbour.ask(http)).status).to.equal(101);
  });

  describe('the server made by listen', () => {
    it('stops listening, ends idle connections and those without a request, and is closed at the end', async () => {
      const registry = await harbour.listen({ port: 0, host: '127.0.0.1' });
      const address = registry.address()!;
      const idle = await harbour.peer(registry);
      const client = await WebSocketClient.open(webSocketUrl(address, false));
      const gone = once(client, 'disconnect');
      await registry.drain();
      expect(await gone).to.deep.equal([1001, 'Endpoint going away', true]);
      await idle.closed();
      expect(registry.address()).to.be.null;
      const error = await WebSocketClient.open(webSocketUrl(address, false)).catch(
        (caught: unknown) => caught,
      );
      expect(error).to.have.property('stage', 'tcp');
    });

    it('ends connections that hang in their TLS handshake', async () => {
      const { localhost } = await certificates();
      const registry = await harbour.listen({ port: 0, host: '127.0.0.1', tls: localhost });
      const peer = await harbour.peer(registry);
      peer.send(Buffer.from('160301', 'hex'));
      await turn();
      await registry.drain();
      await peer.closed();
    });

    for (const isSecure of [false, true]) {
      it(`ends connections whose clients do not, ${isSecure ? 'wss' : 'ws'}`, async () => {
        const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
        const { localhost } = await certificates();
        const tls = isSecure ? localhost : undefined;
        const registry = await harbour.listen({ port: 0, host: '127.0.0.1', tls });
        registry.live('/live');
        const { port } = registry.address() as AddressInfo;
        const peers: RawPeer[] = [];
        for (const octets of [
          '',
          'GET / HT',
          'no HTTP\r\n\r\n',
          'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
          upgradeRequest('/dead'),
        ]) {
          const options = { port, host: '127.0.0.1', allowHalfOpen: true };
          const socket = isSecure ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options);
          const peer = new RawPeer(socket);
          peers.push(peer);
          await once(socket, isSecure ? 'secureConnect' : 'connect');
          if (octets !== '') peer.send(octets);
          if (octets.length > 8) await peer.response();
        }
        const drained = registry.drain({ timeout: 100 });
        await turn();
        clock.tick(100);
        await drained;
        for (const peer of peers) {
          peer.stream.destroy();
          await peer.closed();
        }
      });
    }

    it('lets refusals be read before it goes', async () => {
      const authorize = sinon.stub().returns(new Promise(() => undefined));
      const registry = await harbour.listen({ port: 0, host: '127.0.0.1', authorize });
      const waiting = await harbour.peer(registry, upgradeRequest());
      await until(() => authorize.called);
      const drained = registry.drain();
      const { status } = await waiting.responseWithBody();
      expect(status).to.equal(503);
      await waiting.ended();
      waiting.stream.end();
      await drained;
    });
  });

  describe('allClosed', () => {
    it('resolves with the last close, and takes its timer along', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const emitters = [new EventEmitter(), new EventEmitter()];
      const end = sinon.spy();
      const closed = allClosed(emitters, 1_000, end);
      emitters[0]!.emit('close');
      emitters[0]!.emit('close');
      clock.tick(999);
      emitters[1]!.emit('close');
      await closed;
      expect(end.called).to.be.false;
      expect(clock.countTimers()).to.equal(0);
    });

    it('ends at the deadline those that are left, and waits a moment for them', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const emitters = [new EventEmitter(), new EventEmitter(), new EventEmitter()];
      const closed = allClosed(emitters, 1_000, (emitter) => {
        if (emitter === emitters[1]) emitter.emit('close');
      });
      emitters[0]!.emit('close');
      clock.tick(1_000);
      expect(clock.countTimers()).to.equal(1);
      clock.tick(250);
      await closed;
    });
  });
});
