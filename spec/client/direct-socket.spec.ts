import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { DirectSocket } from '../../lib/client/direct-socket.js';
import type { ClientOptions } from '../../lib/client/client-options.js';
import type { WebSocketClient } from '../../lib/client/websocket-client.js';
import type { Connection } from '../../lib/connection/connection.js';
import type { MessageFragment } from '../../lib/protocol/fragment-decoder.js';
import { ServerRegistry } from '../../lib/server/server-registry.js';
import { Loopback } from '../loopback.js';
import { turn, until } from '../turns.js';
import { Dialling, closed } from './dialling.js';
import { switching } from './raw-server.js';

describe('DirectSocket', () => {
  let loopback: Loopback<Server>;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    loopback = await Loopback.of(createServer((socket) => void socket.on('error', () => {})));
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await loopback.close();
  });

  /** Dials, and gives both ends. */
  async function dial(): Promise<{ direct: DirectSocket; socket: Socket; peer: Socket }> {
    const accepted = once(loopback.server, 'connection') as Promise<[Socket]>;
    const direct = new DirectSocket({ host: '127.0.0.1', port: loopback.port });
    const { socket } = direct;
    sockets.add(socket.on('error', () => {}));
    await once(socket, 'connect');
    return { direct, socket, peer: (await accepted)[0] };
  }

  /** Takes what comes directly. */
  function taker(keepsNone = false): {
    push: (octets: Buffer) => void;
    keepsNone: () => boolean;
    taken: Buffer[];
  } {
    const taken: Buffer[] = [];
    return { taken, push: (octets) => void taken.push(octets), keepsNone: () => keepsNone };
  }

  it('is a stream like any other until it is begun', async () => {
    const { socket, peer } = await dial();
    const came: string[] = [];
    socket.on('data', (chunk: Buffer) => came.push(chunk.toString()));
    peer.write('one');
    await until(() => came.length === 1);
    peer.end('two');
    await once(socket, 'end');
    expect(came).to.deep.equal(['one', 'two']);
  });

  it('then hands over what comes while it flows, and the end by its events', async () => {
    const { direct, socket, peer } = await dial();
    const { taken, ...to } = taker();
    socket.on('data', () => expect.fail('by the stream'));
    direct.begin(to);
    peer.write('one');
    await until(() => taken.length === 1);
    peer.end('two');
    await once(socket, 'end');
    expect(taken.map(String)).to.deep.equal(['one', 'two']);
  });

  it('hands over behind what waits in the stream', async () => {
    const { direct, socket, peer } = await dial();
    const { taken, ...to } = taker();
    peer.write('one');
    await until(() => socket.readableLength === 3);
    direct.begin(to);
    peer.write('two');
    await until(() => socket.readableLength === 6);
    socket.on('data', to.push);
    await until(() => taken.length > 0);
    peer.write('three');
    await until(() => Buffer.concat(taken).length === 11);
    expect(Buffer.concat(taken).toString()).to.equal('onetwothree');
  });

  it('gives octets for good, unless they are not kept', async () => {
    const [one, two, lent] = [await dial(), await dial(), await dial()];
    const to = taker();
    const copying = taker(true);
    for (const { direct } of [one, two]) direct.begin(to);
    lent.direct.begin(copying);
    for (const { socket } of [one, two, lent]) socket.resume();
    one.peer.write('one');
    await until(() => to.taken.length === 1);
    lent.peer.write('lent');
    await until(() => copying.taken.length === 1);
    expect(copying.taken[0]!.toString()).to.equal('lent');
    two.peer.write('two of them');
    await until(() => to.taken.length === 2);
    expect(to.taken.map(String)).to.deep.equal(['one', 'two of them']);
    expect(
      to.taken.map(({ buffer }) => buffer.byteLength <= 8 * 1024),
      'they pin no large memory',
    ).to.deep.equal([true, true]);
    expect(copying.taken[0]!.toString(), 'the next one reads there').to.equal('two ');
  });

  it('reads on while it is paused, up to its high water mark', async () => {
    const { direct, socket, peer } = await dial();
    const { taken, ...to } = taker();
    direct.begin(to);
    socket.pause();
    const octets = randomBytes(16 * 1024 * 1024);
    peer.write(octets);
    await until(() => socket.readableLength >= socket.readableHighWaterMark);
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(socket.readableLength).to.be.below(socket.readableHighWaterMark + 64 * 1024);
    expect(taken).to.deep.equal([]);
    socket.on('data', to.push).resume();
    await until(() => taken.reduce((sum, { length }) => sum + length, 0) === octets.length);
    expect(Buffer.concat(taken).equals(octets)).to.equal(true);
  });

  it('hears of the end while it is paused', async () => {
    const [one, two] = [await dial(), await dial()];
    for (const { direct, socket } of [one, two]) {
      direct.begin(taker());
      socket.pause();
    }
    const [ended, gone] = [
      once(one.socket, 'end'),
      new Promise((resolve) => two.socket.once('close', resolve)),
    ];
    one.peer.end();
    two.peer.resetAndDestroy();
    await Promise.all([ended, gone]);
  });

  describe('under a WebSocketClient', () => {
    const dialling = new Dialling();

    /** Opens a client, and gives its socket and the server's. */
    async function open(options: ClientOptions = {}): Promise<{
      client: WebSocketClient;
      socket: Socket;
      peer: Socket;
    }> {
      let socket: Socket | undefined;
      const onSocket = (message: unknown): void => void (socket = (message as { socket: Socket }).socket);
      subscribe('net.client.socket', onSocket);
      let peer: Socket | undefined;
      const server = await dialling.server((asked) => {
        peer = asked.socket;
        peer.write(switching(asked));
      });
      const client = await dialling.open(server.url(), options);
      unsubscribe('net.client.socket', onSocket);
      return { client, socket: socket!, peer: peer! };
    }

    for (const [what, isDirect, options] of [
      ['without an agent', true, () => ({})],
      ['with agent: false', true, () => ({ agent: false as const })],
      ['not with an agent, whose socket it is', false, () => ({ agent: new Agent() })],
    ] as const) {
      it(`reads ${what}`, async () => {
        const { client, socket, peer } = await open(options());
        const byStream: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => byStream.push(chunk));
        const text = once(client, 'text');
        peer.write(Buffer.from('810161', 'hex'));
        expect(await text).to.deep.equal(['a']);
        expect(byStream.length === 0).to.equal(isDirect);
      });
    }

    it('notices that the peer is gone while two things hold it', async () => {
      const { client, peer } = await open({ maxQueuedMessages: 1 });
      peer.write(Buffer.from('810161', 'hex'));
      await until(() => client.isReadingPaused);
      client.pause();
      const gone = closed(client);
      peer.resetAndDestroy();
      await gone;
    });

    for (const [what, act] of [
      ['terminates', (client: WebSocketClient) => client.terminate()],
      ['destroys', (client: WebSocketClient) => void client.destroy()],
      ['closes', (client: WebSocketClient) => client.close()],
    ] as const) {
      it(`goes no further when a listener ${what} it`, async () => {
        const { client, peer } = await open();
        const came: string[] = [];
        client.on('text', (text) => {
          came.push(text);
          if (came.length === 2) act(client);
        });
        const gone = closed(client);
        peer.on('data', () => peer.end(Buffer.from('880203e8', 'hex')));
        peer.write(Buffer.from('810161810162880203e9', 'hex'));
        await gone;
        expect(came).to.deep.equal(['a', 'b']);
      });
    }

    it('pauses within a chunk, and goes on where it was', async () => {
      const { client, peer } = await open();
      const came: string[] = [];
      client.on('text', (text) => {
        came.push(text);
        client.pause();
        setImmediate(() => void client.resume());
      });
      for (let at = 0; at < 50; at++) peer.write(Buffer.from('810161810162', 'hex'));
      await until(() => came.length === 100);
      expect(came.join('')).to.equal('ab'.repeat(50));
    });

    for (const [what, options] of [
      ['as they are', {}],
      ['compressed', { perMessageDeflate: { threshold: 0 } }],
      ['compressed, with a memory', { perMessageDeflate: { threshold: 0, serverNoContextTakeover: false } }],
      ['in pieces', { fragments: true }],
      ['compressed, in pieces', { perMessageDeflate: { threshold: 0 }, fragments: true }],
      ['texts as octets', { textAs: 'buffer' }],
      ['in many turns', { maxTurnBytes: 100, maxTurnFrames: 3 }],
    ] as [string, ClientOptions][]) {
      it(`brings messages of all sizes that stay as they were, ${what}`, async function () {
        this.timeout(60_000);
        const { perMessageDeflate = false } = options;
        const registry = await ServerRegistry.listen({ port: 0, host: '127.0.0.1', perMessageDeflate });
        const connections: Connection[] = [];
        registry.on('connection', (connection) => connections.push(connection));
        const { port } = registry.address() as AddressInfo;
        const url = `ws://127.0.0.1:${String(port)}/`;
        const clients = [await dialling.open(url, options), await dialling.open(url, options)];
        const came = clients.map((client) => recordOctets(client));
        await until(() => connections.length === 2);
        const sent = [[], []] as Buffer[][];
        for (let round = 0; round < 3; round++) {
          for (const size of [0, 1, 30, 200, 5_000, 16_400, 40_000, 65_526, 70_000, 300_000]) {
            for (const [at, connection] of connections.entries()) {
              const octets = Buffer.from(randomBytes(size / 2).toString('hex'));
              sent[at]!.push(octets);
              connection.send(round === 1 ? 'text' : 'binary', round === 1 ? octets.toString() : octets);
            }
            if (round === 2) await turn();
          }
        }
        const wanted = sent.map((octets) => Buffer.concat(octets));
        await until(() => came.every(({ length }, at) => length >= wanted[at]!.length));
        expect(came.every(({ chunks }, at) => Buffer.concat(chunks).equals(wanted[at]!))).to.equal(true);
        await registry.close();
      });
    }
  });
});

/** Keeps what comes until all is there, as it was handed out. */
function recordOctets(client: WebSocketClient): { readonly chunks: Buffer[]; length: number } {
  const came = { chunks: [] as Buffer[], length: 0 };
  const take = (data: string | Buffer): void => {
    const octets = typeof data === 'string' ? Buffer.from(data) : data;
    came.chunks.push(octets);
    came.length += octets.length;
  };
  client.on('text', take).on('binary', take).on('utf8', take);
  client.on('fragment', ({ data }: MessageFragment) => take(data));
  return came;
}
