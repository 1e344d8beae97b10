import { expect } from 'chai';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { constants, inflateRawSync } from 'node:zlib';
import sinon from 'sinon';
import { loglevel } from '../../lib/logging.js';
import { refuse } from '../../lib/server/refusal.js';
import type { Authorize } from '../../lib/server/registry-options.js';
import { duplexPair } from '../duplex-pair.js';
import { PLAIN, SECURE, WAYS, reset } from '../loopback.js';
import { ACCEPT, RawPeer, upgradeRequest } from '../raw-peer.js';
import { turn, until } from '../turns.js';
import { Harbour, connectionOf, rejectionOf } from './harbour.js';

/** Three text frames of a client, 'a', 'bc' and '', and a ping. */
const FRAMES = Buffer.from(
  '8181000000006181820000000062638180000000008980 00000000'.replace(/ /g, ''),
  'hex',
);

describe('OpeningHandshakes', () => {
  const harbour = new Harbour();

  afterEach(() => sinon.restore());

  describe('101 (RFC 6455 §4.2.2)', () => {
    for (const way of WAYS) {
      it(`answers ${way.name}`, async () => {
        const { http, registry } = await harbour.attached({}, way);
        const accepted = connectionOf(registry);
        const { status, statusMessage, headers, peer } = await harbour.ask(http, '/a/b?c=d&e');
        expect([status, statusMessage]).to.deep.equal([101, 'Switching Protocols']);
        expect(headers).to.deep.equal({
          upgrade: 'websocket',
          connection: 'Upgrade',
          'sec-websocket-accept': ACCEPT,
        });
        const connection = await accepted;
        expect(connection.state).to.equal('CONNECTED');
        expect([connection.path, connection.query, connection.protocol]).to.deep.equal(['/a/b', 'c=d&e', '']);
        connection.send('text', 'hi');
        expect(await peer.takeHex('81026869')).to.equal('81026869');
      });
    }

    it('emits connection with the request, then connect on the connection', async () => {
      const { http, registry } = await harbour.attached();
      const events: unknown[] = [];
      registry.on('connection', (connection, request) => {
        events.push('connection', request.url, request.headers['x-mark']);
        connection.on('connect', (details) =>
          events.push('connect', details.path, details.headers['x-mark']),
        );
      });
      const { peer } = await harbour.ask(http, '/p', { 'X-Mark': 'm' });
      peer.stream.destroy();
      await until(() => registry.size === 0);
      expect(events).to.deep.equal(['connection', '/p', 'm', 'connect', '/p', 'm']);
    });

    it('sends nothing before the 101, not even what a listener of connection sends', async () => {
      const { http, registry } = await harbour.attached();
      registry.on('connection', (connection) => void connection.send('binary', Buffer.alloc(100_000)));
      const { status, peer } = await harbour.ask(http);
      expect(status).to.equal(101);
      expect(await peer.takeHex('827f00000000000186a0')).to.equal('827f00000000000186a0');
    });

    it('keeps off a socket that another listener of the server has destroyed, or has tested', async () => {
      for (const authorize of [undefined, () => 'context']) {
        const { http, registry } = await harbour.attached({ authorize });
        let rivals = 0;
        const theirs = { destroy: 0, test: 0 };
        registry.on('connection', () => (rivals += 1));
        http.server.prependListener('upgrade', (request, socket, head) => {
          if (request.url === '/destroy') {
            theirs.destroy += 1;
            socket.destroy();
            return;
          }
          theirs.test += Number(registry.test(http.server, request, socket, head));
          setImmediate(() => registry.upgrade(socket).send('text', 'hi'));
        });
        const gone = await harbour.peer(http, upgradeRequest('/destroy'));
        await gone.ended();
        expect(gone.received.toString()).to.equal('');
        const { status, peer } = await harbour.ask(http, '/test');
        expect(status).to.equal(101);
        expect(await peer.takeHex('81026869')).to.equal('81026869');
        expect([rivals, registry.size, theirs]).to.deep.equal([1, 1, { destroy: 1, test: 1 }]);
        expect(harbour.logged).to.deep.equal([]);
      }
    });

    it('takes idle limits of the HTTP server off the socket', async () => {
      const { http, registry } = await harbour.attached();
      http.server.setTimeout(50_000);
      const accepted = new Promise<IncomingMessage>((resolve) =>
        registry.once('connection', (_, request) => resolve(request)),
      );
      await harbour.ask(http);
      expect((await accepted).socket.timeout).to.equal(0);
    });
  });

  describe('octets that come early', () => {
    /** Collects what a registry's connections tell, in order. */
    function record(events: string[]): Parameters<typeof harbour.attached>[0] {
      return {
        handler: (_connection, type, message) => {
          if (type === 'text' || type === 'ping' || type === 'connect')
            events.push(`${type} ${type === 'connect' ? message.path : String(message)}`);
        },
      };
    }

    it('delivers first frames cut at every octet, behind the request and during authorize, after connect', async () => {
      const http = await harbour.http();
      const octets = Buffer.concat([Buffer.from(upgradeRequest('/x')), FRAMES]);
      const head = octets.length - FRAMES.length;
      for (let cut = head - 2; cut <= octets.length; cut++) {
        for (const isSlow of [false, true]) {
          const events: string[] = [];
          let decide!: () => void;
          const decided = new Promise<void>((resolve) => (decide = resolve));
          const own = harbour.registry({
            ...record(events),
            ...(isSlow && { authorize: () => decided }),
          });
          own.attach(http.server);
          const [near, far] = duplexPair();
          http.server.emit('connection', far);
          const peer = new RawPeer(near);
          peer.send(octets.subarray(0, cut));
          await turn();
          peer.send(octets.subarray(cut));
          await turn();
          decide();
          await until(() => events.length === 5);
          expect(events, `cut at ${String(cut)}`).to.deep.equal([
            'connect /x',
            'text a',
            'text bc',
            'text ',
            'ping ',
          ]);
          near.destroy();
          await own.drain();
        }
      }
    });

    it('keeps all of them when there are more than it takes in, and reads on later', async () => {
      let decide!: () => void;
      const received: number[] = [];
      const { http } = await harbour.attached({
        authorize: () => new Promise<void>((resolve) => (decide = resolve)),
        handler: (_connection, type, message) => {
          if (type === 'binary') received.push(message.length);
        },
      });
      const peer = await harbour.peer(http, upgradeRequest());
      await until(() => decide !== undefined);
      const frame = Buffer.concat([Buffer.from('82fe271000000000', 'hex'), Buffer.alloc(10_000)]);
      for (let i = 0; i < 100; i++) peer.send(frame);
      const [socket] = http.sockets;
      await until(() => socket!.isPaused());
      expect(socket!.bytesRead).to.be.within(65_536, 400_000);
      decide();
      await until(() => received.length === 100);
      expect(received.every((length) => length === 10_000)).to.be.true;
    });
  });

  describe('authorize', () => {
    it('makes what it returns the context of the connection', async () => {
      const context = { user: 'somebody' };
      const answers: Authorize[] = [() => context, () => Promise.resolve(context), async () => context];
      for (const authorize of answers) {
        const { http, registry } = await harbour.attached({ authorize });
        const accepted = connectionOf(registry);
        await harbour.ask(http);
        expect((await accepted).context).to.equal(context);
      }
    });

    it('takes undefined, null, 0 and the empty string for a context, and so for a yes', async () => {
      for (const context of [undefined, null, 0, '']) {
        const { http, registry } = await harbour.attached({ authorize: () => context });
        const accepted = connectionOf(registry);
        await harbour.ask(http);
        expect((await accepted).context).to.equal(context);
      }
    });

    it('sees the request, and a signal that nobody has aborted', async () => {
      const seen: unknown[] = [];
      const { http } = await harbour.attached({
        authorize: (request, { signal }) =>
          void seen.push(request.url, request.headers['cookie'], signal.aborted),
      });
      await harbour.ask(http, '/who', { Cookie: 'a=b' });
      expect(seen).to.deep.equal(['/who', 'a=b', false]);
    });

    const refusal = () => refuse(401, { headers: { 'WWW-Authenticate': 'Basic' }, body: 'who are you?' });
    const refusing: readonly [string, Authorize][] = [
      ['returns', () => refusal()],
      ['resolves to', async () => refusal()],
      [
        'throws',
        () => {
          throw refusal();
        },
      ],
      [
        'rejects with',
        async () => {
          throw refusal();
        },
      ],
    ];
    for (const [how, authorize] of refusing) {
      it(`answers with the refusal that it ${how}`, async () => {
        const { http, registry } = await harbour.attached({ authorize });
        const rejected = rejectionOf(registry);
        const { status, headers, body } = await harbour.ask(http);
        expect([status, headers['www-authenticate'], body]).to.deep.equal([401, 'Basic', 'who are you?']);
        expect(headers['connection']).to.equal('close');
        expect(await rejected).to.deep.equal([401, 'refused by authorize']);
        expect(harbour.logged).to.deep.equal([]);
        expect(registry.size).to.equal(0);
      });
    }

    it('refuses with 403 when it returns false', async () => {
      const { http, registry } = await harbour.attached({ authorize: async () => false });
      const rejected = rejectionOf(registry);
      expect((await harbour.ask(http)).status).to.equal(403);
      expect(await rejected).to.deep.equal([403, 'refused by authorize']);
    });

    it('is done with what it has refused: that is neither counted as waiting nor watched', async () => {
      const { http } = await harbour.attached({ authorize: () => false, maxPendingHandshakes: 1 });
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      loglevel('notice');
      for (let round = 1; round <= 3; round++) {
        const { status, peer } = await harbour.ask(http, '/no');
        expect(status).to.equal(403);
        peer.stream.end();
        await until(() => http.sockets.size === 0);
      }
      // That of all who wait for their first request.
      expect(clock.countTimers()).to.equal(1);
      const fields = { status: 403, reason: 'refused by authorize', url: '/no' };
      expect(harbour.facts).to.deep.equal([fields, fields, fields]);
      expect(new Set(harbour.logged)).to.deep.equal(new Set(['notice: opening handshake refused']));
    });

    for (const [how, authorize] of [
      [
        'throws',
        () => {
          throw new Error('secret');
        },
      ],
      ['rejects', () => Promise.reject(new Error('secret'))],
    ] as [string, Authorize][]) {
      it(`refuses with 500 when it ${how}, and tells the log alone why`, async () => {
        const { http, registry } = await harbour.attached({ authorize });
        const rejected = rejectionOf(registry);
        const { status, body, headers } = await harbour.ask(http);
        expect(status).to.equal(500);
        expect(`${JSON.stringify(headers)}${body}`).not.to.include('secret');
        expect(await rejected).to.deep.equal([500, 'authorize or selectProtocol threw']);
        expect(harbour.logged).to.deep.equal(['error: authorize or selectProtocol threw']);
        expect(harbour.facts[0]!['err']).to.have.property('message', 'secret');
      });
    }

    it('logs that a client has left', async () => {
      const signals: AbortSignal[] = [];
      const { http } = await harbour.attached({
        authorize: (_request, { signal }) => {
          signals.push(signal);
          return new Promise(() => undefined);
        },
      });
      loglevel('notice');
      const peer = await harbour.peer(http, upgradeRequest('/slow'));
      await until(() => signals.length === 1);
      peer.stream.destroy();
      await until(() => signals[0]!.aborted);
      expect(harbour.logged).to.deep.equal(['notice: the client left during its opening handshake']);
      expect(harbour.facts).to.deep.equal([{ url: '/slow' }]);
    });

    for (const way of [PLAIN, SECURE]) {
      it(`is given up with 408 at the deadline, ${way.name}`, async () => {
        const signals: AbortSignal[] = [];
        let answer!: (context: unknown) => void;
        const { http, registry } = await harbour.attached(
          {
            authorize: (_request, { signal }) => {
              signals.push(signal);
              return new Promise((resolve) => (answer = resolve));
            },
            maxPendingHandshakes: 1,
          },
          way,
        );
        const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
        const rejected = rejectionOf(registry);
        const peer = await harbour.peer(http, upgradeRequest());
        await until(() => signals.length === 1);
        clock.tick(9_999);
        expect(signals[0]!.aborted).to.be.false;
        clock.tick(1);
        expect(signals[0]!.aborted).to.be.true;
        expect(String(signals[0]!.reason)).to.match(/took too long/);
        expect((await peer.response()).status).to.equal(408);
        await peer.ended();
        expect(await rejected).to.deep.equal([408, 'the opening handshake took too long']);
        // What comes of it later is nobody's business any more.
        answer({});
        await turn();
        expect(registry.size).to.equal(0);
        expect(harbour.logged).to.deep.equal([]);
      });

      for (const [how, leave] of [
        ['FIN', (socket: Socket) => void socket.end()],
        ['RST', reset],
      ] as const) {
        it(`is told by its signal when the client leaves with ${how}, ${way.name}`, async () => {
          const signals: AbortSignal[] = [];
          const { http, registry } = await harbour.attached(
            {
              // As one that hands its signal on.
              authorize: (_request, { signal }) => {
                signals.push(signal);
                return new Promise((_resolve, reject) =>
                  signal.addEventListener('abort', () => reject(signal.reason as Error)),
                );
              },
              maxPendingHandshakes: 1,
            },
            way,
          );
          const rejected: unknown[] = [];
          registry.on('rejected', (_request, status) => rejected.push(status));
          for (let round = 1; round <= 3; round++) {
            const peer = await harbour.peer(http, upgradeRequest());
            await until(() => signals.length === round);
            leave(peer.stream as Socket);
            await until(() => signals[round - 1]!.aborted);
            expect(String(signals[round - 1]!.reason)).to.match(/left/);
            await until(() => http.sockets.size === 0);
          }
          // Nothing is held: a fourth one is not refused for being one too many.
          expect(rejected).to.deep.equal([]);
          expect(harbour.logged).to.deep.equal([]);
        });
      }
    }

    it('may answer by itself, or drop the socket', async () => {
      const answers: ((request: IncomingMessage) => void)[] = [
        ({ socket }) => void socket.end('HTTP/1.1 402 Payment Required\r\n\r\n'),
        ({ socket }) => void socket.destroy(),
        ({ socket }) => void socket.destroy(new Error('a reason')),
      ];
      const statuses = ['402', '', ''];
      for (const [i, answer] of answers.entries()) {
        const { http, registry } = await harbour.attached({ authorize: (request) => answer(request) });
        const peer = await harbour.peer(http, upgradeRequest());
        await peer.ended();
        expect(peer.received.toString('latin1', 9, 12)).to.equal(statuses[i]);
        peer.stream.end();
        await until(() => http.sockets.size === 0);
        expect(registry.size).to.equal(0);
      }
      expect(harbour.logged).to.deep.equal([]);
    });
  });

  describe('subprotocols (RFC 6455 §4.2.2, item 5.5)', () => {
    const offer = { 'Sec-WebSocket-Protocol': 'chat.v1, chat.v2' };

    it('chooses the first one offered, where no live path has a glob', async () => {
      const { http } = await harbour.attached();
      expect((await harbour.ask(http, '/', offer)).headers['sec-websocket-protocol']).to.equal('chat.v1');
    });

    it("chooses the first one that matches the live path's glob", async () => {
      const { http, registry } = await harbour.attached();
      registry.live('/', undefined, '*v2');
      expect((await harbour.ask(http, '/', offer)).headers['sec-websocket-protocol']).to.equal('chat.v2');
    });

    it('lets selectProtocol choose among them, or none', async () => {
      const seen: unknown[] = [];
      const { http } = await harbour.attached({
        selectProtocol: (offered, request) => {
          seen.push(offered, request.url);
          return request.url === '/none' ? undefined : offered.at(-1);
        },
      });
      expect((await harbour.ask(http, '/', offer)).headers['sec-websocket-protocol']).to.equal('chat.v2');
      expect((await harbour.ask(http, '/none', offer)).headers).not.to.have.property(
        'sec-websocket-protocol',
      );
      expect(seen).to.deep.equal([['chat.v1', 'chat.v2'], '/', ['chat.v1', 'chat.v2'], '/none']);
    });

    it('refuses with 500 when selectProtocol throws, or chooses what was not offered', async () => {
      for (const selectProtocol of [
        () => 'chat.v3',
        () => {
          throw new Error('no');
        },
      ]) {
        const { http, registry } = await harbour.attached({ selectProtocol });
        expect((await harbour.ask(http, '/', offer)).status).to.equal(500);
        expect(registry.size).to.equal(0);
        expect(harbour.logged.splice(0)).to.deep.equal(['error: authorize or selectProtocol threw']);
      }
    });
  });

  describe('extensions (RFC 7692 §5.1)', () => {
    const accepted = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
    const offer = { 'Sec-WebSocket-Extensions': 'x-other, permessage-deflate' };

    it('accepts an offer of permessage-deflate, and compresses', async () => {
      const { http, registry } = await harbour.attached({ perMessageDeflate: { threshold: 0 } });
      const opened = connectionOf(registry);
      const { status, headers, peer } = await harbour.ask(http, '/', offer);
      expect([status, headers['sec-websocket-extensions']]).to.deep.equal([101, accepted]);
      const connection = await opened;
      expect(connection.extensions).to.equal(accepted);
      // RFC 7692 §7.2.3.1, masked with 0.
      peer.send(Buffer.from('c18700000000f248cdc9c90700', 'hex'));
      expect(await once(connection, 'text')).to.deep.equal(['Hello']);
      connection.send('text', 'a'.repeat(100));
      const [first, length] = await peer.take(2);
      expect(first).to.equal(0xc1);
      const octets = Buffer.concat([await peer.take(length!), Buffer.from('0000ffff', 'hex')]);
      expect(inflateRawSync(octets, { finishFlush: constants.Z_SYNC_FLUSH }).toString()).to.equal(
        'a'.repeat(100),
      );
    });

    it('accepts none where none is wanted, none is offered, or none can be met', async () => {
      const unwanted = await harbour.attached({ perMessageDeflate: false });
      const wanted = await harbour.attached({ perMessageDeflate: true });
      for (const [{ http, registry }, value] of [
        [unwanted, 'permessage-deflate'],
        [wanted, undefined],
        [wanted, 'x-other'],
        [wanted, 'permessage-deflate; server_max_window_bits=8'],
      ] as const) {
        const opened = connectionOf(registry);
        const { status, headers } = await harbour.ask(http, '/', { 'Sec-WebSocket-Extensions': value });
        expect(status, value).to.equal(101);
        expect(headers).not.to.have.property('sec-websocket-extensions');
        expect((await opened).extensions).to.equal('');
      }
    });
  });

  describe('lookupPeerName', () => {
    it('names the remote end', async () => {
      const { http, registry } = await harbour.attached({
        lookupPeerName: (request) => request.headers['x-name']?.toString(),
      });
      const accepted = connectionOf(registry);
      await harbour.ask(http, '/', { 'X-Name': 'app.example' });
      const connection = await accepted;
      expect(connection.peername).to.equal('app.example');
      expect(registry.find('app.*')).to.deep.equal([connection]);
      expect(registry.find('127.0.0.1')).to.deep.equal([connection]);
      expect(registry.find('www.*')).to.deep.equal([]);
    });

    it('leaves the address when it has no name, throws, or answers with something else', async () => {
      const lookups = [
        () => undefined,
        () => '',
        () => {
          throw new Error('no');
        },
        () => Promise.reject(new Error('later')) as unknown as string,
      ];
      for (const lookupPeerName of lookups) {
        const { http, registry } = await harbour.attached({ lookupPeerName });
        const accepted = connectionOf(registry);
        await harbour.ask(http);
        expect((await accepted).peername).to.equal('127.0.0.1');
      }
      const threw = 'error: lookupPeerName threw, or returned a promise';
      expect(harbour.logged).to.deep.equal([threw, threw]);
      expect(harbour.facts[0]!['err']).to.have.property('message', 'no');
    });
  });

  it('answers one response and ends the socket: a request behind a refused one is never run (H7)', async () => {
    const { http } = await harbour.attached({ authorize: () => false });
    const urls: unknown[] = [];
    http.server.on('request', (request, response) => {
      urls.push(request.url);
      response.end();
    });
    const peer = await harbour.peer(http, `${upgradeRequest('/ws')}GET /second HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect((await peer.responseWithBody()).status).to.equal(403);
    peer.send('GET /third HTTP/1.1\r\nHost: x\r\n\r\n');
    await peer.ended();
    peer.stream.end();
    await once(peer.stream, 'close');
    expect(peer.received.toString()).to.equal('');
    expect(urls).to.deep.equal([]);
  });
});
