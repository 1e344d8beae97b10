import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { ServerRegistry, WebSocketClient, type Connection } from '../../lib/index.js';
import { allCases, type Case } from './cases.js';
import { FuzzingPeer, type Verdict } from './fuzzing-peer.js';

/** Echoes, as the suite asks of the implementation under test; all options are the defaults. */
function echo(connection: Connection): void {
  connection.on('text', (text) => connection.send('text', text));
  connection.on('binary', (data) => connection.send('binary', data));
}

/** Reads up to the end of an HTTP header. */
async function readHead(socket: Socket): Promise<{ head: string; rest: Buffer }> {
  let octets = Buffer.alloc(0);
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    octets = Buffer.concat([octets, chunk]);
    const end = octets.indexOf('\r\n\r\n');
    if (end === -1) continue;
    socket.pause();
    return { head: octets.toString('latin1', 0, end), rest: octets.subarray(end + 4) };
  }
}

/** Judges as the suite does, strictly. */
function judge(of: Case, verdict: Verdict): void {
  expect(verdict.complaint).to.equal(undefined);
  expect(verdict.seen).to.deep.equal(of.expected);
  expect(verdict.firstCloser).to.equal(of.firstCloser);
  if (of.clean) expect(verdict.clean).to.equal(true);
  if (verdict.code !== undefined && verdict.code !== 1005) expect(of.codes).to.include(verdict.code);
}

describe('conformance, strictly and with default options', function () {
  this.timeout(60_000);

  describe('as a server', () => {
    let registry: ServerRegistry;
    before(async () => {
      registry = await ServerRegistry.listen({ port: 0, host: '127.0.0.1' });
      registry.on('connection', echo);
    });
    after(() => registry.close());

    for (const one of allCases()) {
      it(one.id, async () => {
        const { port } = registry.address() as AddressInfo;
        const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
        socket.write(
          `GET / HTTP/1.1\r\nUser-Agent: spec\r\nHost: 127.0.0.1:${String(port)}\r\nUpgrade: WebSocket\r\n` +
            'Connection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n' +
            `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
        );
        const { head, rest } = await readHead(socket);
        expect(head).to.match(/^HTTP\/1\.1 101 /);
        const peer = new FuzzingPeer(socket, true, one, rest);
        socket.resume();
        judge(one, await peer.play());
      });
    }
  });

  describe('as a client', () => {
    let server: Server;
    let accept: (socket: Socket) => void;
    before(async () => {
      server = createServer({ allowHalfOpen: true }, (socket) => accept(socket));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    after((done) => void server.close(done));

    for (const one of allCases()) {
      it(one.id, async () => {
        const { port } = server.address() as AddressInfo;
        const accepted = new Promise<Socket>((resolve) => (accept = resolve));
        const client = new WebSocketClient(`ws://127.0.0.1:${String(port)}/runCase?case=1&agent=hawser`);
        client.on('error', () => undefined);
        echo(client);
        const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
        const socket = await accepted;
        const { head } = await readHead(socket);
        const key = /sec-websocket-key: (\S+)/i.exec(head)![1]!;
        const answer = createHash('sha1')
          .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
          .digest('base64');
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nServer: spec\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
        );
        const peer = new FuzzingPeer(socket, false, one, Buffer.alloc(0));
        socket.resume();
        judge(one, await peer.play());
        await closed;
      });
    }
  });
});
