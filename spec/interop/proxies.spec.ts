import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { HandshakeError, WebSocketClient, type ClientOptions } from '../../lib/index.js';
import { Certificate } from './certificate.js';
import { endingOf, PathServer, type Arrival, type Ending } from './path-server.js';
import { ANSWERED, endingAfter, expectEchoes, STEPS } from './peer-suite.js';
import { PeerProgram } from './peer-program.js';
import {
  haproxy,
  need,
  nginx,
  openssl,
  python,
  startAdapterClient,
  startAdapterServer,
  startClient,
  startServer,
  tcl,
  titleOf,
  ws,
  type Peer,
} from './peers.js';
import { PROXY_TIMEOUT_S, ReverseProxy } from './reverse-proxy.js';

const MEBIBYTE = 1024 * 1024;
const PEERS: readonly Peer[] = [ws, python, tcl];
const SCHEMES = ['ws', 'wss'] as const;

for (const [requirement, name] of [
  [nginx, 'nginx'],
  [haproxy, 'haproxy'],
] as const) {
  describe(`behind ${titleOf(requirement)}`, function () {
    this.timeout(60_000);
    let certificate: Certificate;
    let server: PathServer;
    let adapter: PeerProgram;
    let proxy: ReverseProxy;
    let clients: WebSocketClient[];

    before(async function () {
      need(this, requirement, openssl);
      certificate = new Certificate();
      server = await PathServer.start();
      const adapterServer = await startAdapterServer();
      adapter = adapterServer.program;
      const upstreams = new Map([
        ['server', server.port],
        ['adapter', adapterServer.port],
      ]);
      for (const peer of PEERS) {
        if (peer.version !== undefined)
          upstreams.set(peer.name, (await startServer(peer, undefined, ['chat.a'])).port);
      }
      proxy = await ReverseProxy.start(name, upstreams, certificate);
    });

    beforeEach(() => {
      clients = [];
    });

    afterEach(async () => {
      for (const client of clients) client.terminate();
      await Promise.all([...server.registry].map((connection) => endingOf(connection)));
      server.forget();
    });

    after(async () => {
      await proxy?.end();
      await PeerProgram.endAll();
      await server?.end();
      certificate?.remove();
    });

    /** Connects through the proxy; tells both ends. */
    async function dial(
      path: string,
      options: ClientOptions = {},
      scheme: 'ws' | 'wss' = 'ws',
    ): Promise<Arrival & { client: WebSocketClient; clientEnding: Promise<Ending> }> {
      const ca = certificate.ca;
      const client = new WebSocketClient(proxy.url('server', scheme) + path, { ca, ...options });
      client.on('error', () => {});
      clients.push(client);
      const clientEnding = endingOf(client);
      await once(client, 'connect');
      return { client, clientEnding, ...(await server.next()) };
    }

    for (const scheme of SCHEMES) {
      it(`passes 1 MiB and pings both ways over ${scheme}`, async () => {
        const { client, connection } = await dial('echo', {}, scheme);
        const message = randomBytes(MEBIBYTE);
        const echo = new Promise<Buffer>((resolve) => client.once('binary', resolve));
        client.send('binary', message);
        expect((await echo).equals(message)).to.equal(true);

        const pongs = [once(client, 'pong'), once(connection, 'pong')];
        client.ping('from the client');
        connection.ping('from the server');
        expect((await Promise.all(pongs)).map(String)).to.deep.equal(['from the client', 'from the server']);
        expect(client.latency).to.be.within(0, 60_000);
        expect(connection.latency).to.be.within(0, 60_000);
      });

      it(`passes the codes of Close both ways over ${scheme}`, async () => {
        const first = await dial('echo', {}, scheme);
        first.client.close(3001, 'done');
        expect(await first.ending).to.deep.equal({ code: 3001, reason: 'done', wasClean: true });
        expect(await first.clientEnding).to.deep.equal(ANSWERED);

        const second = await dial('close/4001/bye', {}, scheme);
        expect(await second.clientEnding).to.deep.equal({ code: 4001, reason: 'bye', wasClean: true });
        expect(await second.ending).to.deep.equal({ code: 4001, reason: '', wasClean: true });
      });

      it(`shows each end that the other one is gone without a Close, over ${scheme}`, async () => {
        const gone = { code: 1006, reason: '', wasClean: false };
        const first = await dial('echo', {}, scheme);
        first.client.terminate();
        expect(await first.ending).to.deep.equal(gone);

        const second = await dial('echo', {}, scheme);
        second.connection.terminate();
        expect(await second.clientEnding).to.deep.equal(gone);
      });

      it(`lets the server compare Origin with Host over ${scheme}`, async () => {
        const own = new URL(proxy.url('server', scheme));
        const origin = `${scheme === 'wss' ? 'https' : 'http'}://${own.host}`;
        const { headers } = await dial('echo', { origin }, scheme);
        expect(headers).to.include({ origin, host: own.host });

        const error = await dial('echo', { origin: 'https://elsewhere.example' }, scheme).catch(
          (reason: unknown) => reason,
        );
        expect(error).to.be.instanceOf(HandshakeError);
        expect(error).to.include({ statusCode: 403 });
        const { body } = error as HandshakeError;
        expect(String(body)).to.contain('https://elsewhere.example').and.contain(own.host);
      });
    }

    it(`outlives the proxy's timeout of ${PROXY_TIMEOUT_S} s in silence, with a keepalive of 1 s at either end`, async () => {
      const kept = await dial('echo');
      kept.connection.configure({ keepalive: 1 });
      const keeping = await dial('echo', { keepalive: 1 });
      keeping.connection.configure({ keepalive: 0 });
      const idle = await dial('echo');
      idle.connection.configure({ keepalive: 0 });

      // It came last, and yet it is cut: so the others, which were as silent, are past the timeout.
      expect(await idle.clientEnding).to.deep.equal({ code: 1006, reason: '', wasClean: false });
      for (const { client, connection } of [kept, keeping]) {
        expect(connection.state).to.equal('CONNECTED');
        const echo = once(client, 'text');
        client.send('text', 'still here');
        expect(await echo).to.deep.equal(['still here']);
      }
      expect(kept.connection.counters.messagesReceived).to.equal(1);
    });

    for (const peer of PEERS) {
      for (const scheme of SCHEMES) {
        const run = () => ({
          certificate: scheme === 'wss' ? certificate : undefined,
          protocols: ['chat.a'],
        });
        const octets = peer.isSlow ? MEBIBYTE : 16 * MEBIBYTE;
        const steps = [...STEPS, `octets:${octets}`, 'close:3001:done'];

        it(`lets ${titleOf(peer)} talk to the adapter over ${scheme}`, async function () {
          need(this, peer);
          const before = adapter.eventsOf('disconnect').length;
          const program = startClient(peer, `${proxy.url('adapter', scheme)}echo`, steps, run());
          await program.success();
          expectEchoes(program, octets);
          // HAProxy writes the names of fields in lower case, which tcllib's client does not know again.
          const protocol = name === 'haproxy' && peer === tcl ? '' : 'chat.a';
          expect(await program.event('connect')).to.include({ version: peer.version, protocol });
          expect(adapter.eventsOf('connect').at(-1)).to.include({ path: '/echo', protocol: 'chat.a' });
          const ending = await adapter.event('disconnect', before);
          expect(ending).to.deep.include(endingAfter(peer, 3001, 'done'));
        });

        it(`lets the adapter talk to ${titleOf(peer)} over ${scheme}`, async function () {
          need(this, peer);
          const program = startAdapterClient(`${proxy.url(peer.name, scheme)}echo`, steps, run());
          await program.success();
          expectEchoes(program, octets);
          expect(await program.event('connect')).to.include({ protocol: 'chat.a' });
          expect(await program.event('disconnect')).to.deep.include(endingAfter(peer, 3001, 'done'));
        });
      }
    }
  });
}
