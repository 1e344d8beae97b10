import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ServerRegistry, WebSocketClient, type PerMessageDeflateOptions } from '../../lib/index.js';
import { HandshakeError, InvalidOptionError } from '../../lib/errors.js';
import { field, openingResponse, readHead } from '../conformance/compressing-peer.js';
import { connectTo } from '../loopback.js';
import { RawPeer, upgradeRequest } from '../raw-peer.js';

type Given = boolean | PerMessageDeflateOptions | undefined;

const S_NO = 'server_no_context_takeover';
const C_NO = 'client_no_context_takeover';
const S_BITS = 'server_max_window_bits';
const C_BITS = 'client_max_window_bits';

/** Offers a registry extensions; tells what it answers: the status, and what it accepts. */
async function offer(given: Given, ...offered: readonly string[]): Promise<string> {
  const registry = await ServerRegistry.listen({ port: 0, host: '127.0.0.1', perMessageDeflate: given });
  const peer = new RawPeer(await connectTo(registry.address()!, false));
  peer.send(upgradeRequest('/', { 'Sec-WebSocket-Extensions': offered }));
  const { status, headers } = await peer.response();
  const accepted = headers['sec-websocket-extensions'];
  if (status === 101) {
    const [connection] = [...registry];
    expect(connection?.extensions).to.equal(accepted ?? '');
    connection?.terminate();
  }
  peer.stream.destroy();
  await registry.close();
  return `${status}${accepted === undefined ? '' : ` ${accepted}`}`;
}

