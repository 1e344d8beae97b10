import { expect } from 'chai';
import { once } from 'node:events';
import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import sinon from 'sinon';
import { parseProxyUrl } from '../../lib/client/proxy.js';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { HandshakeError, InvalidOptionError } from '../../lib/errors.js';
import { certificates } from '../certificates.js';
import { PLAIN, SECURE, WAYS } from '../loopback.js';
import { turn, until } from '../turns.js';
import { ConnectProxy } from './connect-proxy.js';
import { Dialling, closed, record } from './dialling.js';
import { switching, type Asked } from './raw-server.js';

describe('the option proxy (RFC 7231 §4.3.6)', () => {
  const dialling = new Dialling();
  const proxies = new Set<ConnectProxy>();
  const accept = (asked: Asked): void => {
    asked.socket.write(Buffer.concat([Buffer.from(switching(asked)), Buffer.from('81026869', 'hex')]));
  };
  const ignore = (): void => {};

  async function proxyOf(...args: Parameters<typeof ConnectProxy.listen>): Promise<ConnectProxy> {
    const proxy = await ConnectProxy.listen(...args);
    proxies.add(proxy);
    return proxy;
  }

  afterEach(async () => {
    sinon.restore();
    await Promise.all([...proxies].map((proxy) => proxy.close()));
    proxies.clear();
  });

  for (const way of [PLAIN, SECURE]) {
    describe(way.isSecure ? 'for wss' : 'for ws', () => {
      it('tunnels through it, and shows it nothing of the request but where it goes', async () => {
        const { ca } = await certificates();
        const proxy = await proxyOf();
        const server = await dialling.server(accept, way);
        const client = dialling.client(server.url('/secret?a=b'), {
          ca,
          proxy: proxy.url(),
          headers: { Cookie: 'secret' },
          auth: 'user:secret',
        });
        expect(await once(client, 'text')).to.deep.equal(['hi']);
        expect(client.remotePort).to.equal(proxy.port);
        expect(client.peername).to.equal('127.0.0.1');
        const [request] = proxy.asked as [IncomingMessage];
        expect([request.method, request.url]).to.deep.equal(['CONNECT', `127.0.0.1:${String(server.port)}`]);
        expect(request.rawHeaders).to.deep.equal([
          'Host',
          `127.0.0.1:${String(server.port)}`,
          'Connection',
          'close',
        ]);
        const [{ headers, path }] = server.asked as [Asked];
        expect([path, headers['cookie']]).to.deep.equal(['/secret?a=b', 'secret']);
        if (way.isSecure) expect(proxy.through).not.to.include('secret');
      });

      it('shows the credentials of its URL to the proxy alone', async () => {
        const { ca } = await certificates();
        const proxy = await proxyOf();
        const server = await dialling.server(accept, way);
        await dialling.open(server.url(), { ca, proxy: proxy.url('us%40er:p%3Ass@') });
        const authorization = `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`;
        expect(proxy.asked[0]!.headers['proxy-authorization']).to.equal(authorization);
        expect(server.asked[0]!.request).not.to.match(/proxy|us@er|authorization/i);
      });

      it('lets the proxy resolve the name, and checks the certificate against it', async () => {
        const { ca, otherHost } = await certificates();
        const proxy = await proxyOf();
        const server = await dialling.server(accept, way, otherHost);
        const url = (host: string): string => server.url().replace('127.0.0.1', host);
        const client = await dialling.open(url('other.example'), { ca, proxy: proxy.url() });
        expect(proxy.asked[0]!.url).to.equal(`other.example:${String(server.port)}`);
        expect(client.peername).to.equal('other.example');
        if (!way.isSecure) return;
        await dialling.failure(url('third.example'), { ca, proxy: proxy.url() }, 'tls');
        await dialling.failure(url('[::1]'), { ca, proxy: proxy.url() }, 'tls');
        expect(proxy.asked[2]!.url).to.equal(`[::1]:${String(server.port)}`);
        await dialling.open(url('third.example'), { ca, proxy: proxy.url(), servername: 'other.example' });
        await dialling.failure(url('other.example'), { proxy: proxy.url() }, 'tls');
      });

      it('tells of what happens behind the tunnel at its own stage', async () => {
        const { ca } = await certificates();
        const proxy = await proxyOf();
        const server = await dialling.server(
          ({ socket }) => void socket.end('HTTP/1.1 403 No\r\n\r\nx'),
          way,
        );
        const error = await dialling.failure(server.url(), { ca, proxy: proxy.url() }, 'http');
        expect([error.statusCode, String(error.body)]).to.deep.equal([403, 'x']);
        const wrong = await dialling.server(
          (asked) => void asked.socket.write(switching({ accept: 'x' })),
          way,
        );
        await dialling.failure(wrong.url(), { ca, proxy: proxy.url() }, 'validate');
        await until(() => proxy.sockets.size === 0);
      });

      it('tunnels anew for each redirect', async () => {
        const { ca } = await certificates();
        const proxy = await proxyOf();
        const away = await dialling.server(accept, way);
        const home = await dialling.server(({ socket }) => {
          socket.write(`HTTP/1.1 302 x\r\nLocation: ${away.url()}\r\nContent-Length: 0\r\n\r\n`);
        }, way);
        await dialling.open(home.url(), { ca, proxy: proxy.url('a:b@'), followRedirects: true });
        expect(proxy.asked.map(({ url }) => url)).to.deep.equal([
          `127.0.0.1:${String(home.port)}`,
          `127.0.0.1:${String(away.port)}`,
        ]);
        expect(proxy.asked.every(({ headers }) => headers['proxy-authorization'] !== undefined)).to.be.true;
        expect(away.asked[0]!.request).not.to.match(/authorization/i);
      });

      it('is given up by timeout, signal and close, and leaves nothing', async () => {
        const { ca } = await certificates();
        for (const at of ['proxy', 'server']) {
          const server = await dialling.server(ignore, way);
          const proxy = await proxyOf(at === 'proxy' ? ignore : undefined);
          for (const how of ['timeout', 'signal', 'close']) {
            const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
            const controller = new AbortController();
            const client = dialling.client(server.url(), {
              ca,
              proxy: proxy.url(),
              signal: controller.signal,
            });
            const gone = closed(client);
            const told = record(client);
            const before = server.asked.length;
            await until(() => (at === 'proxy' ? proxy.sockets.size > 0 : server.asked.length > before));
            await turn();
            if (how === 'timeout') clock.tick(10_000);
            else if (how === 'signal') controller.abort();
            else client.close();
            await gone;
            if (how !== 'close')
              expect(told.find(([event]) => event === 'error')![1]).to.include({
                stage: at === 'proxy' ? 'proxy' : 'http',
              });
            await until(() => proxy.sockets.size + server.sockets.size === 0);
            expect(clock.countTimers()).to.equal(0);
            clock.restore();
          }
        }
      });
    });
  }

  describe('stage proxy', () => {
    const refusing: readonly [string, (request: IncomingMessage, socket: Duplex) => void, RegExp, number?][] =
      [
        [
          'refuses',
          (_request, socket) =>
            void socket.end('HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n\r\nno'),
          /it answered 407 Who are you$/,
          407,
        ],
        [
          'redirects',
          (_request, socket) => void socket.end('HTTP/1.1 302 x\r\nLocation: ws://evil/\r\n\r\n'),
          /302 x/,
          302,
        ],
        ['answers garbage', (_request, socket) => void socket.end('\0\0\0'), /Parse Error/],
        ['closes', (_request, socket) => void socket.end(), /socket hang up/],
        ['drops the socket', (_request, socket) => void socket.destroy(), /socket hang up|ECONNRESET/],
        [
          'talks behind its answer',
          (_request, socket) => void socket.write('HTTP/1.1 200 x\r\n\r\nHTTP/1.1 101'),
          /octets behind/,
        ],
        [
          'never ends its header section (H4)',
          (_request, socket) => void socket.write(`HTTP/1.1 200 x\r\nX: ${'y'.repeat(20_000)}`),
          /Header overflow/,
        ],
      ];
    for (const [what, answer, message, statusCode] of refusing) {
      it(`is that of a proxy which ${what}`, async () => {
        const { ca } = await certificates();
        for (const way of [PLAIN, SECURE]) {
          const server = await dialling.server(accept, way);
          const proxy = await proxyOf(answer);
          const error = await dialling.failure(
            server.url(),
            { ca, proxy: proxy.url('u:secret@'), followRedirects: true },
            'proxy',
          );
          expect(error.message)
            .to.match(message)
            .and.include(`127.0.0.1:${String(proxy.port)}`)
            .and.not.include('secret');
          expect([error.code, error.statusCode]).to.deep.equal(['ERR_WS_HANDSHAKE_PROXY', statusCode]);
          if (statusCode === 407) {
            expect(error.headers).to.include({ 'proxy-authenticate': 'Basic' });
            expect(String(error.body)).to.equal('no');
          }
          expect(server.asked).to.deep.equal([]);
          await until(() => proxy.sockets.size === 0);
        }
      });
    }

    it('is that of a proxy that cannot be reached, or whose name does not resolve', async () => {
      const proxy = await ConnectProxy.listen();
      await proxy.close();
      const error = await dialling.failure('ws://127.0.0.1/', { proxy: 'http://127.0.0.1:1/' }, 'proxy');
      expect(error.cause).to.have.property('code', 'ECONNREFUSED');
      const unknown = await dialling.failure(
        'ws://127.0.0.1/',
        {
          proxy: 'http://nowhere.invalid/',
          lookup: (_host, _options, callback) => callback(new Error('nowhere'), ''),
        },
        'proxy',
      );
      expect(unknown.message).to.include('nowhere.invalid:80').and.include('nowhere');
    });

    it('is that of a target which the proxy cannot reach', async () => {
      const proxy = await proxyOf();
      await dialling.failure('ws://127.0.0.1:1/', { proxy: proxy.url() }, 'proxy');
    });
  });

  it('is looked up and dialled as lookup, family and localAddress say', async () => {
    const proxy = await proxyOf();
    const server = await dialling.server(accept);
    const asked: string[] = [];
    await dialling.open(server.url(), {
      proxy: proxy.url().replace('127.0.0.1', 'proxy.invalid'),
      family: 4,
      localAddress: '127.0.0.3',
      lookup: (host, { all }, callback) => {
        asked.push(host);
        if (all) callback(null, [{ address: '127.0.0.1', family: 4 }] as never);
        else callback(null, '127.0.0.1', 4);
      },
    });
    expect(asked).to.deep.equal(['proxy.invalid']);
    expect(proxy.asked[0]!.socket.remoteAddress).to.equal('127.0.0.3');
  });

  for (const way of WAYS.filter(({ spot, isSecure }) => spot === 'IPv6' && !isSecure)) {
    it('may be at an IPv6 address', async () => {
      const proxy = await proxyOf(undefined, way);
      const server = await dialling.server(accept);
      await dialling.open(server.url(), { proxy: proxy.url() });
      expect(proxy.asked).to.have.length(1);
    });
  }

  describe('what cannot be', () => {
    const wrong: readonly [string, object][] = [
      ['ws://127.0.0.1/', { proxy: '' }],
      ['ws://127.0.0.1/', { proxy: 'proxy:3128' }],
      ['ws://127.0.0.1/', { proxy: 'https://proxy/' }],
      ['ws://127.0.0.1/', { proxy: 'socks5://proxy/' }],
      ['ws://127.0.0.1/', { proxy: 'http://u:secret@proxy/path' }],
      ['ws://127.0.0.1/', { proxy: 'http://u:secret@proxy/?a' }],
      ['ws://127.0.0.1/', { proxy: 'http://u:secret@proxy/#a' }],
      ['ws://127.0.0.1/', { proxy: 'http://u:secret%@proxy/' }],
      ['ws://127.0.0.1/', { proxy: 'http://u:secret@proxy/', agent: new HttpAgent() }],
      ['ws://127.0.0.1/', { proxy: 'http://u:secret@proxy/', agent: false }],
      ['ws://127.0.0.1/', { proxy: 'http://u:secret@proxy/', socketPath: '/x' }],
      ['ws+unix:/x:/', { proxy: 'http://u:secret@proxy/' }],
      ['ws://127.0.0.1/', { proxy: 'http://proxy/', headers: { 'proxy-authorization': 'Basic secret' } }],
    ];
    for (const [url, options] of wrong) {
      it(`throws at the call for ${url} with ${JSON.stringify(options)}`, () => {
        const dial = (): unknown => new WebSocketClient(url, options);
        expect(dial).to.throw(InvalidOptionError, /^(?!.*secret)(?:proxy|headers): /);
      });
    }

    it('throws at the call for TLS options that are no good', async () => {
      const proxy = await proxyOf();
      const dial = (): unknown =>
        new WebSocketClient('wss://127.0.0.1/', { proxy: proxy.url(), cert: 'none' });
      expect(dial).to.throw(Error);
      await turn();
      expect(proxy.sockets.size).to.equal(0);
    });

    it('fails with a HandshakeError for those that only show once the tunnel is there', async () => {
      const proxy = await proxyOf();
      const server = await dialling.server(accept, SECURE);
      const error = await dialling.failure(server.url(), { proxy: proxy.url(), ALPNProtocols: [5] as never });
      expect(error).to.be.instanceOf(HandshakeError);
      await until(() => proxy.sockets.size === 0);
    });
  });

  it('is read from its URL', () => {
    expect(parseProxyUrl('http://proxy')).to.deep.equal({
      host: 'proxy',
      port: 80,
      authorization: undefined,
    });
    expect(parseProxyUrl(new URL('http://[::1]:3128/'))).to.deep.equal({
      host: '::1',
      port: 3128,
      authorization: undefined,
    });
    const { authorization } = parseProxyUrl('http://user@proxy:1');
    expect(authorization).to.equal(`Basic ${Buffer.from('user:').toString('base64')}`);
  });
});
