import { expect } from 'chai';
import { HandshakeError, WebSocketClient, type ClientOptions } from '../../lib/index.js';
import { Certificate } from './certificate.js';
import { endingOf, PathServer, type Ending } from './path-server.js';
import { PeerProgram } from './peer-program.js';
import {
  need,
  openssl,
  startAdapterClient,
  startAdapterServer,
  startClient,
  startServer,
  titleOf,
  type Peer,
} from './peers.js';

const MEBIBYTE = 1024 * 1024;

/** What every client does with every echo server; a space, an empty message and all lengths of a length among it. */
export const STEPS = [
  'text:made fast ⚓',
  'text:',
  'binary:00ff80',
  'octets:125',
  'octets:126',
  'octets:65536',
  'fragments:made |fäst |⚓',
  'ping:are you there',
] as const;

/** Octets of the messages that come back, in order. */
export const ECHOES = [13, 0, 3, 125, 126, 65_536, 14] as const;

/** How a connection ends for the side that closed it with 3001: our answer has the code, and no reason. */
export const ANSWERED = { code: 3001, reason: '', wasClean: true } as const;

/** How a connection ends for us when a peer closed it, or answered our Close. */
export function endingAfter(peer: Peer, code: number, reason: string): Ending {
  return peer.sendsClose ? { code, reason, wasClean: true } : { code: 1006, reason: '', wasClean: false };
}

/** Chooses the length of a long message: Tcl takes seconds to mask 16 MiB. */
export function lengthFor(peer: Peer, scheme: 'ws' | 'wss'): number {
  return peer.isSlow && scheme === 'wss' ? MEBIBYTE : 16 * MEBIBYTE;
}

/** Expects that a client took all of {@link STEPS}. */
export function expectEchoes(program: PeerProgram, ...further: number[]): void {
  expect(program.eventsOf('echo').map(({ octets }) => octets)).to.deep.equal([...ECHOES, ...further]);
  expect(program.eventsOf('pong')).to.have.lengthOf(1);
}

/** Describes how a peer's client gets on with our server. */
export function describeClient(peer: Peer): void {
  describe(`${titleOf(peer)} as client`, function () {
    this.timeout(60_000);
    let server: PathServer;
    let certificate: Certificate;

    before(async function () {
      need(this, peer, openssl);
      certificate = new Certificate();
      server = await PathServer.start();
    });

    afterEach(async () => {
      await PeerProgram.endAll();
      server.forget();
    });

    after(async () => {
      await server?.end();
      certificate?.remove();
    });

    it('sends and takes messages, fragments and pings, and closes with a code', async () => {
      const program = startClient(peer, `${server.url}echo?a=b`, [...STEPS, 'close:3001:done']);
      const { connection, calls, ending } = await server.next();
      await program.success();
      expectEchoes(program);
      expect(await program.event('connect')).to.include({ version: peer.version });
      expect(connection).to.include({ path: '/echo', query: 'a=b', protocol: '', extensions: '' });
      expect(await ending).to.deep.equal(endingAfter(peer, 3001, 'done'));
      const pings = calls.filter(([type]) => type === 'ping').map(([, payload]) => String(payload));
      expect(pings).to.include('are you there');
      const closing = calls.filter(([type]) => type === 'close').map(([, message]) => message);
      expect(closing).to.deep.equal(
        peer.sendsClose ? [{ code: 3001, reason: 'done', origin: 'remote' }] : [],
      );
    });

    it('puts our fragments together, and answers the ping between them', async () => {
      const program = startClient(peer, `${server.url}fragments`, ['receive:made fast ⚓']);
      const { calls } = await server.next();
      await program.success();
      const pongs = calls.filter(([type]) => type === 'pong').map(([, payload]) => String(payload));
      expect(pongs).to.deep.equal(['between fragments']);
    });

    it('answers a ping, which tells the latency', async () => {
      const program = startClient(peer, `${server.url}ping`, ['receive:pong']);
      const { connection } = await server.next();
      await program.success();
      expect(connection.latency).to.be.within(0, 60_000);
    });

    it('learns the code and the reason of our Close', async () => {
      const program = startClient(peer, `${server.url}close/4001/bye`, ['closed']);
      const { ending } = await server.next();
      await program.success();
      expect(await program.event('disconnect')).to.include({ code: 4001, reason: 'bye' });
      expect(await ending).to.deep.equal(endingAfter(peer, 4001, 'bye'));
    });

    it('agrees on the first subprotocol that the live path has', async () => {
      const program = startClient(peer, `${server.url}chat`, ['text:ahoy'], {
        protocols: ['mail', 'chat.b'],
      });
      const { connection } = await server.next();
      await program.success();
      expect(connection.protocol).to.equal('chat.b');
      expect(await program.event('connect')).to.include({ protocol: 'chat.b' });
    });

    it('is told 404 for a path that is not live, and for a subprotocol that nobody speaks', async () => {
      const programs = [
        startClient(peer, `${server.url}elsewhere`, ['text:lost']),
        startClient(peer, `${server.url}chat`, ['text:lost'], { protocols: ['mail'] }),
      ];
      for (const program of programs) {
        expect((await program.event('refused'))['status']).to.be.oneOf([400, 404]);
        await program.success();
      }
    });

    it('notices an echo that is not what it sent', async () => {
      const program = startClient(peer, `${server.url}liar`, ['text:ahoy']);
      expect((await program.ended).status).to.equal(1);
      expect(program.eventsOf('echo')).to.deep.equal([]);
    });

    for (const scheme of ['ws', 'wss'] as const) {
      const octets = lengthFor(peer, scheme);

      it(`gets ${octets / MEBIBYTE} MiB and all the rest back from the adapter over ${scheme}`, async () => {
        const trusted = scheme === 'wss' ? certificate : undefined;
        const adapter = await startAdapterServer(trusted);
        expect(adapter.url).to.match(new RegExp(`^${scheme}://`));
        const program = startClient(
          peer,
          `${adapter.url}echo`,
          [...STEPS, `octets:${octets}`, 'close:4000:that is all'],
          { certificate: trusted, protocols: ['chat.a'] },
        );
        await program.success();
        expectEchoes(program, octets);
        expect(await adapter.program.event('connect')).to.include({ protocol: 'chat.a', path: '/echo' });
        expect(await adapter.program.event('disconnect')).to.deep.include(
          endingAfter(peer, 4000, 'that is all'),
        );
        expect(await adapter.program.end()).to.include({ status: 0 });
      });
    }
  });
}

