import { expect } from 'chai';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { loglevel } from '../../lib/logging.js';
import { OwnServer } from '../../lib/server/own-server.js';
import { ServerRegistry } from '../../lib/server/server-registry.js';
import sinon from 'sinon';
import { certificates } from '../certificates.js';
import { duplexPair } from '../duplex-pair.js';
import { collectGarbage } from '../garbage-collection.js';
import { spotOptions, WAYS, webSocketUrl } from '../loopback.js';
import { RawPeer, upgradeRequest } from '../raw-peer.js';
import { until } from '../turns.js';
import { Harbour } from './harbour.js';

describe('ServerRegistry.listen (OwnServer)', () => {
  const harbour = new Harbour();

  for (const { name, isSecure, spot } of WAYS) {
    it(`listens, ${name}`, async () => {
      const { ca, localhost } = await certificates();
      const options = spotOptions(spot);
      const registry = await harbour.listen({ ...options, ...(isSecure && { tls: localhost }) });
      registry.on('connection', (connection) =>
        connection.on('text', (text) => connection.send('text', text)),
      );
      const address = registry.address()!;
      if (typeof address === 'string') expect(address).to.equal(options.path);
      else expect(address.port).to.be.greaterThan(0);
      const client = await WebSocketClient.open(webSocketUrl(address, isSecure), { ca });
      client.send('text', 'hello');
      expect(await once(client, 'text')).to.deep.equal(['hello']);
      await registry.close();
      if (typeof address === 'string') expect(existsSync(address)).to.be.false;
    });
  }

  it('emits listening in time for who has waited for it', async () => {
    const registry = await harbour.listen({ port: 0, host: '127.0.0.1' });
    await new Promise<void>((resolve) => registry.once('listening', resolve));
  });

  it('has no address where it did not listen', () => {
    expect(harbour.registry().address()).to.be.null;
  });

  it('rejects, and leaves nothing, when it cannot listen there', async () => {
    const first = await harbour.listen({ port: 0, host: '127.0.0.1' });
    const { port } = first.address() as AddressInfo;
    const error = await ServerRegistry.listen({ port, host: '127.0.0.1' }).catch((caught: unknown) => caught);
    expect(error).to.have.property('code', 'EADDRINUSE');
  });

  it('rejects for options that cannot be', async () => {
    const wrong: readonly [RegExp, unknown][] = [
      [/^ListenOptions/, undefined],
      [/^ListenOptions/, null],
      [/^ListenOptions/, 8080],
      [/^port: expected a port, or a path to listen on a Unix socket, got undefined$/, {}],
      [/^port/, { host: '127.0.0.1' }],
      [/^port/, { port: '8080' }],
      [/^port/, { port: 65_536 }],
      [/^port/, { port: -1 }],
      [/^host/, { port: 0, host: 5 }],
      [/^path/, { path: 5 }],
      [/^path: expected nothing beside a port or host, got/, { path: '/tmp/x.sock', port: 0 }],
      [/^path/, { path: '/tmp/x.sock', host: '::1' }],
      [/^backlog/, { port: 0, backlog: -1 }],
      [/^tls: expected an object of TLS options, got true$/, { port: 0, tls: true }],
      [/^prot.*did you mean port/, { prot: 0 }],
      [/^keepalive/, { port: 0, keepalive: '5' }],
    ];
    for (const [message, options] of wrong) {
      const error = await ServerRegistry.listen(options as never).catch((caught: unknown) => caught);
      expect(error, JSON.stringify(options)).to.be.instanceOf(InvalidOptionError);
      expect((error as Error).message).to.match(message);
    }
    const error = await ServerRegistry.listen({ port: 0, tls: { key: 'no key' } }).catch(
      (caught: unknown) => caught,
    );
    expect(error).to.be.instanceOf(Error);
  });

  it('says 426 to a plain request', async () => {
    const registry = await harbour.listen({ port: 0, host: '127.0.0.1' });
    const peer = await harbour.peer(registry, 'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    const { status, headers } = await peer.response();
    expect(status).to.equal(426);
    expect(headers).to.include({
      upgrade: 'websocket',
      connection: 'close, Upgrade',
      'content-type': 'text/plain; charset=utf-8',
    });
    await peer.ended();
    expect(peer.received.toString()).to.include('speaks WebSocket only');
  });

  it('hands an offer of h2c back to itself', async () => {
    const registry = await harbour.listen({ port: 0, host: '127.0.0.1' });
    const peer = await harbour.peer(registry, upgradeRequest('/', { Upgrade: 'h2c' }));
    expect((await peer.response()).status).to.equal(426);
  });

  describe('clientError', () => {
    const broken: readonly [string, string, number][] = [
      ['garbage', 'hello\r\n\r\n', 400],
      ['a header section over 16 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`, 431],
      ['2,000 fields (H1)', upgradeRequest('/', { X: Array.from({ length: 2_000 }, () => '') }), 431],
    ];
    for (const [what, octets, expected] of broken) {
      it(`answers ${String(expected)} to ${what}, and goes on`, async () => {
        const registry = await harbour.listen({ port: 0, host: '127.0.0.1' });
        const peer = await harbour.peer(registry, octets);
        const { status, headers } = await peer.responseWithBody();
        expect([status, headers['connection']]).to.deep.equal([expected, 'close']);
        await peer.ended();
        expect((await harbour.ask(registry)).status).to.equal(101);
      });
    }

    it('is emitted with the error and the socket, and logged', async () => {
      loglevel('notice');
      const registry = await harbour.listen({ port: 0, host: '127.0.0.1' });
      const told = new Promise((resolve) =>
        registry.once('clientError', (error, socket) =>
          resolve([(error as { code?: string }).code, typeof socket.write]),
        ),
      );
      await harbour.peer(registry, '\0\0\0');
      expect(await told).to.deep.equal(['HPE_INVALID_METHOD', 'function']);
      expect(harbour.logged).to.deep.equal(['notice: what came is no HTTP']);
      expect(harbour.facts[0]!['err']).to.have.property('code', 'HPE_INVALID_METHOD');
    });

    it('drops what is no TLS, without a word', async () => {
      const { localhost } = await certificates();
      const registry = await harbour.listen({ port: 0, host: '127.0.0.1', tls: localhost });
      const told = new Promise((resolve) => registry.once('clientError', (error) => resolve(error)));
      const peer = await harbour.peer(registry, upgradeRequest());
      expect(await told).to.be.instanceOf(Error);
      await peer.ended();
      expect(peer.received.toString('latin1')).not.to.include('HTTP');
    });

    it('survives a reset in the middle of a request', async () => {
      const registry = await harbour.listen({ port: 0, host: '127.0.0.1' });
      const told = new Promise<Error>((resolve) => registry.once('clientError', resolve));
      const socket = connect((registry.address() as AddressInfo).port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write('GET / HT', () => socket.resetAndDestroy());
      expect(await told).to.be.instanceOf(Error);
      expect((await harbour.ask(registry)).status).to.equal(101);
    });
  });

  describe('without a registry', () => {
    const servers: OwnServer[] = [];

    afterEach(() => Promise.all(servers.splice(0).map((server) => server.end())));

    async function listening(tls?: TlsOptions): Promise<OwnServer> {
      const server = new OwnServer(tls, () => {});
      servers.push(server);
      await server.listen({ port: 0, host: '127.0.0.1' });
      return server;
    }

    it('is closed at its end, stopped before or not', async () => {
      for (const isStopped of [true, false]) {
        const server = await listening();
        if (isStopped) server.stop();
        await server.end();
        expect(server.address).to.be.null;
      }
    });

    it('does not wait at its end for a client that holds on to the answer to its nonsense', async () => {
      const server = await listening();
      const socket = connect({
        port: (server.address as AddressInfo).port,
        host: '127.0.0.1',
        allowHalfOpen: true,
      });
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        socket.on('error', () => {}).resume();
        socket.write('nonsense\r\n\r\n');
        await new Promise<void>((resolve) => socket.on('end', () => resolve()));
        await server.end();
        expect(server.address).to.be.null;
      } finally {
        clock.restore();
        socket.destroy();
      }
    });

    it('logs what befalls it while it listens, and goes on', async () => {
      const server = await listening();
      const error = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
      for (let i = 0; i < 2; i++) server.http.emit('error', error);
      expect(harbour.logged).to.deep.equal([
        'error: the listening server failed',
        'error: the listening server failed',
      ]);
      expect(harbour.facts).to.deep.equal([{ err: error }, { err: error }]);
      const socket = connect((server.address as AddressInfo).port, '127.0.0.1');
      await once(socket, 'connect');
      socket.destroy();
    });

    it('drops a socket that has failed, without a word to whoever might still read it', async () => {
      const server = await listening();
      for (const code of ['ECONNRESET', 'ERR_SSL_HTTP_REQUEST', undefined]) {
        const [near, far] = duplexPair();
        const peer = new RawPeer(near);
        server.http.emit('clientError', Object.assign(new Error('failed'), { code }), far);
        expect(far.destroyed, code).to.be.true;
        await peer.ended();
        expect(peer.received.length, code).to.equal(0);
      }
    });

    it('forgets a connection that is gone, and does not listen twice to one that was handed back', async () => {
      const { localhost } = await certificates();
      const server = await listening(localhost);
      // What Node does with a stream outlasts it.
      server.http.off('connection', server.http.listeners('connection')[0] as () => void);
      const gone = await (async () => {
        const [near, far] = duplexPair();
        // What hands back a request emits this again.
        for (let i = 0; i < 2; i++) server.http.emit('connection', far);
        const listeners = far.listeners('close');
        expect(new Set(listeners).size).to.equal(listeners.length);
        far.destroy();
        await once(far, 'close');
        near.destroy();
        return new WeakRef(far);
      })();
      await collectGarbage();
      expect(gone.deref()).to.be.undefined;
    });
  });

  it('survives running out of descriptors, and recovers when they are back (H16)', async function () {
    this.timeout(60_000);
    const program = fileURLToPath(new URL('listening-program.ts', import.meta.url));
    const command = `ulimit -n 150; exec "$0" --import tsx "$1"`;
    const child = spawn('bash', ['-c', command, process.execPath, program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    const peers: RawPeer[] = [];
    try {
      const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
      const port = Number(line);
      const open = (): RawPeer => {
        const peer = new RawPeer(connect(port, '127.0.0.1'));
        peers.push(peer);
        return peer.send(upgradeRequest());
      };
      for (let i = 0; i < 300; i++) open();
      // Some are open, the others were dropped or wait: there are not enough descriptors for all.
      await until(() => peers.filter(({ received }) => received.includes(' 101 ')).length >= 10);
      const answered = peers.filter(({ received }) => received.includes(' 101 ')).length;
      expect(answered).to.be.lessThan(150);
      for (const peer of peers.splice(0)) peer.stream.destroy();
      for (;;) {
        const peer = open();
        // One that waits to be accepted for long is given up for another.
        const patience = setTimeout(() => peer.stream.destroy(), 5_000);
        const status = await peer.response().then(
          (response) => response.status,
          () => 0,
        );
        clearTimeout(patience);
        peer.stream.destroy();
        if (status === 101) break;
      }
      expect(child.exitCode).to.be.null;
    } finally {
      for (const peer of peers) peer.stream.destroy();
      child.stdin.end();
    }
    expect(await closed).to.deep.equal([0, null]);
  });
});
