import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { duplexPair } from '../duplex-pair.js';
import { handBack } from '../../lib/server/hand-back.js';
import { PLAIN, WAYS, type Loopback, type Way } from '../loopback.js';
import { RawPeer, upgradeRequest } from '../raw-peer.js';
import { turn } from '../turns.js';
import { Harbour } from './harbour.js';

/** Writes a request that offers HTTP/2, as curl and Java's HttpClient do by default. */
const h2c = (method: string, path: string, fields: Record<string, string> = {}): string =>
  upgradeRequest(
    path,
    {
      Upgrade: 'h2c',
      Connection: 'Upgrade, HTTP2-Settings',
      'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
      'Sec-WebSocket-Key': undefined,
      'Sec-WebSocket-Version': undefined,
      ...fields,
    },
    method,
  );

/** Whether this Node asks before it emits `upgrade`: then nothing is handed back, and it keeps bodies to itself. */
const isAsking = 'shouldUpgradeCallback' in createServer();

describe('handBack (RFC 7230 §6.7)', () => {
  const harbour = new Harbour();

  /** Makes a server that echoes what it is asked, and to which all upgrades are handed back. */
  async function echo(way: Way): Promise<Loopback> {
    const http = await harbour.http(way);
    http.server.on('upgrade', (request, stream, head) => handBack(http.server, request, stream, head));
    http.server.on('request', (request, response) => {
      void buffer(request).then((body) => {
        const { connection, upgrade, host } = request.headers;
        const text = JSON.stringify([
          request.method,
          request.url,
          body.toString(),
          host,
          connection,
          upgrade,
        ]);
        response.writeHead(200, { 'Content-Length': Buffer.byteLength(text) }).end(text);
      });
    });
    return http;
  }

  const seen = (method: string, path: string, body: string): string =>
    JSON.stringify([method, path, body, 'localhost', null, null]);

  for (const way of isAsking ? [] : WAYS) {
    it(`answers a request for h2c in HTTP/1.1, its body and those behind it too, ${way.name}`, async () => {
      const http = await echo(way);
      const peer = await harbour.peer(http, h2c('GET', '/one?a=b'));
      expect((await peer.responseWithBody()).body).to.equal(seen('GET', '/one?a=b', ''));
      peer.send(h2c('POST', '/two', { 'Content-Length': '5' }) + 'hello');
      expect((await peer.responseWithBody()).body).to.equal(seen('POST', '/two', 'hello'));
      peer.send(h2c('POST', '/three', { 'Transfer-Encoding': 'chunked' }) + '3\r\nabc\r\n');
      await turn();
      peer.send('2\r\nde\r\n0\r\n\r\n');
      expect((await peer.responseWithBody()).body).to.equal(seen('POST', '/three', 'abcde'));
      const [socket] = http.sockets;
      const listeners = socket!.listenerCount('close');
      for (let i = 0; i < 10; i++) {
        peer.send(h2c('GET', `/${String(i)}`));
        expect((await peer.responseWithBody()).body).to.equal(seen('GET', `/${String(i)}`, ''));
      }
      expect(socket!.listenerCount('close')).to.equal(listeners);
    });
  }

  describe('the stream that is accepted anew', () => {
    /** Hands a request back, and tells what is read from the stream that a server accepts then. */
    async function accepted(
      rawHeaders: readonly string[],
      behind: string,
      server: Server = createServer(),
      event = 'connection',
    ): Promise<string> {
      const [near, far] = duplexPair();
      // Nobody but the spec is to read it.
      server.removeAllListeners(event);
      const given = once(server, event);
      const request = { method: 'POST', url: '/a?b', httpVersion: '1.1', rawHeaders } as IncomingMessage;
      handBack(server, request, far, Buffer.from(behind));
      const [stream] = (await given) as [Duplex];
      expect(stream).to.equal(far);
      near.end();
      return (await buffer(stream)).toString('latin1');
    }

    it('has the request in front, without its Upgrade, and whatever followed', async () => {
      const fields = ['Host', 'a', 'Upgrade', 'h2c', 'Connection', 'Upgrade', 'HTTP2-Settings', 'AAMAAABk'];
      const text = 'POST /a?b HTTP/1.1\r\nHost: a\r\n\r\n';
      expect(await accepted(fields, 'body, and more')).to.equal(`${text}body, and more`);
      expect(await accepted(fields, '')).to.equal(text);
    });

    it('has lists as they were, but for that of Connection', async () => {
      const accept = ['Accept', 'text/html,text/plain ,, upgrade'];
      expect(await accepted([...accept, 'Connection', 'te,Upgrade , close'], '')).to.equal(
        'POST /a?b HTTP/1.1\r\nAccept: text/html,text/plain ,, upgrade\r\nConnection: te, close\r\n\r\n',
      );
    });

    it('is given to an HTTPS server as one whose TLS is done', async () => {
      const text = await accepted(
        ['Host', 'a', 'Upgrade', 'h2c'],
        '',
        createSecureServer(),
        'secureConnection',
      );
      expect(text).to.equal('POST /a?b HTTP/1.1\r\nHost: a\r\n\r\n');
    });
  });

  it('gives the same whatever octet the request is cut at', async () => {
    const http = await echo(PLAIN);
    const [method, body] = isAsking ? (['GET', ''] as const) : (['POST', 'hello'] as const);
    const request = Buffer.from(h2c(method, '/', { 'Content-Length': String(body.length) }) + body);
    for (let cut = 1; cut < request.length; cut++) {
      const [near, far] = duplexPair();
      http.server.emit('connection', far);
      const peer = new RawPeer(near).send(request.subarray(0, cut));
      await turn();
      peer.send(request.subarray(cut));
      expect((await peer.responseWithBody()).body, `cut at ${String(cut)}`).to.equal(seen(method, '/', body));
      near.destroy();
    }
  });

  it('keeps what else Connection says, and every other field', async () => {
    const http = await harbour.http();
    http.server.on('upgrade', (request, stream, head) => handBack(http.server, request, stream, head));
    let fields: string[] = [];
    http.server.on('request', (request, response) => {
      fields = request.rawHeaders;
      response.end();
    });
    const peer = await harbour.peer(
      http,
      'GET / HTTP/1.1\r\nhost: a\r\nX-Two: \xe9\r\nConnection: close, UPGRADE\r\nx-two: 2\r\nUpgrade: foo/1\r\n\r\n',
    );
    expect((await peer.response()).headers['connection']).to.equal('close');
    expect(fields).to.deep.equal(['host', 'a', 'X-Two', '\xe9', 'Connection', 'close', 'x-two', '2']);
  });
});
