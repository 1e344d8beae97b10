import { expect } from 'chai';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'ws';
import { PeerProgram } from '../interop/peer-program.js';

const ADAPTER = fileURLToPath(new URL('adapter.ts', import.meta.url));

function start(...args: string[]): PeerProgram {
  return new PeerProgram(process.execPath, ['--import', 'tsx', ADAPTER, ...args]);
}

/** Stands in for a suite that listens: a few cases of what such suites ask, on ws. */
class Suite {
  /** What clients asked for, in order, and how each connection ended. */
  readonly log: string[] = [];
  /** What the client offered for each case. */
  readonly offers: (string | undefined)[] = [];
  readonly #server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });

  async listen(): Promise<string> {
    this.#server.on('connection', (socket, request) => this.#play(socket, request));
    await once(this.#server, 'listening');
    return `ws://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #play(socket: WebSocket, request: IncomingMessage): void {
    const { pathname, searchParams } = new URL(request.url!, 'ws://suite');
    const what = `${pathname} ${searchParams.get('case') ?? ''} ${searchParams.get('agent') ?? ''}`.trim();
    const heard: string[] = [];
    socket.on('message', (data: Buffer, isBinary) =>
      heard.push(isBinary ? data.toString('hex') : JSON.stringify(data.toString())),
    );
    socket.on('close', (code) => this.log.push([what, ...heard, code].join(' ')));
    socket.on('error', () => undefined);
    if (pathname === '/runCase') {
      this.offers.push(request.headers['sec-websocket-extensions']);
      this.#case(searchParams.get('case')!, socket, request.socket);
      return;
    }
    if (pathname === '/getCaseCount') socket.send('4');
    socket.close();
  }

  #case(number: string, socket: WebSocket, stream: Socket): void {
    switch (number) {
      case '1':
        socket.send('Hello, world!');
        socket.once('message', () => socket.close(1000));
        break;
      case '2':
        socket.send(Buffer.from('00fffefdfcfb00ff', 'hex'));
        socket.send('');
        setImmediate(() => socket.close(1000));
        break;
      case '3':
        // Opcode 3 is reserved.
        stream.write(Buffer.from('8300', 'hex'));
        break;
      case '4':
        stream.destroy();
        break;
    }
  }
}

describe('the adapter for conformance suites', function () {
  this.timeout(30_000);

  afterEach(() => PeerProgram.endAll());

  describe('as a client', () => {
    let suite: Suite;
    let url: string;

    beforeEach(async () => {
      suite = new Suite();
      url = await suite.listen();
    });

    afterEach(() => suite.close());

    it('asks for the number of cases, echoes in each, and has the reports made', async () => {
      const client = start('client', url);
      await client.success();
      expect(suite.log).to.deep.equal([
        '/getCaseCount 1005',
        '/runCase 1 hawser "Hello, world!" 1000',
        '/runCase 2 hawser 00fffefdfcfb00ff "" 1000',
        '/runCase 3 hawser 1002',
        '/runCase 4 hawser 1006',
        '/updateReports  hawser 1005',
      ]);
      expect(client.notes.at(-1)).to.equal('4 cases were run; the suite has the reports');
      expect(suite.offers[0]).to.match(/^permessage-deflate/);
    });

    it('runs some cases alone, under another name, and without compression', async () => {
      await start(
        'client',
        url,
        '--case',
        '3',
        '--case',
        '1',
        '--agent',
        'a name',
        '--no-compression',
      ).success();
      expect(suite.log.slice(1)).to.deep.equal([
        '/runCase 3 a name 1002',
        '/runCase 1 a name "Hello, world!" 1000',
        '/updateReports  a name 1005',
      ]);
      expect(suite.offers).to.deep.equal([undefined, undefined]);
    });

    it('fails where no suite is', async () => {
      await suite.close();
      const { status, stderr } = await start('client', url).ended;
      expect(status).to.equal(1);
      expect(stderr).to.match(/ECONNREFUSED/);
      suite = new Suite();
      url = await suite.listen();
    });
  });

  describe('as a server', () => {
    for (const compression of [false, true]) {
      it(`echoes, ${compression ? 'compressed' : 'plain'}`, async () => {
        const server = start('server', '--port', '0', ...(compression ? ['--compression'] : []));
        const note = await server.note(/^listening on ws:/);
        const socket = new WebSocket(note.replace('listening on ', ''));
        await once(socket, 'open');
        expect(socket.extensions).to.equal(compression ? 'permessage-deflate' : '');
        for (const message of ['', 'x'.repeat(5000), Buffer.from('00ff', 'hex')]) {
          socket.send(message);
          const [data, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
          expect(isBinary).to.equal(typeof message !== 'string');
          expect(data.equals(Buffer.from(message))).to.equal(true);
        }
        socket.close();
        await once(socket, 'close');
        expect(await server.end()).to.include({ status: 0 });
      });
    }
  });
});
