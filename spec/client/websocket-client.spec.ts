import { expect } from 'chai';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners, once } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import sinon from 'sinon';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { Connection } from '../../lib/connection/connection.js';
import { HandshakeError, InvalidStateError } from '../../lib/errors.js';
import { loglevel, setLogger } from '../../lib/logging.js';
import { certificates } from '../certificates.js';
import { duplexPair } from '../duplex-pair.js';
import { PLAIN, SECURE, WAYS } from '../loopback.js';
import { RawPeer } from '../raw-peer.js';
import { turn, until } from '../turns.js';
import { Dialling, closed, record } from './dialling.js';
import { switching, type Asked } from './raw-server.js';

describe('WebSocketClient', () => {
  const dialling = new Dialling();
  const accept = (asked: Asked): void => void asked.socket.write(switching(asked));
  const ignore = (): void => {};

  afterEach(() => sinon.restore());

  describe('the request (RFC 6455 §4.1)', () => {
    for (const way of WAYS) {
      it(`is a GET with the fields of the handshake, ${way.name}`, async () => {
        const { ca } = await certificates();
        const server = await dialling.server(accept, way);
        const client = await dialling.open(server.url('/a/b?c=d&e'), { ca, perMessageDeflate: false });
        const [{ request, headers }] = server.asked as [Asked];
        const host = way.spot === 'a Unix socket' ? 'localhost' : new URL(server.url()).host;
        const key = headers['sec-websocket-key']!;
        expect(Buffer.from(key, 'base64')).to.have.length(16);
        expect(request).to.equal(
          `GET /a/b?c=d&e HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
            `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
        );
        expect([client.path, client.query, client.protocol, client.extensions]).to.deep.equal([
          '/a/b',
          'c=d&e',
          '',
          '',
        ]);
        expect([client.state, client.isClient, client.url]).to.deep.equal([
          'CONNECTED',
          true,
          server.url('/a/b?c=d&e'),
        ]);
      });
    }

    it("carries the caller's fields, origin, credentials and subprotocols", async () => {
      const server = await dialling.server((asked) => {
        asked.socket.write(switching(asked, 'Sec-WebSocket-Protocol: b\r\nX-Mark: m\r\n'));
      });
      const client = dialling.client(server.url(), {
        headers: { 'X-One': '1', 'x-two': ['2', '3'], 'X-None': undefined, Host: 'virtual.example', N: 4 },
        origin: 'https://app.example',
        auth: 'user:pass',
        protocol: ['a', 'b'],
      });
      const [details] = (await once(client, 'connect')) as [Record<string, unknown>];
      const [{ request, headers }] = server.asked as [Asked];
      expect(headers).to.include({
        'x-one': '1',
        n: '4',
        host: 'virtual.example',
        origin: 'https://app.example',
        authorization: `Basic ${Buffer.from('user:pass').toString('base64')}`,
        'sec-websocket-protocol': 'a, b',
      });
      expect(request).to.include('x-two: 2\r\nx-two: 3\r\n').and.not.include('X-None');
      expect(request.match(/^host:/gim)).to.have.length(1);
      expect(details).to.deep.include({ protocol: 'b', path: '/', query: '' });
      expect((details['headers'] as Record<string, unknown>)['x-mark']).to.equal('m');
    });

    it('takes the credentials of the URL, decoded, and shows them nowhere', async () => {
      const server = await dialling.server(accept);
      const client = await dialling.open(server.url().replace('//', '//us%40er:p%3Ass@'));
      const authorization = `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`;
      expect(server.asked[0]!.headers['authorization']).to.equal(authorization);
      expect(client.url).to.equal(server.url());
      await dialling.open(server.url().replace('//', '//a:b@'), { auth: 'c:d' });
      expect(server.asked[1]!.headers['authorization']).to.equal(
        `Basic ${Buffer.from('c:d').toString('base64')}`,
      );
    });

    it('has a key of its own each time', async () => {
      const server = await dialling.server(accept);
      for (let i = 0; i < 10; i++) await dialling.open(server.url());
      expect(new Set(server.asked.map(({ headers }) => headers['sec-websocket-key'])).size).to.equal(10);
    });

    it('takes a URL object, http and https in place of ws and wss', async () => {
      const { ca } = await certificates();
      const plain = await dialling.server(accept);
      await dialling.open(new URL(plain.url('/x')));
      expect((await dialling.open(plain.url().replace('ws:', 'http:'))).url).to.equal(plain.url());
      const secure = await dialling.server(accept, SECURE);
      await dialling.open(secure.url().replace('wss:', 'https:'), { ca });
    });
  });

  describe('options that are handed through', () => {
    it('lookup, family, localAddress, localPort', async () => {
      const server = await dialling.server(accept);
      const asked: unknown[] = [];
      const lookup: LookupFunction = (host, options, callback) => {
        asked.push(host, options.family);
        callback(null, options.all ? ([{ address: '127.0.0.1', family: 4 }] as never) : '127.0.0.1', 4);
      };
      const client = await dialling.open(`ws://some.name.invalid:${String(server.port)}/`, {
        lookup,
        family: 4,
        localAddress: '127.0.0.2',
      });
      expect(asked).to.deep.equal(['some.name.invalid', 4]);
      expect(client.sockname).to.equal('127.0.0.2');
      expect(client.peername).to.equal('some.name.invalid');
      expect(client.remoteAddress).to.equal('127.0.0.1');
      expect(Connection.find('some.name.*', server.port)).to.deep.equal([client]);
    });

    it('socketPath, whatever the host of the URL is', async () => {
      const server = await dialling.server(accept, { name: '', isSecure: false, spot: 'a Unix socket' });
      const socketPath = /unix:(.*):\//.exec(server.url())![1]!;
      const client = await dialling.open('ws://virtual.example/x', { socketPath });
      expect(server.asked[0]!.headers['host']).to.equal('virtual.example');
      expect(client.path).to.equal('/x');
    });

    it('cert and key, ca, rejectUnauthorized, checkServerIdentity, ALPNProtocols', async () => {
      const { ca, client: identity, otherHost } = await certificates();
      const names: unknown[] = [];
      const server = await dialling.server(
        (asked) => {
          const { alpnProtocol } = asked.socket as TLSSocket;
          names.push((asked.socket as TLSSocket).getPeerCertificate().subject.CN, alpnProtocol);
          accept(asked);
        },
        SECURE,
        { ...otherHost, ca, requestCert: true, ALPNProtocols: ['x', 'http/1.1'] },
      );
      const checkServerIdentity = sinon.stub().returns(undefined);
      await dialling.open(server.url(), { ...identity, ca, checkServerIdentity, ALPNProtocols: ['x'] });
      expect(checkServerIdentity.callCount).to.equal(1);
      expect(names).to.deep.equal(['client', 'x']);
    });

    for (const way of [PLAIN, SECURE]) {
      it(`an agent, with the socket that it has kept alive, ${way.name}`, async () => {
        const { ca } = await certificates();
        const server = await dialling.server((asked) => {
          if (asked.path !== '/') {
            accept(asked);
            return;
          }
          asked.socket.write('HTTP/1.1 204 x\r\n\r\n');
          asked.socket.once('data', (chunk: Buffer) => {
            const [, key] = /Sec-WebSocket-Key: (.*)\r\n/.exec(String(chunk))!;
            accept({ ...asked, accept: acceptOf(key!) });
          });
        }, way);
        const { acceptKey: acceptOf } = await import('../../lib/handshake/accept-key.js');
        const agent = way.isSecure
          ? new HttpsAgent({ keepAlive: true, ca, timeout: 60_000 })
          : new HttpAgent({ keepAlive: true, timeout: 60_000 });
        const { get } = way.isSecure ? await import('node:https') : await import('node:http');
        const response = await new Promise<NodeJS.ReadableStream>((resolve) =>
          get({ agent, host: '127.0.0.1', port: server.port }, resolve),
        );
        response.resume();
        await once(response, 'end');
        await turn();
        const client = await dialling.open(server.url('/ws'), { agent });
        expect(server.sockets.size).to.equal(1);
        expect(Object.keys(agent.sockets).concat(Object.keys(agent.freeSockets))).to.deep.equal([]);
        client.terminate();
        await closed(client);
        agent.destroy();
      });
    }

    it('an agent that fails before it has a socket', async () => {
      class FailingAgent extends HttpAgent {
        override createConnection(
          _options: object,
          callback?: (error: Error | null, socket: Socket) => void,
        ): never {
          setImmediate(() => callback!(new Error('no socket today'), undefined as never));
          return undefined as never;
        }
      }
      const error = await dialling.failure('ws://somewhere.invalid/', { agent: new FailingAgent() }, 'tcp');
      expect(error.message).to.include('no socket today');
    });

    it('an agent that takes its time: the stage is right all the same', async () => {
      const server = await dialling.server(ignore, SECURE);
      class SlowAgent extends HttpsAgent {
        override createConnection(
          options: object,
          callback?: (error: Error | null, socket: Socket) => void,
        ): never {
          const socket = super.createConnection(options, () => undefined) as unknown as TLSSocket;
          socket.once('connect', () => callback!(null, socket));
          return undefined as never;
        }
      }
      const error = await dialling.failure(server.url(), { agent: new SlowAgent() }, 'tls');
      expect(error.cause).to.have.property('code', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    });
  });

  describe('timeout (websocket(n): -timeout)', () => {
    for (const way of WAYS) {
      it(`ends the wait for a server that never answers, ${way.name}`, async () => {
        const { ca } = await certificates();
        const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
        const server = await dialling.server(ignore, way);
        const handler = sinon.spy();
        const client = dialling.client(server.url('/x'), { ca, timeout: 700, handler });
        const told = record(client);
        await until(() => server.asked.length > 0);
        clock.tick(699);
        await turn();
        expect(told).to.deep.equal([]);
        clock.tick(1);
        await closed(client);
        const error = told[1]![1] as HandshakeError;
        expect(told.map(([event]) => event)).to.deep.equal(['timeout', 'error', 'close']);
        expect(told[0]).to.deep.equal(['timeout', 'open']);
        expect([error.code, error.stage]).to.deep.equal(['ERR_WS_HANDSHAKE_TIMEOUT', 'http']);
        expect(error.message).to.include('within 700 ms');
        expect(handler.args).to.deep.equal([
          [client, 'timeout', 'open'],
          [client, 'error', error],
        ]);
        await until(() => server.sockets.size === 0);
        expect(clock.countTimers()).to.equal(0);
      });
    }

    it('tells the stage it was at: dns, tcp, tls', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      for (const stage of ['dns', 'tls', 'http']) {
        const server = await dialling.server(ignore);
        const url = stage === 'dns' ? 'ws://slow.invalid/' : server.url();
        const client = dialling.client(stage === 'tls' ? url.replace('ws:', 'wss:') : url, {
          lookup: ignore,
        });
        const gone = closed(client);
        const told = record(client);
        if (stage !== 'dns') await until(() => server.sockets.size > 0);
        await turn();
        clock.tick(10_000);
        await gone;
        expect(told[1]![1]).to.include({ code: 'ERR_WS_HANDSHAKE_TIMEOUT', stage });
      }
    });

    it('tells of a response that never ends, with status and body so far', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const server = await dialling.server(({ socket }) => {
        socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\nplease wa');
      });
      const client = dialling.client(server.url());
      const failed = once(client, 'error');
      await until(() => server.asked.length > 0);
      await turn();
      await turn();
      clock.tick(10_000);
      const [error] = (await failed) as [HandshakeError];
      expect([error.code, error.statusCode, String(error.body)]).to.deep.equal([
        'ERR_WS_HANDSHAKE_TIMEOUT',
        503,
        'please wa',
      ]);
    });

    it('means nothing once connected', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const server = await dialling.server(accept);
      const client = await dialling.open(server.url(), { timeout: 700 });
      expect(clock.countTimers()).to.equal(0);
      clock.tick(60_000);
      await turn();
      expect(client.state).to.equal('CONNECTED');
    });

    it('is not confused by a listener of timeout that closes', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const client = dialling.client('ws://slow.invalid/', { lookup: ignore });
      const told = record(client);
      client.on('timeout', () => client.close());
      clock.tick(10_000);
      await closed(client);
      expect(told.map(([event]) => event)).to.deep.equal(['timeout', 'close']);
    });
  });

  describe('signal', () => {
    it('aborted before: dials nothing, and fails with its reason', async () => {
      const lookup = sinon.spy();
      const reason = new Error('not today');
      const error = await dialling.failure(
        'ws://somewhere.invalid/',
        { signal: AbortSignal.abort(reason), lookup },
        'tcp',
      );
      expect([error.code, error.cause]).to.deep.equal(['ERR_WS_HANDSHAKE_ABORTED', reason]);
      expect(lookup.called).to.be.false;
    });

    for (const way of [PLAIN, SECURE]) {
      it(`aborted meanwhile: gives up, and is listened to no more, ${way.name}`, async () => {
        const { ca } = await certificates();
        const server = await dialling.server(ignore, way);
        const controller = new AbortController();
        const { signal } = controller;
        const client = dialling.client(server.url(), { signal, ca });
        const told = record(client);
        expect(getEventListeners(signal, 'abort')).to.have.length(1);
        await until(() => server.asked.length > 0);
        controller.abort('enough');
        expect(getEventListeners(signal, 'abort')).to.have.length(0);
        await closed(client);
        expect(told.map(([event]) => event)).to.deep.equal(['error', 'close']);
        expect(told[0]![1]).to.include({ code: 'ERR_WS_HANDSHAKE_ABORTED', stage: 'http', cause: 'enough' });
        await until(() => server.sockets.size === 0);
      });
    }

    it('is listened to no more once connected, failed or given up', async () => {
      const { signal } = new AbortController();
      const server = await dialling.server((asked) => {
        if (asked.path === '/no') asked.socket.end('HTTP/1.1 403 x\r\n\r\n');
        else accept(asked);
      });
      const client = await dialling.open(server.url(), { signal });
      expect(getEventListeners(signal, 'abort')).to.have.length(0);
      expect(client.state).to.equal('CONNECTED');
      await dialling.failure(server.url('/no'), { signal });
      expect(getEventListeners(signal, 'abort')).to.have.length(0);
      const other = dialling.client(server.url(), { signal });
      other.destroy();
      await closed(other);
      expect(getEventListeners(signal, 'abort')).to.have.length(0);
    });

    it('is not listened to when a bad option throws', () => {
      const { signal } = new AbortController();
      expect(() => new WebSocketClient('ws://127.0.0.1/', { signal, headers: { Upgrade: 'x' } })).to.throw();
      expect(() => new WebSocketClient('wss://127.0.0.1/', { signal, minVersion: 'x' as never })).to.throw();
      expect(getEventListeners(signal, 'abort')).to.have.length(0);
    });
  });

  describe('while CONNECTING', () => {
    const given: readonly [string, (client: WebSocketClient) => unknown, boolean][] = [
      ['close()', (client) => client.close(), false],
      ['close(1001)', (client) => client.close(1001), false],
      ['destroy()', (client) => client.destroy(), false],
      ['terminate()', (client) => client.terminate(), false],
      ['destroy(error)', (client) => client.destroy(new Error('mine')), true],
      ['asyncDispose', (client) => void client[Symbol.asyncDispose](), false],
    ];
    for (const way of [PLAIN, SECURE]) {
      for (const [what, act, hasError] of given) {
        it(`${what} gives up: close, and ${hasError ? 'that error alone' : 'no error'}, ${way.name}`, async () => {
          const { ca } = await certificates();
          const server = await dialling.server(ignore, way);
          for (const isAsked of [false, true]) {
            const client = dialling.client(server.url(), { ca });
            const told = record(client);
            if (isAsked) await until(() => server.asked.length > 0);
            act(client);
            expect([client.state, client.readyState]).to.deep.equal(['CLOSED', 3]);
            await closed(client);
            await turn();
            expect(told.map(([event]) => event)).to.deep.equal(hasError ? ['error', 'close'] : ['close']);
            await until(() => server.sockets.size === 0);
          }
        });
      }
    }

    it('send throws, and write waits', async () => {
      const server = await dialling.server(accept);
      const client = dialling.client(server.url());
      expect(() => client.send('text', 'x')).to.throw(InvalidStateError, 'CONNECTING');
      const taken: string[] = [];
      client.write('one', () => taken.push('one'));
      client.write(Buffer.from('two'), () => taken.push('two'));
      client.on('connect', () => taken.push('connect'));
      expect(client.bufferedAmount).to.be.greaterThan(0);
      await until(() => server.asked.length > 0);
      const peer = new RawPeer(server.asked[0]!.socket);
      const frame = async (): Promise<string> => {
        const head = await peer.take(2);
        const key = await peer.take(4);
        const payload = await peer.take(head[1]! & 127);
        payload.forEach((octet, i) => (payload[i] = octet ^ key[i % 4]!));
        return `${String(head[0]! & 15)} ${String(payload)}`;
      };
      expect([await frame(), await frame()]).to.deep.equal(['1 one', '2 two']);
      await client.flushed();
      expect(taken).to.include.members(['one', 'two', 'connect']);
    });

    it('end() sends what was written, once open, and then closes', async () => {
      const server = await dialling.server(accept);
      const client = dialling.client(server.url());
      client.end('last words');
      await until(() => server.asked.length > 0);
      const peer = new RawPeer(server.asked[0]!.socket);
      const octets = await peer.take(2 + 4 + 10 + 2);
      expect([octets[0], octets[16]]).to.deep.equal([0x81, 0x88]);
    });

    it('what was written gets an error when it does not open', async () => {
      const server = await dialling.server(({ socket }) => void socket.destroy());
      const client = dialling.client(server.url());
      const failed = new Promise<unknown>((resolve) => client.write('x', resolve));
      const finished = sinon.spy();
      client.on('finish', finished);
      const gone = closed(client);
      expect(await failed).to.be.instanceOf(HandshakeError);
      await gone;
      expect(finished.called).to.be.false;
    });
  });

  describe('an error that nobody listens to', () => {
    it('is thrown, as Node does', async () => {
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      try {
        const thrown = once(process, 'uncaughtException');
        new WebSocketClient('ws://nowhere.invalid/', {
          lookup: (_host, _options, callback) => callback(new Error('nowhere'), ''),
        });
        const [error] = (await thrown) as [Error];
        expect(error).to.be.instanceOf(HandshakeError);
      } finally {
        for (const listener of listeners) process.on('uncaughtException', listener);
      }
    });

    it('goes to the handler, where there is one', async () => {
      const handler = sinon.spy();
      const client = new WebSocketClient('ws://nowhere.invalid/', {
        lookup: (_host, _options, callback) => callback(new Error('nowhere'), ''),
        handler,
      });
      await closed(client);
      expect(handler.callCount).to.equal(1);
      expect(handler.args[0]!.slice(0, 2)).to.deep.equal([client, 'error']);
    });
  });

  describe('open()', () => {
    it('resolves once connected, and its first messages wait for a listener', async () => {
      const server = await dialling.server((asked) => {
        asked.socket.write(Buffer.concat([Buffer.from(switching(asked)), Buffer.from('81026869', 'hex')]));
      });
      const client = await WebSocketClient.open(server.url());
      expect(client.state).to.equal('CONNECTED');
      for (const event of ['connect', 'error', 'close'])
        expect(client.listenerCount(event), event).to.equal(0);
      await turn();
      expect(await once(client, 'text')).to.deep.equal(['hi']);
      client.terminate();
      await closed(client);
    });

    it('rejects with the HandshakeError, which nobody else has to hear', async () => {
      const server = await dialling.server(({ socket }) => void socket.end('HTTP/1.1 403 No\r\n\r\n'));
      const error = await WebSocketClient.open(server.url()).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(HandshakeError).and.to.include({ statusCode: 403 });
      const aborted = await WebSocketClient.open(server.url(), { signal: AbortSignal.abort() }).catch(
        (caught: unknown) => caught,
      );
      expect(aborted).to.include({ code: 'ERR_WS_HANDSHAKE_ABORTED' });
      await turn();
      await turn();
    });

    it('rejects when its own handler gives up', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const server = await dialling.server(ignore);
      const opening = WebSocketClient.open(server.url(), {
        handler: (connection, type, _message) => {
          if (type === 'timeout') connection.close();
        },
      }).catch((caught: unknown) => caught);
      await until(() => server.asked.length > 0);
      clock.tick(10_000);
      const error = await opening;
      expect(error)
        .to.be.instanceOf(HandshakeError)
        .and.to.include({ code: 'ERR_WS_HANDSHAKE_ABORTED', stage: 'http' });
    });
  });

  describe('diagnostics', () => {
    const published: [string, { role: string; url: string; statusCode?: number; error?: Error }][] = [];
    const listeners = (['start', 'asyncEnd', 'error'] as const).map(
      (event) =>
        [
          `tracing:hawser:handshake:${event}`,
          (message: unknown) => void published.push([event, message as never]),
        ] as const,
    );

    beforeEach(() => {
      published.length = 0;
      for (const [name, listener] of listeners) subscribe(name, listener);
    });

    afterEach(() => {
      for (const [name, listener] of listeners) unsubscribe(name, listener);
    });

    const trace = (): unknown[] => {
      expect(new Set(published.map(([, traced]) => traced)).size).to.equal(1);
      const [, { role, statusCode, error }] = published[0]!;
      return [
        ...published.map(([event]) => event),
        role,
        statusCode,
        (error as HandshakeError | undefined)?.code,
      ];
    };

    it('traces an opening handshake from start to end', async () => {
      const server = await dialling.server(accept);
      const client = await dialling.open(server.url().replace('//', '//user:secret@'));
      expect(trace()).to.deep.equal(['start', 'asyncEnd', 'client', 101, undefined]);
      expect(published[0]![1].url).to.equal(server.url());
      client.terminate();
      await closed(client);
      expect(published).to.have.length(2);
    });

    it('traces one that fails, is aborted before, or is given up', async () => {
      const server = await dialling.server(({ socket }) => void socket.end('HTTP/1.1 403 No\r\n\r\n'));
      await dialling.failure(server.url());
      expect(trace()).to.deep.equal(['start', 'error', 'asyncEnd', 'client', 403, 'ERR_WS_HANDSHAKE_HTTP']);
      published.length = 0;
      await dialling.failure(server.url(), { signal: AbortSignal.abort() });
      expect(trace()).to.deep.equal([
        'start',
        'error',
        'asyncEnd',
        'client',
        undefined,
        'ERR_WS_HANDSHAKE_ABORTED',
      ]);
      published.length = 0;
      const client = dialling.client(server.url());
      client.close();
      await closed(client);
      expect(trace()).to.deep.equal(['start', 'error', 'asyncEnd', 'client', undefined, undefined]);
    });
  });

  it('logs what it dials and what came of it, without credentials', async () => {
    const logged: string[] = [];
    const at = (level: string) => (fields: object, message: string) =>
      void logged.push(`${level}: ${message} ${JSON.stringify(fields)}`);
    loglevel('debug');
    setLogger({
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      notice: at('notice'),
    });
    const server = await dialling.server(({ socket }) => void socket.end('HTTP/1.1 403 No\r\n\r\n'));
    await dialling.failure(server.url().replace('//', '//user:secret@'));
    expect(logged[0]).to.equal(`debug: dialling ${JSON.stringify({ url: server.url() })}`);
    expect(logged[1]).to.match(/^notice: opening handshake failed/);
    expect(logged.join('')).not.to.include('secret');
  });

  it('takes over a byte stream in the client role (websocket(n): takeover)', async () => {
    const [near, far] = duplexPair();
    const peer = new RawPeer(far);
    const client = new WebSocketClient(near, {
      head: Buffer.from('810161', 'hex'),
      path: '/p',
      protocol: 'chat',
    });
    expect([client.isClient, client.state, client.url]).to.deep.equal([true, 'CONNECTED', '']);
    const texts: string[] = [];
    client.on('text', (text) => texts.push(text));
    const [details] = (await once(client, 'connect')) as [object];
    expect(details).to.include({ path: '/p', protocol: 'chat' });
    client.send('text', 'b');
    expect((await peer.take(7)).toString('hex', 0, 2)).to.equal('8181');
    expect(texts).to.deep.equal(['a']);
    client.terminate();
    await closed(client);
  });
});
