import { expect } from 'chai';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { createServer, type AddressInfo, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { certificates } from '../certificates.js';
import { duplexPair } from '../duplex-pair.js';
import { Loopback, PLAIN, SECURE, WAYS } from '../loopback.js';
import { turn, until } from '../turns.js';
import { Dialling, closed, record } from './dialling.js';
import { switching, type Asked } from './raw-server.js';

/** Three text frames of a server, 'a', 'bc' and '', and a Close with 1000. */
const FRAMES = Buffer.from('8101618102626381008802 03e8'.replace(' ', ''), 'hex');

/** Finds a port on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('OpeningRequest', () => {
  const dialling = new Dialling();

  describe('stage dns', () => {
    const failing: LookupFunction = (host, _options, callback) =>
      callback(
        Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
          code: 'ENOTFOUND',
          syscall: 'getaddrinfo',
        }),
        '',
      );

    for (const scheme of ['ws', 'wss']) {
      it(`is that of a name that does not resolve, ${scheme}`, async () => {
        const error = await dialling.failure(`${scheme}://nowhere.invalid/`, { lookup: failing }, 'dns');
        expect(error.code).to.equal('ERR_WS_HANDSHAKE_DNS');
        expect(error.message).to.include('nowhere.invalid').and.include('ENOTFOUND');
        expect(error.cause).to.have.property('code', 'ENOTFOUND');
        expect([error.statusCode, error.headers, error.body]).to.deep.equal([
          undefined,
          undefined,
          undefined,
        ]);
      });
    }

    it('is that of a lookup which fails in its own way', async () => {
      await dialling.failure(
        'ws://nowhere.invalid/',
        { lookup: (_host, _options, callback) => callback(new Error('no such ship'), '') },
        'dns',
      );
    });
  });

  describe('stage tcp', () => {
    it('is that of a refused connection', async () => {
      const error = await dialling.failure(`ws://127.0.0.1:${String(await freePort())}/`, {}, 'tcp');
      expect(error.code).to.equal('ERR_WS_HANDSHAKE_TCP');
      expect(error.cause).to.have.property('code', 'ECONNREFUSED');
      await dialling.failure(`wss://127.0.0.1:${String(await freePort())}/`, {}, 'tcp');
    });

    it('is that of a name none of whose addresses answers, and names them all', async () => {
      const lookup = ((_host, _options, callback: (error: null, addresses: unknown) => void) =>
        callback(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.2', family: 4 },
        ])) as LookupFunction;
      const port = await freePort();
      const error = await dialling.failure(`ws://several.invalid:${String(port)}/`, { lookup }, 'tcp');
      expect(error.message)
        .to.include(`127.0.0.1:${String(port)}`)
        .and.include(`127.0.0.2:${String(port)}`);
    });

    it('is that of a Unix socket that is not there', async () => {
      const error = await dialling.failure('ws+unix:/nowhere/at/all.sock:/', {}, 'tcp');
      expect(error.message).to.include('/nowhere/at/all.sock').and.include('ENOENT');
      await dialling.failure('ws://localhost/', { socketPath: '/nowhere/at/all.sock' }, 'tcp');
    });
  });

  describe('stage tls (H14)', () => {
    const answer = (asked: Asked): void => void asked.socket.write(switching(asked));

    it('is that of a certificate that is self-signed, expired, or for another host', async () => {
      const { ca, selfSigned, expired, otherHost } = await certificates();
      for (const [identity, code] of [
        [selfSigned, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
        [expired, 'CERT_HAS_EXPIRED'],
        [otherHost, 'ERR_TLS_CERT_ALTNAME_INVALID'],
      ] as const) {
        const server = await dialling.server(answer, SECURE, identity);
        const error = await dialling.failure(server.url(), { ca }, 'tls');
        expect([error.code, (error.cause as NodeJS.ErrnoException).code]).to.deep.equal([
          'ERR_WS_HANDSHAKE_TLS',
          code,
        ]);
        expect(server.asked, 'nothing was said to it').to.deep.equal([]);
        // Only who says so goes on all the same.
        await dialling.open(server.url(), { rejectUnauthorized: false });
      }
    });

    it('is that of a certificate by an authority nobody knows', async () => {
      const server = await dialling.server(answer, SECURE);
      const error = await dialling.failure(server.url(), {}, 'tls');
      expect(error.cause).to.have.property('code', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    });

    it('is that of a server which speaks no TLS, or goes away', async () => {
      for (const act of [
        (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
        (socket: Socket) => void socket.end(),
        (socket: Socket) => void socket.resetAndDestroy(),
      ]) {
        const server = createServer(
          (socket) => void socket.on('error', () => {}).once('data', () => act(socket)),
        );
        const loopback = await Loopback.of(server, { ...PLAIN });
        await dialling.failure(`wss://127.0.0.1:${String(loopback.port)}/`, {}, 'tls');
        await loopback.close();
      }
    });

    it('asks for the name of servername, and judges by it', async () => {
      const { ca, otherHost } = await certificates();
      const server = await dialling.server(answer, SECURE, otherHost);
      const client = await dialling.open(server.url(), { ca, servername: 'other.example' });
      expect(client.state).to.equal('CONNECTED');
    });
  });

  describe('stage http', () => {
    const respond =
      (text: string, isOver = false) =>
      ({ socket }: Asked): void => {
        if (isOver) socket.end(text, 'latin1');
        else socket.write(text, 'latin1');
      };

    for (const way of WAYS) {
      it(`tells status, fields and the start of the body, ${way.name}`, async () => {
        const { ca } = await certificates();
        const response =
          'HTTP/1.1 401 Who are you\r\nWWW-Authenticate: Basic\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 12\r\n\r\nno way in\r\nx';
        const server = await dialling.server(respond(response), way);
        const error = await dialling.failure(server.url('/x'), { ca }, 'http');
        expect(error.code).to.equal('ERR_WS_HANDSHAKE_HTTP');
        expect(error.statusCode).to.equal(401);
        expect(error.headers).to.include({ 'www-authenticate': 'Basic' });
        expect(error.headers!['set-cookie']).to.deep.equal(['a', 'b']);
        expect(String(error.body)).to.equal('no way in\r\nx');
        expect(error.message).to.match(/answered 401 Who are you instead of 101: no way in$/);
      });
    }

    const bodies: readonly [string, string, boolean, string][] = [
      ['none', 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n', false, ''],
      ['none, and a 200', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', false, ''],
      [
        'chunked',
        'HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n',
        false,
        'abc',
      ],
      ['ended by FIN', 'HTTP/1.1 403 x\r\nConnection: close\r\n\r\nabc', true, 'abc'],
      ['of HTTP/1.0', 'HTTP/1.0 403 x\r\n\r\nabc', true, 'abc'],
      ['cut short', 'HTTP/1.1 403 x\r\nContent-Length: 9\r\n\r\nabc', true, 'abc'],
      [
        'with chunks that break off',
        'HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz',
        true,
        'abc',
      ],
    ];
    for (const [what, response, isOver, expected] of bodies) {
      it(`is told with status and body, ${what}`, async () => {
        const server = await dialling.server(respond(response, isOver));
        const error = await dialling.failure(server.url(), {}, 'http');
        expect([error.statusCode, String(error.body)]).to.deep.equal([
          Number(response.slice(9, 12)),
          expected,
        ]);
      });
    }

    it('does not show a body that is no text, or would move the cursor', async () => {
      for (const body of ['\x89PNG\r\n', '\x1b[2Jgone', '\0', '\xff']) {
        const response = `HTTP/1.1 403 No\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
        const server = await dialling.server(respond(response));
        const error = await dialling.failure(server.url(), {}, 'http');
        expect(error.message).to.match(/answered 403 No instead of 101$/);
        expect(error.body!.toString('latin1')).to.equal(body);
      }
    });

    for (const way of [PLAIN, SECURE]) {
      it(`aborts an endless body at 1 MiB, with the body so far (H4), ${way.name}`, async () => {
        const { ca } = await certificates();
        const server = await dialling.server(({ socket }) => {
          socket.write('HTTP/1.1 403 No\r\n\r\n');
          const pour = (): void => {
            while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 0x61)));
          };
          socket.on('drain', pour);
          pour();
        }, way);
        const error = await dialling.failure(server.url(), { ca }, 'http');
        expect([error.statusCode, error.body!.length]).to.deep.equal([403, 1024 * 1024]);
        await dialling.failure(server.url(), { ca, maxResponseBodyBytes: 0 }, 'http');
        const short = await dialling.failure(server.url(), { ca, maxResponseBodyBytes: 7 }, 'http');
        expect(String(short.body)).to.equal('aaaaaaa');
      });

      it(`aborts an endless header section at 16 KiB (H4), ${way.name}`, async () => {
        const { ca } = await certificates();
        const server = await dialling.server(({ socket }) => {
          socket.write('HTTP/1.1 101 Switching Protocols\r\n');
          const drip = (): void => {
            while (!socket.destroyed && socket.write(`X-Y: ${'z'.repeat(1_000)}\r\n`));
          };
          socket.on('drain', drip);
          drip();
        }, way);
        const error = await dialling.failure(server.url(), { ca }, 'http');
        expect(error.cause).to.have.property('code', 'HPE_HEADER_OVERFLOW');
      });
    }

    it('takes as long a header section as maxResponseHeaderBytes says, without bound for Infinity', async () => {
      const server = await dialling.server((asked) => {
        asked.socket.write(switching(asked, `X-Long: ${'y'.repeat(20_000)}\r\n`));
      });
      await dialling.failure(server.url(), {}, 'http');
      await dialling.failure(server.url(), { maxResponseHeaderBytes: 20_000 }, 'http');
      await dialling.open(server.url(), { maxResponseHeaderBytes: 21_000 });
      await dialling.open(server.url(), { maxResponseHeaderBytes: Infinity });
    });

    const broken: readonly [string, string][] = [
      ['garbage', '\0\x01\x02\x03'],
      ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
      ['a WebSocket frame', '\x81\x02hi'],
      ['a header section that breaks off', 'HTTP/1.1 101 Switching Protocols\r\nUpgr'],
      ['nothing', ''],
    ];
    for (const [what, octets] of broken) {
      it(`is that of a server which answers with ${what}, and closes`, async () => {
        for (const way of [PLAIN, SECURE]) {
          const { ca } = await certificates();
          const server = await dialling.server(respond(octets, true), way);
          const error = await dialling.failure(server.url(), { ca }, 'http');
          expect(error.statusCode).to.be.undefined;
          expect(error.cause).to.be.instanceOf(Error);
        }
      });
    }

    it('waits through interim responses, but not through any number of them', async () => {
      const server = await dialling.server((asked) => {
        const count = Number(asked.path.slice(1));
        asked.socket.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(count) + switching(asked));
      });
      await dialling.open(server.url('/1'));
      await dialling.open(server.url('/100'));
      const error = await dialling.failure(server.url('/101'), {}, 'http');
      expect(error.message).to.include('more than 100 interim responses');
    });
  });

  describe('stage validate (RFC 6455 §4.1; H9)', () => {
    const answers: readonly [string, (asked: Asked) => string][] = [
      ['a wrong accept', (asked) => switching(asked).replace(/Accept: ./, 'Accept: _')],
      ['an empty accept', () => switching({ accept: '' })],
      ['two accepts', (asked) => switching(asked, `Sec-WebSocket-Accept: ${asked.accept}\r\n`)],
      ['no accept', (asked) => switching(asked).replace(/Sec-WebSocket-Accept.*\r\n/, '')],
      [
        'a subprotocol that was not offered',
        (asked) => switching(asked, 'Sec-WebSocket-Protocol: chat.v2\r\n'),
      ],
      [
        'two subprotocols',
        (asked) => switching(asked, 'Sec-WebSocket-Protocol: chat.v1\r\nSec-WebSocket-Protocol: chat.v1\r\n'),
      ],
      [
        'an extension that was not offered',
        (asked) => switching(asked, 'Sec-WebSocket-Extensions: permessage-bzip2\r\n'),
      ],
      [
        'an extension whose parameters break its rules',
        (asked) =>
          switching(asked, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n'),
      ],
      ['extensions that are malformed', (asked) => switching(asked, 'Sec-WebSocket-Extensions: ;;\r\n')],
      ['another upgrade', (asked) => switching(asked).replace('websocket', 'h2c')],
      ['no Upgrade', (asked) => switching(asked).replace('Upgrade: websocket\r\n', '')],
      ['no Connection', (asked) => switching(asked).replace('Connection: Upgrade\r\n', '')],
      [
        'a Connection that does not name it',
        (asked) => switching(asked).replace('Connection: Upgrade', 'Connection: close'),
      ],
    ];
    for (const [what, answer] of answers) {
      it(`is that of ${what}`, async () => {
        for (const way of [PLAIN, SECURE]) {
          const { ca } = await certificates();
          const server = await dialling.server((asked) => void asked.socket.write(answer(asked)), way);
          const error = await dialling.failure(server.url(), { ca, protocol: 'chat.v1' }, 'validate');
          expect([error.code, error.statusCode]).to.deep.equal(['ERR_WS_HANDSHAKE_VALIDATE', 101]);
          // The socket does not stay behind.
          await until(() => server.sockets.size === 0);
        }
      });
    }

    it('agrees on a subprotocol that was offered', async () => {
      const server = await dialling.server((asked) => {
        asked.socket.write(switching(asked, 'Sec-WebSocket-Protocol: chat.v2\r\n'));
      });
      const client = await dialling.open(server.url(), { protocol: ['chat.v1', 'chat.v2'] });
      expect(client.protocol).to.equal('chat.v2');
      expect(server.asked[0]!.headers['sec-websocket-protocol']).to.equal('chat.v1, chat.v2');
    });
  });

  describe('an answer that comes in pieces (H13, R8)', () => {
    /** Hands an http.request a byte stream in memory, and answers on the other end of it. */
    class MemoryAgent extends Agent {
      readonly #answer: (stream: Duplex, accept: string) => void;

      constructor(answer: (stream: Duplex, accept: string) => void) {
        super();
        this.#answer = answer;
      }

      override createConnection(): Duplex {
        const [near, far] = duplexPair();
        let request = '';
        far.on('data', (chunk: Buffer) => {
          request += String(chunk);
          if (!request.endsWith('\r\n\r\n')) return;
          const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(request)![1]!;
          this.#answer(far, key);
          // What comes next is the client's Close.
          far.removeAllListeners('data').once('data', () => far.end());
        });
        far.on('error', () => {});
        return near;
      }
    }

    const response = async (): Promise<(key: string) => Buffer> => {
      const { acceptKey } = await import('../../lib/handshake/accept-key.js');
      return (key) => Buffer.concat([Buffer.from(switching({ accept: acceptKey(key) })), FRAMES]);
    };

    it('delivers the 101 and first frames cut at every octet, all of them, in order, after connect', async () => {
      const octetsFor = await response();
      const { length } = octetsFor('x'.repeat(24));
      for (let cut = 0; cut <= length; cut++) {
        const agent = new MemoryAgent((stream, key) => {
          const octets = octetsFor(key);
          stream.write(octets.subarray(0, cut));
          void turn()
            .then(turn)
            .then(() => stream.write(octets.subarray(cut)));
        });
        const client = dialling.client('ws://127.0.0.1/', { agent });
        const told = record(client);
        await closed(client);
        expect(
          told.map(([event, arg]) => (event === 'text' ? `text ${String(arg)}` : event)),
          `cut at ${String(cut)}`,
        ).to.deep.equal(['connect', 'text a', 'text bc', 'text ', 'closing', 'disconnect', 'close']);
      }
    });

    for (const [how, leave] of [
      ['FIN', (socket: Socket) => void socket.end()],
      ['RST', (socket: Socket) => void socket.resetAndDestroy()],
    ] as const) {
      it(`ends with one close and at most one error when the server leaves with ${how} at any octet`, async () => {
        let cut = 0;
        const octets = (asked: Asked): Buffer => Buffer.concat([Buffer.from(switching(asked)), FRAMES]);
        let head = 0;
        const server = await dialling.server((asked) => {
          head = octets(asked).length - FRAMES.length;
          asked.socket.write(octets(asked).subarray(0, cut), () => leave(asked.socket));
        });
        for (cut = 0; cut <= head + FRAMES.length; cut++) {
          const client = dialling.client(server.url());
          const told = record(client);
          await closed(client);
          await turn();
          const events = told.map(([event]) => event);
          expect(
            events.filter((event) => event === 'close'),
            `cut at ${String(cut)}`,
          ).to.have.length(1);
          expect(events.filter((event) => event === 'error').length).to.be.at.most(1);
          expect(events.at(-1)).to.equal('close');
          const isOpen = events.includes('connect');
          if (how === 'FIN') expect(isOpen).to.equal(cut >= head);
          if (!isOpen) expect(told[0]![1]).to.include({ stage: 'http', name: 'HandshakeError' });
          expect(events.includes('disconnect')).to.equal(isOpen);
        }
      });
    }
  });
});