/** Describes how a peer's server gets on with our client. */
export function describeServer(peer: Peer): void {
  describe(`${titleOf(peer)} as server`, function () {
    this.timeout(60_000);
    let certificate: Certificate;
    let server: Awaited<ReturnType<typeof startServer>>;
    let clients: WebSocketClient[];

    before(async function () {
      need(this, peer, openssl);
      certificate = new Certificate();
    });

    beforeEach(async () => {
      clients = [];
      server = await startServer(peer, undefined, ['chat.a']);
    });

    afterEach(async () => {
      for (const client of clients) client.terminate();
      await PeerProgram.endAll();
    });

    after(() => certificate?.remove());

    function dial(path: string, options: ClientOptions = {}): WebSocketClient {
      const client = new WebSocketClient(server.url + path, { protocol: 'chat.a', ...options });
      client.on('error', () => {});
      clients.push(client);
      return client;
    }

    for (const scheme of ['ws', 'wss'] as const) {
      const octets = lengthFor(peer, scheme);

      it(`gives the adapter ${octets / MEBIBYTE} MiB and all the rest back over ${scheme}`, async () => {
        const trusted = scheme === 'wss' ? certificate : undefined;
        if (trusted !== undefined) server = await startServer(peer, trusted, ['chat.a']);
        expect(server.url).to.match(new RegExp(`^${scheme}://`));
        expect(await server.program.event('listening')).to.include({ version: peer.version });
        const adapter = startAdapterClient(
          `${server.url}echo`,
          [...STEPS, `octets:${octets}`, 'close:3001:done'],
          { certificate: trusted, protocols: ['mail', 'chat.a'] },
        );
        await adapter.success();
        expectEchoes(adapter, octets);
        expect(await adapter.event('connect')).to.include({ protocol: 'chat.a' });
        expect(await adapter.event('disconnect')).to.deep.include(endingAfter(peer, 3001, 'done'));
        const told = await server.program.event(peer.sendsClose ? 'disconnect' : 'closing');
        expect(told).to.include({ code: 3001, reason: 'done' });
      });
    }

    it('sends fragments, which come as one message', async () => {
      const client = dial('fragments');
      expect(await next(client)).to.equal('made fast ⚓');
    });

    it('sends fragments, which come piece by piece to those who ask for that', async () => {
      const client = dial('fragments', { fragments: true });
      const pieces: string[] = [];
      await new Promise<void>((resolve) =>
        client.on('fragment', ({ type, data, final }) => {
          expect(type).to.equal('text');
          pieces.push(String(data));
          if (final) resolve();
        }),
      );
      expect(pieces.length).to.be.at.least(3);
      expect(pieces.join('')).to.equal('made fast ⚓');
    });

    it('sends a ping and takes our pong', async () => {
      const client = dial('ping');
      const pinged = new Promise<string>((resolve) =>
        client.once('ping', (payload) => resolve(String(payload))),
      );
      expect(await next(client)).to.equal('pong');
      expect(await pinged).to.equal('are you there');
    });

    it('closes with a code and a reason', async () => {
      const client = dial('close/4001/bye');
      expect(await endingOf(client)).to.deep.equal(endingAfter(peer, 4001, 'bye'));
    });

    it('refuses a path that it does not know: 404, told as a HandshakeError', async () => {
      const error = await WebSocketClient.open(`${server.url}elsewhere`, { protocol: 'chat.a' }).catch(
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(HandshakeError);
      expect(error).to.include({ stage: 'http', statusCode: 404 });
    });
  });
}

/** Waits for the next message of a connection. */
async function next(client: WebSocketClient): Promise<string | Buffer> {
  return new Promise((resolve, reject) => {
    client.once('message', (message) => resolve(message));
    client.once('close', (code, reason) => reject(new Error(`closed with ${code} ${reason}`)));
  });
}
