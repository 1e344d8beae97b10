import { expect } from 'chai';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, type TLSSocket } from 'node:tls';
import sinon from 'sinon';
import type { ClientOptions } from '../../lib/client/client-options.js';
import { certificates } from '../certificates.js';
import { SECURE, WAYS, type Way } from '../loopback.js';
import { until } from '../turns.js';
import { Dialling, closed, record } from './dialling.js';
import { switching, type Asked } from './raw-server.js';

const UNIX: Way = { name: '', isSecure: false, spot: 'a Unix socket' };

describe('redirects', () => {
  const dialling = new Dialling();
  const accept = (asked: Asked): void => void asked.socket.write(switching(asked));
  const redirect =
    (location: string | (() => string), status = 307) =>
    ({ socket }: Asked): void =>
      void socket.write(
        `HTTP/1.1 ${String(status)} x\r\nLocation: ${typeof location === 'string' ? location : location()}\r\nContent-Length: 0\r\n\r\n`,
      );
  const follow: ClientOptions = { followRedirects: true };

  afterEach(() => sinon.restore());

  it('are not followed unless asked for', async () => {
    const server = await dialling.server(redirect('/other'));
    const error = await dialling.failure(server.url(), {}, 'http');
    expect([error.statusCode, error.headers!['location']]).to.deep.equal([307, '/other']);
    expect(server.asked).to.have.length(1);
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`are followed with ${String(status)}, as GET`, async () => {
      const server = await dialling.server((asked) => {
        if (asked.path === '/') redirect('/other?x=y', status)(asked);
        else accept(asked);
      });
      const client = await dialling.open(server.url(), follow);
      expect(server.asked.map(({ request }) => request.split(' HTTP')[0])).to.deep.equal([
        'GET /',
        'GET /other?x=y',
      ]);
      expect([client.url, client.path, client.query]).to.deep.equal([
        server.url('/other?x=y'),
        '/other',
        'x=y',
      ]);
      expect(server.asked[0]!.headers['sec-websocket-key']).not.to.equal(
        server.asked[1]!.headers['sec-websocket-key'],
      );
      await until(() => server.sockets.size === 1);
    });
  }

  for (const status of [300, 304, 305, 399]) {
    it(`are none with ${String(status)}`, async () => {
      const server = await dialling.server(redirect('/other', status));
      expect(await dialling.failure(server.url(), follow, 'http')).to.include({ statusCode: status });
      expect(server.asked).to.have.length(1);
    });
  }

  it('are none without Location', async () => {
    const server = await dialling.server(({ socket }) => {
      socket.write('HTTP/1.1 302 x\r\nContent-Length: 7\r\n\r\nnowhere');
    });
    const error = await dialling.failure(server.url(), follow, 'http');
    expect([error.statusCode, String(error.body)]).to.deep.equal([302, 'nowhere']);
  });

  for (const way of WAYS) {
    it(`resolve a relative Location, ${way.name}`, async () => {
      const { ca } = await certificates();
      const server = await dialling.server((asked) => {
        if (asked.path === '/a/b?c') redirect('../d?e')(asked);
        else if (asked.path === '/d?e') redirect('f')(asked);
        else if (asked.path === '/f') redirect('?g')(asked);
        else accept(asked);
      }, way);
      const client = await dialling.open(server.url('/a/b?c'), {
        ...follow,
        ca,
        headers: { Cookie: 'a' },
        auth: 'b:c',
      });
      expect(server.asked.map(({ path }) => path)).to.deep.equal(['/a/b?c', '/d?e', '/f', '/f?g']);
      // The same origin all the time: it keeps what it was told.
      for (const { headers } of server.asked) {
        expect(headers['cookie']).to.equal('a');
        expect(headers['authorization']).to.match(/^Basic /);
      }
      expect(client.url).to.equal(server.url('/f?g'));
    });
  }

  it('are bounded: in a loop, and by maxRedirects', async () => {
    const server = await dialling.server(redirect('/again'));
    const error = await dialling.failure(server.url(), follow);
    expect(error.message).to.include('more than 10 redirects');
    expect(error.statusCode).to.equal(307);
    expect(server.asked).to.have.length(11);
    await dialling.failure(server.url(), { ...follow, maxRedirects: 2 });
    expect(server.asked).to.have.length(11 + 3);
    await dialling.failure(server.url(), { ...follow, maxRedirects: 0 });
    expect(server.asked).to.have.length(11 + 3 + 1);
  });

  it('are bounded by the timeout of the whole handshake', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const server = await dialling.server((asked) => {
      if (asked.path === '/') redirect('/silent')(asked);
    });
    const client = dialling.client(server.url(), { ...follow, timeout: 1_000 });
    const gone = closed(client);
    const told = record(client);
    clock.tick(600);
    await until(() => server.asked.length === 2);
    clock.tick(400);
    await gone;
    expect(told[1]![1]).to.include({ code: 'ERR_WS_HANDSHAKE_TIMEOUT' });
  });

  it('are given up with the client', async () => {
    const server = await dialling.server((asked) => {
      if (asked.path === '/') redirect('/silent')(asked);
    });
    const client = dialling.client(server.url(), follow);
    await until(() => server.asked.length === 2);
    const gone = closed(client);
    client.terminate();
    await gone;
    await until(() => server.sockets.size === 0);
  });

  describe('to another origin (H12)', () => {
    it('leave credentials behind, in the fields and in auth, and do not get them back', async () => {
      const home = await dialling.server((asked) => {
        if (asked.path === '/') redirect(() => away.url('/x'))(asked);
        else accept(asked);
      });
      const away = await dialling.server((asked) => redirect(() => home.url('/back'))(asked));
      const client = await dialling.open(home.url(), {
        ...follow,
        auth: 'user:secret',
        headers: {
          cookie: 'secret',
          'X-Trace': 't',
          Host: 'virtual.example',
          'Proxy-Authorization': 'secret',
        },
      });
      expect(home.asked[0]!.headers).to.include({
        cookie: 'secret',
        host: 'virtual.example',
        'x-trace': 't',
      });
      for (const { headers } of [away.asked[0]!, home.asked[1]!]) {
        expect(headers).not.to.have.any.keys('cookie', 'authorization', 'proxy-authorization');
        expect(headers['x-trace']).to.equal('t');
      }
      expect(away.asked[0]!.headers['host']).to.equal(`127.0.0.1:${String(away.port)}`);
      expect(client.peername).to.equal('127.0.0.1');
    });

    it('leave behind a header Authorization, and credentials of the URL', async () => {
      const away = await dialling.server(accept);
      const home = await dialling.server(redirect(() => away.url()));
      await dialling.open(home.url(), { ...follow, headers: { AUTHORIZATION: 'Bearer secret' } });
      await dialling.open(home.url().replace('//', '//user:secret@'), follow);
      expect(home.asked.every(({ headers }) => headers['authorization'] !== undefined)).to.be.true;
      for (const { headers } of away.asked) expect(headers).not.to.have.property('authorization');
    });

    it('take the name of the new host for peername', async () => {
      const away = await dialling.server(accept);
      const home = await dialling.server(redirect(() => `ws://two.invalid:${String(away.port)}/`));
      const client = await dialling.open(`ws://one.invalid:${String(home.port)}/`, {
        ...follow,
        lookup: (_host, { all }, callback) =>
          all
            ? callback(null, [{ address: '127.0.0.1', family: 4 }] as never)
            : callback(null, '127.0.0.1', 4),
      });
      expect(client.peername).to.equal('two.invalid');
    });

    it('do not show the client certificate, given by cert, pfx or secureContext', async () => {
      const { ca, client: identity, localhost } = await certificates();
      const seen: unknown[] = [];
      const note =
        (next: (asked: Asked) => void) =>
        (asked: Asked): void => {
          seen.push((asked.socket as TLSSocket).getPeerCertificate().subject?.CN);
          next(asked);
        };
      const tls = { ca, requestCert: true, rejectUnauthorized: false };
      const away = await dialling.server(note(accept), SECURE, tls);
      const home = await dialling.server(note(redirect(() => away.url())), SECURE, { ...tls, ...localhost });
      await dialling.open(home.url(), { ...follow, ...identity, ca });
      expect(seen.splice(0)).to.deep.equal(['client', undefined]);
      const secureContext = createSecureContext({ ...identity, ca });
      // Without the context, nothing is left that trusts the other server.
      await dialling.failure(home.url(), { ...follow, secureContext }, 'tls');
      expect(seen.splice(0)).to.deep.equal(['client']);
      const agent = new HttpsAgent({ ...identity, ca });
      const error = await dialling.failure(home.url(), { ...follow, agent });
      expect(error.message).to.include('the agent has a client certificate');
      expect(seen.splice(0)).to.deep.equal(['client']);
      await dialling.open(home.url(), { ...follow, agent: new HttpsAgent({ ca }) });
      expect(seen).to.deep.equal([undefined, undefined]);
    });

    it('forget servername, and the Unix socket', async () => {
      const { ca, otherHost } = await certificates();
      const secure = await dialling.server(accept, SECURE);
      const named = await dialling.server(
        redirect(() => secure.url()),
        SECURE,
        otherHost,
      );
      await dialling.open(named.url(), { ...follow, ca, servername: 'other.example' });
      const away = await dialling.server(accept);
      const unix = await dialling.server(
        redirect(() => away.url()),
        UNIX,
      );
      const client = await dialling.open(unix.url(), follow);
      expect(client.remotePort).to.equal(away.port);
      const socketPath = /unix:(.*):\//.exec(unix.url())![1]!;
      expect((await dialling.open('ws://virtual.example/', { ...follow, socketPath })).remotePort).to.equal(
        away.port,
      );
    });

    it('may rise from ws to wss', async () => {
      const { ca } = await certificates();
      const secure = await dialling.server(accept, SECURE);
      const plain = await dialling.server(redirect(() => secure.url()));
      const client = await dialling.open(plain.url(), { ...follow, ca, headers: { Cookie: 'secret' } });
      expect(client.url).to.equal(secure.url());
      expect(secure.asked[0]!.headers).not.to.have.property('cookie');
    });

    it('fail with a HandshakeError when the agent cannot go there', async () => {
      const secure = await dialling.server(accept, SECURE);
      const plain = await dialling.server(redirect(() => secure.url()));
      const error = await dialling.failure(plain.url(), { ...follow, agent: new HttpAgent() });
      expect(error.message).to.match(/redirect to "wss:.*" not followed: Protocol/);
    });
  });

  const refused: readonly [string, (asked: Asked) => void, RegExp, Way?][] = [
    ['from wss to ws', redirect('ws://127.0.0.1:1/'), /falls from wss to ws/, SECURE],
    ['from https to http', redirect('http://127.0.0.1:1/'), /falls from wss to ws/, SECURE],
    ['to another scheme', redirect('ftp://127.0.0.1/'), /no WebSocket URL/],
    ['to a fragment', redirect('/x#y'), /no WebSocket URL/],
    ['to nowhere', redirect('ws://'), /no WebSocket URL/],
    ['to a Unix socket', redirect('ws+unix:/etc/some.sock:/'), /another socket/],
    ['from one Unix socket to another', redirect('ws+unix:/etc/some.sock:/'), /another socket/, UNIX],
  ];
  for (const [what, answer, message, way] of refused) {
    it(`are refused ${what}`, async () => {
      const { ca } = await certificates();
      const server = await dialling.server(answer, way);
      const error = await dialling.failure(server.url(), { ...follow, ca });
      expect([error.stage, error.code, error.statusCode]).to.deep.equal([
        'http',
        'ERR_WS_HANDSHAKE_HTTP',
        307,
      ]);
      expect(error.message).to.match(message);
      expect(server.asked).to.have.length(1);
      await until(() => server.sockets.size === 0);
    });
  }

  it('may lead from a Unix socket to itself, written out', async () => {
    const server = await dialling.server((asked) => {
      if (asked.path === '/') redirect(() => server.url('/other'))(asked);
      else accept(asked);
    }, UNIX);
    expect((await dialling.open(server.url(), follow)).path).to.equal('/other');
  });
});
