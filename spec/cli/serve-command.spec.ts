import { expect } from 'chai';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { WebSocketClient } from '../../lib/index.js';
import { Program } from './program.js';

describe('hawser serve', function () {
  this.timeout(30_000);
  let program: Program;
  let port: number;
  let clients: WebSocketClient[];

  beforeEach(async () => {
    clients = [];
    program = new Program('serve', '--port', '0');
    const [, digits] = await program.printed(/^http:\/\/127\.0\.0\.1:(\d+)\/$/m);
    port = Number(digits);
  });

  afterEach(async () => {
    for (const client of clients) client.terminate();
    await Program.endAll();
  });

  async function dial(path: string, protocol: string | string[] = []): Promise<WebSocketClient> {
    const client = await WebSocketClient.open(`ws://127.0.0.1:${String(port)}${path}`, { protocol });
    client.on('error', () => {});
    clients.push(client);
    return client;
  }

  it('serves the page', async () => {
    const response = await fetch(`http://127.0.0.1:${String(port)}/`, { headers: { connection: 'close' } });
    expect(response.status).to.equal(200);
    expect(await response.text()).to.contain('<h1>hawser</h1>');
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`${signal} drains: every connection sees 1001, the exit status is 0`, async () => {
      const connections = [await dial('/echo'), await dial('/clock'), await dial('/chat/north')];
      for (const connection of connections) connection.resume();
      const codes = connections.map(async (client) => ((await once(client, 'close')) as [number])[0]);
      program.kill(signal);
      expect(await Promise.all(codes)).to.deep.equal([1001, 1001, 1001]);
      expect((await program.ended).status).to.equal(0);
    });
  }

  it('exits at once at a second signal, although somebody does not answer the Close', async () => {
    const mute = connect(port, '127.0.0.1');
    mute.on('error', () => {});
    mute.write(
      'GET /echo HTTP/1.1\r\nHost: demo\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await once(mute, 'data');
    program.kill('SIGTERM');
    await program.complained(/^draining/m);
    program.kill('SIGTERM');
    expect((await program.ended).status).to.equal(143);
    mute.destroy();
  });
});

describe('hawser serve on a port in use', function () {
  this.timeout(30_000);
  afterEach(() => Program.endAll());

  it('says so in one line and exits with 1', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const port = String((holder.address() as AddressInfo).port);
    const { status, stdout, stderr } = await new Program('serve', '--port', port).feed();
    await new Promise((resolve) => holder.close(resolve));
    expect(stderr).to.equal(`hawser: port ${port} of 127.0.0.1 is in use; choose another with --port\n`);
    expect(stdout).to.equal('');
    expect(status).to.equal(1);
  });
});
