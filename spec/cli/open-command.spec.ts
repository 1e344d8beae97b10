import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Connection, refuse, ServerRegistry, type WebSocketServer } from '../../lib/index.js';
import { acceptKey } from '../../lib/handshake/accept-key.js';
import { Program } from './program.js';

describe('hawser open', function () {
  this.timeout(30_000);
  let registry: ServerRegistry;
  let url: string;

  beforeEach(async () => {
    registry = await ServerRegistry.listen({
      port: 0,
      host: '127.0.0.1',
      authorize: (request) =>
        request.url === '/private'
          ? refuse(403, { body: 'Members only\u001b[2J\nAsk the harbour master\n' })
          : {},
    });
    url = `ws://127.0.0.1:${String((registry.address() as AddressInfo).port)}`;
  });

  afterEach(async () => {
    await Program.endAll();
    await registry[Symbol.asyncDispose]();
  });

  /** Answers every message with itself. */
  function echo(): void {
    registry.on('connection', (connection) => {
      connection.on('message', (message) => void connection.write(message));
    });
  }

  /** Waits for the next connection. */
  function nextConnection(): Promise<WebSocketServer> {
    return new Promise((resolve) => registry.once('connection', (connection) => resolve(connection)));
  }

  /** Waits for the end of a connection, and tells the code that came. */
  async function codeAtEnd(connection: Connection): Promise<number> {
    const [code] = (await once(connection, 'close')) as [number];
    return code;
  }

  describe('in a pipe', () => {
    it('sends each line as a text message and prints each message as a line', async () => {
      echo();
      const { status, stdout, stderr } = await new Program('open', url).feed(
        'one\n\ntwo ⚓\r\nthe last, unfinished',
      );
      expect(stdout).to.equal('one\n\ntwo ⚓\nthe last, unfinished\n');
      expect(stderr).to.equal('');
      expect(status).to.equal(0);
    });

    it('closes with 1000 once everything is sent', async () => {
      const arrived = nextConnection();
      const program = new Program('open', url);
      const connection = await arrived;
      const heard: string[] = [];
      connection.on('text', (text) => heard.push(text));
      const code = codeAtEnd(connection);
      const { status } = await program.feed('a\nb\n');
      expect(heard).to.deep.equal(['a', 'b']);
      expect(await code).to.equal(1000);
      expect(status).to.equal(0);
    });

    it('prints what is under way when the input ends', async () => {
      registry.on('connection', (connection) => {
        connection.on('text', (text) => {
          for (let index = 0; index < 1_000; index++) connection.send('text', `${text} ${String(index)}`);
        });
      });
      const { status, stdout } = await new Program('open', url).feed('line\n');
      expect(stdout.split('\n')).to.have.length(1_001);
      expect(stdout).to.match(/^line 0\n[^]*\nline 999\n$/);
      expect(status).to.equal(0);
    });

    it('--wait inf prints what comes until the server closes', async () => {
      registry.on('connection', (connection) => {
        for (const text of ['one', 'two', 'three']) connection.send('text', text);
        connection.close(1000);
      });
      const { status, stdout } = await new Program('open', '--wait', 'inf', url).feed();
      expect(stdout).to.equal('one\ntwo\nthree\n');
      expect(status).to.equal(0);
    });

    it('--wait stays for so long after the end of the input', async () => {
      const arrived = nextConnection();
      const ending = new Program('open', '--wait', '0.3', url).feed('question\n');
      const connection = await arrived;
      connection.on('text', () => setTimeout(() => void connection.send('text', 'answer'), 20));
      const { status, stdout } = await ending;
      expect(stdout).to.equal('answer\n');
      expect(status).to.equal(0);
    });

    it('--binary sends the octets as they are read and writes them as they come', async () => {
      let binaries = 0;
      registry.on('connection', (connection) => {
        connection.on('binary', (data) => {
          binaries++;
          connection.send('binary', data);
        });
      });
      const octets = Buffer.from('00ff0a0d80c3280a', 'hex');
      const { status, output } = await new Program('open', '--binary', url).feed(octets);
      expect(output.toString('hex')).to.equal(octets.toString('hex'));
      expect(binaries).to.equal(1);
      expect(status).to.equal(0);
    });

    it('prints binary messages among lines as lines', async () => {
      registry.on('connection', (connection) => {
        connection.send('binary', Buffer.from('ff00', 'hex'));
        connection.send('text', 'text');
        connection.close();
      });
      const { output } = await new Program('open', '-w', 'inf', url).feed();
      expect(output.toString('hex')).to.equal('ff000a746578740a');
    });

    it('carries megabytes through, although the reader of the output is slow', async () => {
      echo();
      const program = new Program('open', '--binary', url);
      const octets = randomBytes(12 * 1024 * 1024);
      const ending = program.feed(octets);
      let pauses = 0;
      program.stdout.on('data', () => {
        if (pauses++ > 40) return;
        program.stdout.pause();
        setTimeout(() => program.stdout.resume(), 20);
      });
      const { status, output } = await ending;
      expect(output.length).to.equal(octets.length);
      expect(createHash('sha256').update(output).digest('hex')).to.equal(
        createHash('sha256').update(octets).digest('hex'),
      );
      expect(status).to.equal(0);
    });

    it('reads no faster than the server takes it', async () => {
      const arrived = nextConnection();
      const program = new Program('open', '--binary', url);
      const connection = await arrived;
      connection.pause();
      const chunk = Buffer.alloc(64 * 1024);
      let written = 0;
      let isFull = false;
      while (!isFull && written < 200 * 1024 * 1024) {
        isFull = !program.stdin.write(chunk);
        written += chunk.length;
        if (isFull) {
          const drained = once(program.stdin, 'drain').then(() => false);
          isFull = await Promise.race([
            drained,
            new Promise<true>((resolve) => setTimeout(() => resolve(true), 500)),
          ]);
        }
      }
      expect(isFull, 'everything was swallowed').to.equal(true);
      connection.resume();
      connection.terminate();
      expect((await program.ended).status).to.equal(4);
    });

    it('can be stopped while the reader of the output does not take the rest', async () => {
      const arrived = nextConnection();
      const program = new Program('open', '--wait', 'inf', url);
      program.stdout.pause();
      const connection = await arrived;
      for (let index = 0; index < 24; index++) connection.send('text', 'x'.repeat(64 * 1024));
      await connection.flushed();
      const gone = new Promise<void>((resolve) => connection.once('close', () => resolve()));
      connection.terminate();
      await gone;
      program.kill('SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, 300));
      program.kill('SIGTERM');
      program.stdout.resume();
      expect((await program.ended).status).to.equal(143);
    });

    it('fails on input that is no UTF-8, and closes with 1001', async () => {
      const arrived = nextConnection();
      const program = new Program('open', url);
      const code = codeAtEnd(await arrived);
      const { status, stderr } = await program.feed(Buffer.from('6162ff0a', 'hex'));
      expect(stderr).to.equal('hawser: the input is not UTF-8 text; --binary sends any octets\n');
      expect(await code).to.equal(1001);
      expect(status).to.equal(1);
    });

    it('closes with 1001 and exits with 141 when nobody reads the output any more', async () => {
      const arrived = nextConnection();
      const program = new Program('open', url);
      const connection = await arrived;
      const code = codeAtEnd(connection);
      program.stdout.destroy();
      const timer = setInterval(() => void connection.send('text', 'anybody?'), 10);
      const { status, stderr } = await program.ended;
      clearInterval(timer);
      expect(stderr).to.equal('');
      expect(await code).to.equal(1001);
      expect(status).to.equal(141);
    });
  });

  describe('the request', () => {
    it('carries the header fields, the origin and the subprotocols', async () => {
      const program = new Program(
        ...[
          'open',
          '-H',
          'X-Ship: Vega',
          '--header',
          'x-ship:Lyra',
          '-H',
          `Origin: ${url.replace('ws', 'http')}`,
        ],
        ...['-p', 'chat.v2, chat.v1', '--protocol', 'raw', `${url}/path?q=1`],
      );
      const [connection, request] = await new Promise<[WebSocketServer, IncomingMessage]>((resolve) => {
        registry.once('connection', (...args) => resolve(args));
      });
      expect(request.url).to.equal('/path?q=1');
      expect(request.headers['x-ship']).to.equal('Vega, Lyra');
      expect(request.headers['origin']).to.equal(url.replace('ws', 'http'));
      expect(String(request.headers['sec-websocket-protocol']).replaceAll(' ', '')).to.equal(
        'chat.v2,chat.v1,raw',
      );
      connection.close();
      expect((await program.ended).status).to.equal(0);
    });

    it('--verbose tells about the connection and its pings on standard error', async () => {
      const arrived = nextConnection();
      const program = new Program('open', '--verbose', '--ping', '0.05', url);
      const connection = await arrived;
      await program.complained(/^connected to ws:[^\n]*127\.0\.0\.1/m);
      await program.complained(/^pong after \d+\.\d ms$/m);
      connection.ping('knock');
      await program.complained(/^ping "knock"$/m);
      connection.close(1000, 'Done');
      const { status, stdout, stderr } = await program.ended;
      expect(stderr).to.match(/closed with 1000 "Done"\n$/);
      expect(stdout).to.equal('');
      expect(status).to.equal(0);
    });
  });

  describe('with TLS', () => {
    const certificates = new URL('certificates/', import.meta.url);
    const certificate = fileURLToPath(new URL('localhost.cert.pem', certificates));

    beforeEach(async () => {
      await registry[Symbol.asyncDispose]();
      registry = await ServerRegistry.listen({
        port: 0,
        host: '127.0.0.1',
        tls: {
          cert: readFileSync(certificate),
          key: readFileSync(new URL('localhost.key.pem', certificates)),
        },
      });
      url = `wss://localhost:${String((registry.address() as AddressInfo).port)}`;
      echo();
    });

    it('does not trust a certificate that nobody vouches for', async () => {
      const { status, stdout, stderr } = await new Program('open', url).feed('x\n');
      expect(stderr).to.match(/^hawser: [^\n]*self-signed certificate[^\n]*\n[^\n]*--insecure[^\n]*\n$/);
      expect(stdout).to.equal('');
      expect(status).to.equal(3);
    });

    it('--ca trusts the certificates of a file', async () => {
      const { status, stdout } = await new Program('open', '--ca', certificate, url).feed('x\n');
      expect(stdout).to.equal('x\n');
      expect(status).to.equal(0);
    });

    it('--insecure trusts any certificate', async () => {
      const { status, stdout } = await new Program('open', '--insecure', url).feed('x\n');
      expect(stdout).to.equal('x\n');
      expect(status).to.equal(0);
    });
  });

  describe('exit status', () => {
    const closes: [what: string, close: (connection: Connection) => void, status: number, stderr: RegExp][] =
      [
        ['1000', (connection) => connection.close(1000), 0, /^$/],
        ['no code', (connection) => connection.close(1005), 0, /^$/],
        [
          '4001 and a reason',
          (connection) => connection.close(4001, 'Low\u0007 tide'),
          5,
          /^hawser: closed with 4001 "Low\\\\x07 tide"\n$/,
        ],
        ['1001', (connection) => connection.close(1001), 5, /^hawser: closed with 1001/],
        [
          'no Close at all',
          (connection) => connection.terminate(),
          4,
          /^hawser: [^\n]*without a closing handshake/,
        ],
      ];
    for (const [what, close, expected, complaint] of closes) {
      it(`is ${String(expected)} when the server closes with ${what}`, async () => {
        registry.on('connection', close);
        const program = new Program('open', url);
        // The input stays open: that the connection ended is enough.
        const { status, stderr } = await program.ended;
        expect(stderr).to.match(complaint);
        expect(status).to.equal(expected);
      });
    }

    it('is 3 when the server refuses, and shows why', async () => {
      const { status, stdout, stderr } = await new Program('open', `${url}/private`).feed('x\n');
      expect(stderr).to.match(
        /^hawser: [^\n]*403[^\n]*\n {2}Members only\\x1b\[2J\n {2}Ask the harbour master\n$/,
      );
      expect(stdout).to.equal('');
      expect(status).to.equal(3);
    });

    for (const [signal, expected] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      it(`is ${String(expected)} after ${signal}, which closes with 1001`, async () => {
        const arrived = nextConnection();
        const program = new Program('open', '--verbose', url);
        const code = codeAtEnd(await arrived);
        await program.complained(/connected/);
        program.kill(signal);
        expect((await program.ended).status).to.equal(expected);
        expect(await code).to.equal(1001);
      });
    }

    describe('with a server that is none', () => {
      let server: Server;
      let onRequest: (socket: Socket, request: string) => void;
      const sockets = new Set<Socket>();

      beforeEach(async () => {
        server = createServer((socket) => {
          sockets.add(socket);
          socket.on('error', () => {});
          socket.once('data', (chunk) => onRequest(socket, chunk.toString('latin1')));
        });
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        url = `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      });

      afterEach(async () => {
        for (const socket of sockets) socket.destroy();
        sockets.clear();
        if (server.listening) await new Promise((resolve) => server.close(resolve));
      });

      it('is 3 when nobody listens', async () => {
        await new Promise((resolve) => server.close(resolve));
        const { status, stderr } = await new Program('open', url).feed();
        expect(stderr).to.match(/^hawser: [^\n]*ECONNREFUSED[^\n]*\n$/);
        expect(status).to.equal(3);
      });

      it('is 3 when the answer does not come in time', async () => {
        onRequest = () => {};
        const { status, stderr } = await new Program('open', '--timeout', '0.1', url).feed();
        expect(stderr).to.match(/^hawser: [^\n]+\n$/);
        expect(status).to.equal(3);
      });

      it('is 130 when SIGINT comes before the answer', async () => {
        const asked = new Promise<void>((resolve) => (onRequest = () => resolve()));
        const program = new Program('open', url);
        await asked;
        program.kill('SIGINT');
        const { status, stderr } = await program.ended;
        expect(stderr).to.equal('');
        expect(status).to.equal(130);
      });

      it('is 4 when the server breaks a rule', async () => {
        onRequest = (socket, request) => {
          const key = /^sec-websocket-key: *(\S+)/im.exec(request)?.[1] ?? '';
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
              `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`,
          );
          // An unknown opcode (RFC 6455 §5.2).
          socket.end(Buffer.from('8300', 'hex'));
        };
        const { status, stderr } = await new Program('open', url).ended;
        expect(stderr).to.match(/^hawser: the connection broke: [^\n]+\n$/);
        expect(status).to.equal(4);
      });
    });
  });
});
