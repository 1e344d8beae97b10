import { expect } from 'chai';
import { Dialling } from '../client/dialling.js';
import type { Asked } from '../client/raw-server.js';
import { Harbour } from '../server/harbour.js';
import { HTTP_FIELD_REQUESTS } from './oracle/http-field-requests.js';
import type { RequestCase } from './oracle/request-case.js';
import { LIVE_PATH_REQUESTS, WEBSOCKET_FIELD_REQUESTS } from './oracle/websocket-field-requests.js';
import { RESPONSES, type ResponseCase } from './oracle/opening-responses.js';
import type { ServerRegistry } from '../../lib/server/server-registry.js';

/*
 * The opening handshake over real sockets, field by field, by tables: what a server answers to each request, and what a
 * client makes of each answer.
 */

const REQUESTS = [...HTTP_FIELD_REQUESTS, ...WEBSOCKET_FIELD_REQUESTS];
const LOCAL = { port: 0, host: '127.0.0.1' } as const;

const render = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('') + '\r\n';

describe('the opening handshake, field by field', function () {
  this.timeout(20_000);

  it('has at least 200 cases in each role', () => {
    const count = (groups: readonly { readonly cases: readonly unknown[] }[]): number =>
      groups.reduce((sum, { cases }) => sum + cases.length, 0);
    expect(count([...REQUESTS, LIVE_PATH_REQUESTS])).to.be.at.least(200);
    expect(count(RESPONSES)).to.be.at.least(120);
  });

  describe('received by a server', () => {
    const harbour = new Harbour();

    const ask = async (registry: ServerRegistry, { lines, status, answer }: RequestCase): Promise<void> => {
      let opened = 0;
      registry.on('connection', () => (opened += 1));
      const peer = await harbour.peer(registry, render(lines));
      const response = await peer.response();
      expect(response.status).to.equal(status);
      for (const [name, value] of Object.entries(answer))
        expect(response.headers[name], name).to.equal(value);
      if (status === 101) {
        expect(opened).to.equal(1);
        // It really is one: an empty Close is answered by an empty Close, and nothing came in between.
        peer.send(Buffer.from('888000000000', 'hex'));
        expect(await peer.takeHex('8800')).to.equal('8800');
        await peer.ended();
      } else {
        const body = await peer.take(Number(response.headers['content-length'] ?? 0));
        await peer.ended();
        if (response.headers['transfer-encoding'] === undefined)
          expect(peer.received.length, 'octets behind the answer').to.equal(0);
        expect(response.headers['connection']).to.match(/^close\b/);
        expect(body.length, 'octets of the body').to.be.at.most(1000);
        expect([opened, registry.size]).to.deep.equal([0, 0]);
      }
    };

    for (const { of, cases } of REQUESTS) {
      describe(of, () => {
        for (const one of cases) {
          it(`${one.status}: ${one.name}`, async () => ask(await harbour.listen(LOCAL), one));
        }
      });
    }

    describe(LIVE_PATH_REQUESTS.of, () => {
      for (const one of LIVE_PATH_REQUESTS.cases) {
        it(`${one.status}: ${one.name}`, async () => {
          const registry = await harbour.listen(LOCAL);
          registry.live('/chat', () => {}, 'v?.chat');
          registry.live('/open/*', () => {});
          await ask(registry, one);
        });
      }
    });
  });

  describe('received by a client', () => {
    const dialling = new Dialling();

    const dial = async ({ lines, offer, outcome }: ResponseCase): Promise<void> => {
      const server = await dialling.server(({ socket, accept }: Asked) => {
        socket.write(Buffer.from(render(lines(accept)), 'latin1'));
        if (!('protocol' in outcome)) socket.end();
      });
      const options = { protocol: [...offer] };
      if ('protocol' in outcome) {
        const client = await dialling.open(server.url('/chat'), options);
        expect([client.state, client.protocol]).to.deep.equal(['CONNECTED', outcome.protocol]);
        expect(client.extensions).to.equal('');
      } else {
        // Checks as well that there is one HandshakeError and no `connect`.
        const error = await dialling.failure(server.url('/chat'), options, outcome.stage);
        expect(error.statusCode).to.equal(outcome.status);
        expect(error.code).to.equal(`ERR_WS_HANDSHAKE_${outcome.stage.toUpperCase()}`);
      }
    };

    for (const { of, cases } of RESPONSES) {
      describe(of, () => {
        for (const one of cases) {
          const { outcome } = one;
          const opens = 'protocol' in outcome;
          it(`${opens ? 'opens' : `fails (${outcome.stage})`}: ${one.name}`, () => dial(one));
        }
      });
    }
  });

  describe('sent by a client (RFC 6455 §4.1)', () => {
    const dialling = new Dialling();

    const requestOf = async (path = '', options = {}): Promise<string[]> => {
      let asked = '';
      const server = await dialling.server(({ socket, request }: Asked) => {
        asked = request;
        socket.end('HTTP/1.1 404 x\r\ncontent-length: 0\r\n\r\n');
      });
      await dialling.failure(server.url(path), options, 'http');
      expect(asked.endsWith('\r\n\r\n')).to.equal(true);
      return asked.replace(`:${server.port}`, ':PORT').slice(0, -4).split('\r\n');
    };
    const values = (lines: readonly string[], name: string): string[] =>
      lines
        .slice(1)
        .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
        .map((line) => line.slice(name.length + 1).trim());

    it('has each field once, and no other', async () => {
      const lines = await requestOf('/chat?room=1');
      expect(lines[0]).to.equal('GET /chat?room=1 HTTP/1.1');
      expect(values(lines, 'Host')).to.deep.equal(['127.0.0.1:PORT']);
      expect(values(lines, 'Upgrade')).to.deep.equal(['websocket']);
      expect(values(lines, 'Connection')).to.deep.equal(['Upgrade']);
      expect(values(lines, 'Sec-WebSocket-Version')).to.deep.equal(['13']);
      const [key = '', ...more] = values(lines, 'Sec-WebSocket-Key');
      expect(more).to.deep.equal([]);
      expect(Buffer.from(key, 'base64')).to.have.length(16);
      expect(Buffer.from(key, 'base64').toString('base64')).to.equal(key);
      for (const name of [
        'Origin',
        'Sec-WebSocket-Protocol',
        'Content-Length',
        'Transfer-Encoding',
        'Accept',
      ])
        expect(values(lines, name), name).to.deep.equal([]);
      // The request line and five fields, with the offer of an extension where there is one.
      expect(lines.length - 6).to.equal(values(lines, 'Sec-WebSocket-Extensions').length);
    });

    it('says the default port of its scheme to nobody, and every path to the server', async () => {
      expect((await requestOf(''))[0]).to.equal('GET / HTTP/1.1');
      expect((await requestOf('/a%20b/?'))[0]).to.match(/^GET \/a%20b\/\?? HTTP\/1\.1$/);
    });

    it('has Sec-WebSocket-Protocol as one list in order of preference, and Origin where it is wanted', async () => {
      const lines = await requestOf('/', { protocol: ['b', 'a', 'B'], origin: 'https://app.example' });
      expect(values(lines, 'Sec-WebSocket-Protocol')).to.deep.equal(['b, a, B']);
      expect(values(lines, 'Origin')).to.deep.equal(['https://app.example']);
    });

    it('has another key each time', async () => {
      const keys = new Set<string | undefined>();
      for (let i = 0; i < 20; i++) keys.add(values(await requestOf('/'), 'Sec-WebSocket-Key')[0]);
      expect(keys.size).to.equal(20);
    });
  });
});
