import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { InvalidOptionError, InvalidStateError } from '../../lib/errors.js';
import { WebSocketServer } from '../../lib/server/websocket-server.js';
import { duplexPair } from '../duplex-pair.js';
import { RawPeer } from '../raw-peer.js';

describe('WebSocketServer', () => {
  const hint = 'WebSocketServer is one accepted connection; to listen: ServerRegistry.listen({ port })';

  it('tells who looks for the listening side where it is', () => {
    const WrongServer = WebSocketServer as unknown as new (...args: unknown[]) => unknown;
    for (const args of [
      [],
      [undefined],
      [null],
      [8080],
      [{ port: 8080 }],
      [{ server: createServer() }],
      [{ noServer: true }],
      [{ port: 8080 }, () => {}],
      [createServer()],
      [new Readable()],
    ])
      expect(() => new WrongServer(...args)).to.throw(
        InvalidOptionError,
        /^stream: expected a Duplex of bytes, such as a socket, got .+; WebSocketServer is one accepted connection; /,
      );
    expect(() => new WrongServer(8080)).to.throw(hint);
  });

  it('takes over a byte stream in the server role (websocket(n): takeover)', async () => {
    const [near, far] = duplexPair();
    const peer = new RawPeer(near);
    const head = Buffer.from('81810000000061', 'hex');
    const server = new WebSocketServer(far, { head, path: '/p', query: 'q', protocol: 'chat' });
    expect([server.isServer, server.role, server.state]).to.deep.equal([true, 'server', 'CONNECTED']);
    expect([server.context, server.peername]).to.deep.equal([undefined, '']);
    const texts: string[] = [];
    server.on('text', (text) => texts.push(text));
    const [details] = (await once(server, 'connect')) as [object];
    expect(details).to.include({ path: '/p', query: 'q', protocol: 'chat', extensions: '' });
    server.send('text', 'b');
    expect(await peer.takeHex('810162')).to.equal('810162');
    expect(texts).to.deep.equal(['a']);
    server.terminate();
  });

  it('refuses unknown options, and streams that are of no use', () => {
    const [near, far] = duplexPair();
    expect(() => new WebSocketServer(far, { port: 8080 } as never)).to.throw(InvalidOptionError, /^port/);
    expect(() => new WebSocketServer(far, null as never)).to.throw(InvalidOptionError);
    expect(() => new WebSocketServer(new PassThrough({ objectMode: true }))).to.throw(InvalidOptionError);
    new WebSocketServer(far).terminate();
    expect(() => new WebSocketServer(far)).to.throw(InvalidStateError);
    near.destroy();
    expect(() => new WebSocketServer(near)).to.throw(InvalidStateError);
  });
});