describe('permessage-deflate in the opening handshake', () => {
  describe('of a registry', () => {
    const OFFER = `permessage-deflate; ${C_BITS}`;

    for (const [given, offered, answer] of [
      // Declined unless it is asked for.
      [undefined, OFFER, '101'],
      [false, OFFER, '101'],
      [true, OFFER, `101 permessage-deflate; ${S_NO}; ${C_NO}`],
      [{}, OFFER, `101 permessage-deflate; ${S_NO}; ${C_NO}`],
      [{ serverNoContextTakeover: false, clientNoContextTakeover: false }, OFFER, '101 permessage-deflate'],
      [{ serverMaxWindowBits: 10 }, OFFER, `101 permessage-deflate; ${S_NO}; ${C_NO}; ${S_BITS}=10`],
      [{ clientMaxWindowBits: 8 }, OFFER, `101 permessage-deflate; ${S_NO}; ${C_NO}; ${C_BITS}=8`],
      [{ clientMaxWindowBits: 8 }, 'permessage-deflate', '101'],
      [true, 'x-other, permessage-deflate', `101 permessage-deflate; ${S_NO}; ${C_NO}`],
      // D2, H3: what cannot be met, or is nonsense, is passed over.
      [true, `permessage-deflate; ${S_BITS}=8`, '101'],
      ...['0', '7', '16', '1000', '08', '"0"'].flatMap((bits) => [
        [true, `permessage-deflate; ${S_BITS}=${bits}`, '101'] as const,
        [true, `permessage-deflate; ${C_BITS}=${bits}`, '101'] as const,
      ]),
      [true, `permessage-deflate; ${S_BITS}`, '101'],
      [true, `permessage-deflate; ${S_BITS}=10; ${S_BITS}=10`, '101'],
      [true, `permessage-deflate; ${S_BITS}="9"`, `101 permessage-deflate; ${S_NO}; ${C_NO}; ${S_BITS}=9`],
      [true, 'constructor, __proto__, toString', '101'],
      [true, 'permessage-deflate; constructor; __proto__; toString', '101'],
      [
        true,
        'permessage-deflate; __proto__=9, permessage-deflate',
        `101 permessage-deflate; ${S_NO}; ${C_NO}`,
      ],
      // What is no header is no opening handshake, whatever is wanted (RFC 6455 §9.1).
      [true, 'permessage-deflate; ""', '400'],
      [true, `permessage-deflate; ${S_BITS}=""`, '400'],
      [true, 'permessage-deflate;', '400'],
      [undefined, 'permessage-deflate;', '400'],
    ] as const) {
      it(`${JSON.stringify(given) ?? 'nothing said'}: ${offered} → ${answer}`, async () => {
        expect(await offer(given, offered)).to.equal(answer);
      });
    }

    it('reads several fields as one (RFC 6455 §9.1)', async () => {
      const answer = `101 permessage-deflate; ${S_NO}; ${C_NO}; ${S_BITS}=9`;
      expect(
        await offer(true, `permessage-deflate; ${S_BITS}=8`, `permessage-deflate; ${S_BITS}=9`),
      ).to.equal(answer);
    });

    it('answers nothing where nothing is offered', async () => {
      expect(await offer(true)).to.equal('101');
    });

    it('refuses options that nothing could come of', async () => {
      for (const perMessageDeflate of [{ serverMaxWindowBits: 8 }, { threshold: -1 }, { x: 1 } as object])
        expect(() => new ServerRegistry({ perMessageDeflate })).to.throw(InvalidOptionError);
    });
  });

  describe('of a client', () => {
    let server: Server;
    let accept: (socket: Socket) => void;
    before(async () => {
      server = createServer((socket) => accept(socket));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    after((done) => void server.close(done));

    /** Dials; gives what was offered, and what became of an answer. */
    async function dial(
      given: Given,
      response?: string,
    ): Promise<{ offered: string | undefined; outcome: string }> {
      const accepted = new Promise<Socket>((resolve) => (accept = resolve));
      const { port } = server.address() as AddressInfo;
      const opening = WebSocketClient.open(`ws://127.0.0.1:${port}/`, { perMessageDeflate: given }).then(
        (client) => {
          client.terminate();
          return client.extensions === '' ? 'open' : `open: ${client.extensions}`;
        },
        (error: unknown) => {
          expect(error).to.be.instanceOf(HandshakeError);
          return (error as HandshakeError).message;
        },
      );
      const socket = await accepted;
      socket.on('error', () => {});
      const request = await readHead(socket);
      const answer = openingResponse(request, response ?? '');
      socket.write(response === undefined ? answer.replace(/Sec-WebSocket-Extensions: \r\n/, '') : answer);
      socket.resume();
      const outcome = await opening;
      socket.destroy();
      return { offered: field(request, 'Sec-WebSocket-Extensions'), outcome };
    }

    for (const [given, offered] of [
      [undefined, `permessage-deflate; ${S_NO}; ${C_NO}; ${C_BITS}, permessage-deflate; ${C_NO}; ${C_BITS}`],
      [false, undefined],
      [{ serverNoContextTakeover: false }, `permessage-deflate; ${C_NO}; ${C_BITS}`],
      [
        { serverNoContextTakeover: false, clientNoContextTakeover: false, clientMaxWindowBits: 12 },
        `permessage-deflate; ${C_BITS}=12`,
      ],
    ] as const) {
      it(`${JSON.stringify(given) ?? 'nothing said'}: offers ${offered ?? 'nothing'}`, async () => {
        expect(await dial(given)).to.deep.equal({ offered, outcome: 'open' });
      });
    }

    for (const response of [
      'permessage-deflate',
      `permessage-deflate; ${S_NO}; ${C_NO}; ${S_BITS}=8; ${C_BITS}=8`,
      `permessage-deflate; ${S_BITS}="15"`,
    ]) {
      it(`takes ${response}`, async () => {
        expect((await dial(true, response)).outcome).to.equal(`open: ${response}`);
      });
    }

    for (const [given, response] of [
      ...['0', '7', '16', '1000', '08'].flatMap((bits) => [
        [true, `permessage-deflate; ${S_BITS}=${bits}`] as const,
        [true, `permessage-deflate; ${C_BITS}=${bits}`] as const,
      ]),
      [true, `permessage-deflate; ${S_BITS}`],
      [true, `permessage-deflate; ${C_BITS}`],
      [true, `permessage-deflate; ${S_NO}=1`],
      [true, `permessage-deflate; ${S_NO}; ${S_NO}`],
      [true, 'permessage-deflate; constructor'],
      [true, 'permessage-deflate; __proto__'],
      [true, 'permessage-deflate, permessage-deflate'],
      [true, 'constructor'],
      [true, 'permessage-deflate; ""'],
      [false, 'permessage-deflate'],
    ] as const) {
      it(`${given ? 'offering it' : 'offering nothing'}, refuses ${response} (D2, H9)`, async () => {
        expect((await dial(given, response)).outcome).to.match(/permessage-deflate|extension|Extensions/);
      });
    }

    it('refuses options that nothing could come of', () => {
      for (const perMessageDeflate of [{ clientMaxWindowBits: 8 }, { threshold: -1 }, { x: 1 } as object])
        expect(() => new WebSocketClient('ws://127.0.0.1:1/', { perMessageDeflate })).to.throw(
          InvalidOptionError,
        );
    });
  });

  describe('of both', () => {
    it('is in force only where the client offers it and the server wants it', async () => {
      for (const [ofServer, ofClient, extensions] of [
        [undefined, undefined, ''],
        [undefined, true, ''],
        [true, undefined, `permessage-deflate; ${S_NO}; ${C_NO}`],
        [true, false, ''],
        [
          { serverNoContextTakeover: false },
          { serverNoContextTakeover: false, clientNoContextTakeover: false },
          `permessage-deflate; ${C_NO}`,
        ],
      ] as const) {
        const registry = await ServerRegistry.listen({
          port: 0,
          host: '127.0.0.1',
          perMessageDeflate: ofServer,
        });
        registry.on('connection', (connection) => {
          connection.on('text', (text) => connection.send('text', text));
        });
        const { port } = registry.address() as AddressInfo;
        const client = await WebSocketClient.open(`ws://127.0.0.1:${port}/`, { perMessageDeflate: ofClient });
        expect(client.extensions).to.equal(extensions);
        const text = 'made fast '.repeat(5000);
        client.send('text', text);
        const [echoed] = (await once(client, 'text')) as [string];
        expect(echoed).to.equal(text);
        expect(client.counters.bytesReceived < 2000).to.equal(extensions !== '');
        expect(client.counters.bytesSent < 2000).to.equal(extensions !== '');
        client.close();
        await once(client, 'close');
        await registry.close();
      }
    });

    it('sends broadcasts compressed as well, behind what is being compressed', async () => {
      const registry = await ServerRegistry.listen({ port: 0, host: '127.0.0.1', perMessageDeflate: true });
      registry.on('connection', (connection) => {
        connection.send('text', 'long '.repeat(100_000));
        registry.broadcast('text', 'to all '.repeat(1000));
        connection.send('text', 'last');
      });
      const { port } = registry.address() as AddressInfo;
      const client = new WebSocketClient(`ws://127.0.0.1:${port}/`);
      const lengths: number[] = [];
      client.on('text', (text) => lengths.push(text.length));
      while (lengths.length < 3) await once(client, 'text');
      expect(lengths).to.deep.equal([500_000, 7000, 4]);
      expect(client.counters.bytesReceived).to.be.within(500, 5000);
      client.close();
      await once(client, 'close');
      await registry.close();
    });
  });
});
