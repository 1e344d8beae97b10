import { expect } from 'chai';
import type { Origins } from '../../lib/handshake/origin.js';
import type { LivePath } from '../../lib/server/live-path.js';
import { SECURE, PLAIN } from '../loopback.js';
import { KEY } from '../raw-peer.js';
import { turn } from '../turns.js';
import { Harbour, connectionOf, rejectionOf } from './harbour.js';

describe('Admission', () => {
  const harbour = new Harbour();

  describe('the opening handshake (RFC 6455 §4.2.1; H1, H8)', () => {
    const rules: readonly [
      string,
      number,
      Readonly<Record<string, string | string[] | undefined>>,
      string?,
    ][] = [
      ['no Host', 400, { Host: undefined }],
      ['two Hosts', 400, { Host: ['localhost', 'localhost'] }],
      ['two Hosts in other letter case', 400, { Host: 'localhost', hOST: 'evil.example' }],
      ['no key', 400, { 'Sec-WebSocket-Key': undefined }],
      ['two keys', 400, { 'Sec-WebSocket-Key': [KEY, KEY] }],
      ['a short key', 400, { 'Sec-WebSocket-Key': 'c2hvcnQ=' }],
      ['no version', 400, { 'Sec-WebSocket-Version': undefined }],
      ['two versions', 400, { 'Sec-WebSocket-Version': ['13', '13'] }],
      ['version 8', 426, { 'Sec-WebSocket-Version': '8' }],
      ['subprotocols that are no tokens', 400, { 'Sec-WebSocket-Protocol': 'a b' }],
      ['a body', 400, { 'Content-Length': '3' }],
      [
        '201 header fields',
        431,
        Object.fromEntries(Array.from({ length: 196 }, (_, i) => [`X-${String(i)}`, ''])),
      ],
      ['the method POST', 405, {}, 'POST'],
    ];
    for (const way of [PLAIN, SECURE]) {
      for (const [what, status, fields, method] of rules) {
        it(`answers ${String(status)} to ${what}, ${way.name}`, async () => {
          const { http, registry } = await harbour.attached({}, way);
          const rejected = rejectionOf(registry);
          const answer = await harbour.ask(http, '/', fields, method);
          expect(answer.status).to.equal(status);
          expect(answer.headers['connection']).to.match(/^close\b/);
          expect((await rejected)[0]).to.equal(status);
          expect((await rejected)[1]).to.equal(answer.body.trimEnd());
        });
      }
    }

    it('names the version it speaks, and the method', async () => {
      const { http } = await harbour.attached();
      const version = await harbour.ask(http, '/', { 'Sec-WebSocket-Version': '14' });
      expect(version.headers['sec-websocket-version']).to.equal('13');
      expect(version.headers['upgrade']).to.equal('websocket');
      expect((await harbour.ask(http, '/', {}, 'POST')).headers['allow']).to.equal('GET');
    });

    it('counts header fields up to maxHeaderFields', async () => {
      const { http } = await harbour.attached({ maxHeaderFields: 6 });
      expect((await harbour.ask(http, '/', { A: '' })).status).to.equal(101);
      expect((await harbour.ask(http, '/', { A: '', B: '' })).status).to.equal(431);
    });
  });

  describe('live paths', () => {
    /** Tells which of several live paths took a request, by its handler; else the status. */
    async function taker(
      live: (add: (name: string, ...args: [path: string, protocol?: string]) => LivePath) => void,
      path: string,
      protocol?: string,
    ): Promise<string | number> {
      const { http, registry } = await harbour.attached();
      const connected: string[] = [];
      live((name, glob, globOfProtocol) =>
        registry.live(
          glob,
          (_connection, type, _message) => {
            if (type === 'connect') connected.push(name);
          },
          globOfProtocol,
        ),
      );
      const accepted = connectionOf(registry).then(({ handler }) => handler);
      const { status } = await harbour.ask(http, path, { 'Sec-WebSocket-Protocol': protocol });
      if (status !== 101) return status;
      expect(await accepted).to.be.a('function');
      await turn();
      expect(connected).to.have.length(1);
      return connected[0]!;
    }

    it('takes the first one registered of those that match', async () => {
      const live: Parameters<typeof taker>[0] = (add) => {
        add('chat', '/chat/*');
        add('other chat', '/chat/*');
        add('room', '/chat/room');
        add('rest', '*');
      };
      expect(await taker(live, '/chat/room')).to.equal('chat');
      expect(await taker(live, '/chat')).to.equal('rest');
    });

    it('matches the raw path, without the query', async () => {
      const live: Parameters<typeof taker>[0] = (add) => add('a', '/a%20b');
      expect(await taker(live, '/a%20b?x=/a')).to.equal('a');
      expect(await taker(live, '/a+b')).to.equal(404);
      expect(await taker((add) => add('a', '/a b'), '/a%20b')).to.equal(404);
    });

    it('matches the path of a target in absolute-form', async () => {
      expect(await taker((add) => add('a', '/a'), 'http://localhost/a?b')).to.equal('a');
    });

    it('leaves alone what is no path', async () => {
      expect(await taker((add) => add('a', '*'), '*')).to.equal(404);
    });

    it('chooses by the subprotocol as well, unless none is offered', async () => {
      const live: Parameters<typeof taker>[0] = (add) => {
        add('v1', '/', '*.v1');
        add('v2', '/', '*.v2');
      };
      expect(await taker(live, '/', 'chat.v2')).to.equal('v2');
      expect(await taker(live, '/', 'chat.v2, chat.v1')).to.equal('v1');
      expect(await taker(live, '/', 'chat.v3')).to.equal(404);
      expect(await taker(live, '/')).to.equal('v1');
      expect(await taker(live, '/', '')).to.equal('v1');
    });

    it('accepts every path where there never was a live path, and none once the last was removed', async () => {
      const { http, registry } = await harbour.attached();
      expect((await harbour.ask(http, '/anything')).status).to.equal(101);
      const livePath = registry.live('/a');
      expect((await harbour.ask(http, '/anything')).status).to.equal(404);
      expect((await harbour.ask(http, '/a')).status).to.equal(101);
      expect(livePath.remove()).to.be.true;
      expect(livePath.remove()).to.be.false;
      const rejected = rejectionOf(registry);
      expect((await harbour.ask(http, '/a')).status).to.equal(404);
      expect(await rejected).to.deep.equal([404, 'the path is not live']);
      expect(registry.size).to.equal(2);
    });

    it('removes that live path alone that is asked for, once', async () => {
      const { http, registry } = await harbour.attached();
      const [a, b] = ['/a', '/b', '/c', '/d'].map((path) => registry.live(path));
      const statuses = async (): Promise<number[]> => {
        const all: number[] = [];
        for (const path of ['/a', '/b', '/c', '/d']) all.push((await harbour.ask(http, path)).status);
        return all;
      };
      expect(b!.remove()).to.be.true;
      expect(await statuses()).to.deep.equal([101, 404, 101, 101]);
      expect(b!.remove()).to.be.false;
      expect(await statuses()).to.deep.equal([101, 404, 101, 101]);
      expect(a!.remove()).to.be.true;
      expect(await statuses()).to.deep.equal([404, 404, 101, 101]);
    });

    it('keeps live paths of one server apart from those of another', async () => {
      const registry = harbour.registry();
      const one = await harbour.http();
      const other = await harbour.http();
      registry.attach(one.server).attach(other.server);
      registry.live(one.server, '/one');
      registry.live(other.server, '/other');
      registry.live('/both');
      const statuses = [];
      for (const http of [one, other])
        for (const path of ['/one', '/other', '/both']) statuses.push((await harbour.ask(http, path)).status);
      expect(statuses).to.deep.equal([101, 404, 101, 404, 101, 101]);
    });
  });

  describe('Origin (RFC 6455 §10.2; H11)', () => {
    async function status(origin: string | undefined, origins?: Origins): Promise<number> {
      const { http } = await harbour.attached({ origins });
      return (await harbour.ask(http, '/', { Host: 'app.example:8080', Origin: origin })).status;
    }

    it('admits by default none at all and that of the Host', async () => {
      expect(await status(undefined)).to.equal(101);
      expect(await status('http://app.example:8080')).to.equal(101);
      expect(await status('https://app.example:8080')).to.equal(101);
    });

    it('refuses by default null, another port, and what only looks alike', async () => {
      for (const origin of [
        'null',
        'http://app.example',
        'http://app.example:8081',
        'http://app.example:8080.evil.net',
      ])
        expect(await status(origin), origin).to.equal(403);
    });

    it('names both values and the option in the 403', async () => {
      const { http, registry } = await harbour.attached();
      const rejected = rejectionOf(registry);
      const { status: code, body } = await harbour.ask(http, '/', { Origin: 'http://evil.example' });
      expect([code, body]).to.deep.equal([
        403,
        'Origin "http://evil.example" does not match Host "localhost"; see the server\'s option origins\n',
      ]);
      expect((await rejected)[0]).to.equal(403);
    });

    it('admits what origins says', async () => {
      expect(await status('http://evil.example', '*')).to.equal(101);
      expect(await status('https://app.example', ['https://app.example', /https:\/\/.*\.example/])).to.equal(
        101,
      );
      expect(await status('http://app.example:8080', 'https://app.example')).to.equal(403);
      expect(await status('http://a', (origin, { url }) => origin === 'http://a' && url === '/')).to.equal(
        101,
      );
      expect(await status(undefined, () => false)).to.equal(403);
    });

    it('refuses with 500 when origins throws or answers with a promise', async () => {
      const predicates = [
        () => {
          throw new Error('no');
        },
        () => Promise.resolve(true) as unknown as boolean,
      ];
      for (const origins of predicates) {
        const { http, registry } = await harbour.attached({ origins });
        const rejected = rejectionOf(registry);
        const { status: code, body } = await harbour.ask(http, '/', { Origin: 'http://a' });
        expect([code, body]).to.deep.equal([500, 'origins threw\n']);
        expect(await rejected).to.deep.equal([500, 'origins threw']);
      }
      expect(harbour.logged).to.deep.equal(['error: origins threw', 'error: origins threw']);
      for (const { err } of harbour.facts)
        expect(err)
          .to.have.property('message')
          .that.matches(/^no$|promise|at once/);
    });

    it('is judged after the fields of the handshake, and before authorize', async () => {
      const calls: string[] = [];
      const { http } = await harbour.attached({
        origins: () => calls.push('origins') > 9,
        authorize: () => calls.push('authorize'),
      });
      expect((await harbour.ask(http, '/', { Origin: 'http://a', 'Sec-WebSocket-Key': '' })).status).to.equal(
        400,
      );
      expect((await harbour.ask(http, '/', { Origin: 'http://a' })).status).to.equal(403);
      expect(calls).to.deep.equal(['origins']);
    });
  });

  it('judges no request for a path that is not live: it is somebody else’s to refuse', async () => {
    const { http, registry } = await harbour.attached();
    registry.live('/ours');
    http.server.on('upgrade', (request, socket) => {
      if (request.url === '/theirs') socket.end('HTTP/1.1 418 x\r\nContent-Length: 0\r\n\r\n');
    });
    expect(
      (await harbour.ask(http, '/theirs', { 'Sec-WebSocket-Key': 'x', Origin: 'null' })).status,
    ).to.equal(418);
    expect((await harbour.ask(http, '/ours', { 'Sec-WebSocket-Key': 'x' })).status).to.equal(400);
  });
});
