import { expect } from 'chai';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough, type Duplex } from 'node:stream';
import { AddressPlaces } from '../../lib/server/address-places.js';
import type { ClientAddress } from '../../lib/server/client-address.js';
import { WAYS } from '../loopback.js';
import { upgradeRequest } from '../raw-peer.js';
import { until } from '../turns.js';
import { Harbour, connectionOf, rejectionOf } from './harbour.js';

describe('AddressPlaces', () => {
  const harbour = new Harbour();

  /** Reads the field of a proxy, as its operator would. */
  const fromProxy: ClientAddress = (request) => String(request.headers['x-real-ip']);
  const from = (address: string) => ({ 'X-Real-IP': address });

  describe('in a registry', () => {
    it('answers 429 to one address above maxConnectionsPerAddress, and none of the others notices', async () => {
      const { http, registry } = await harbour.attached({
        maxConnectionsPerAddress: 2,
        clientAddress: fromProxy,
      });
      const rejected = rejectionOf(registry);
      for (let i = 0; i < 2; i++)
        expect((await harbour.ask(http, '/', from('192.0.2.1'))).status).to.equal(101);
      const refused = await harbour.ask(http, '/', from('192.0.2.1'));
      expect(refused.status).to.equal(429);
      expect(refused.statusMessage).to.equal('Too Many Requests');
      expect(await rejected).to.deep.equal([429, 'maxConnectionsPerAddress is reached']);
      expect((await harbour.ask(http, '/', from('192.0.2.2'))).status).to.equal(101);
      expect(registry.size).to.equal(3);
    });

    it('takes more from an address when its others have left, in whatever way', async () => {
      const { http, registry } = await harbour.attached({
        maxConnectionsPerAddress: 1,
        clientAddress: fromProxy,
      });
      for (const leave of ['peer', 'terminate', 'close'] as const) {
        const accepted = connectionOf(registry);
        const { status, peer } = await harbour.ask(http, '/', from('192.0.2.1'));
        expect(status, leave).to.equal(101);
        const connection = await accepted;
        expect((await harbour.ask(http, '/', from('192.0.2.1'))).status, leave).to.equal(429);
        const gone = new Promise((resolve) => connection.once('close', resolve));
        if (leave === 'peer') peer.stream.destroy();
        else if (leave === 'terminate') connection.terminate();
        else {
          connection.close();
          peer.send(Buffer.from('888000000000', 'hex'));
        }
        await gone;
      }
      expect((await harbour.ask(http, '/', from('192.0.2.1'))).status).to.equal(101);
    });

    for (const way of WAYS) {
      const expected = way.spot === 'a Unix socket' ? 101 : 429;
      it(`answers ${String(expected)} to the second of one socket address, ${way.name}`, async () => {
        const { http } = await harbour.attached({ maxConnectionsPerAddress: 1 }, way);
        // Whatever a client says of itself.
        expect((await harbour.ask(http, '/', { 'X-Forwarded-For': '192.0.2.1' })).status).to.equal(101);
        expect((await harbour.ask(http, '/', { 'X-Forwarded-For': '192.0.2.2' })).status).to.equal(expected);
      });
    }

    it('counts a request that waits for authorize, and asks authorize for none that is too much', async () => {
      const waiting: (() => void)[] = [];
      const { http } = await harbour.attached({
        maxConnectionsPerAddress: 1,
        authorize: () => new Promise<false>((resolve) => waiting.push(() => resolve(false))),
      });
      const first = await harbour.peer(http, upgradeRequest());
      await until(() => waiting.length === 1);
      expect((await harbour.ask(http)).status).to.equal(429);
      expect(waiting).to.have.length(1);
      waiting[0]!();
      expect((await first.response()).status).to.equal(403);
      await first.ended();
      first.stream.destroy();
      // A place is free as soon as the socket is gone.
      await until(() => http.sockets.size === 0);
      const second = await harbour.peer(http, upgradeRequest());
      await until(() => waiting.length === 2);
      second.stream.destroy();
      await until(() => http.sockets.size === 0);
      await harbour.peer(http, upgradeRequest());
      await until(() => waiting.length === 3);
    });

    it('holds for requests that are tested by hand', async () => {
      const http = await harbour.http();
      const registry = harbour.registry({ maxConnectionsPerAddress: 1 }).server(http.server);
      const answers: boolean[] = [];
      http.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        const answer = registry.test(http.server, request, socket, head);
        answers.push(answer);
        if (answer) registry.upgrade(socket);
        else socket.end('HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n');
      });
      expect((await harbour.ask(http)).status).to.equal(101);
      expect((await harbour.ask(http)).status).to.equal(429);
      expect(answers).to.deep.equal([true, false]);
    });

    const odd: readonly [string, () => unknown][] = [
      [
        'throws',
        () => {
          throw new Error('no such header');
        },
      ],
      ['returns nothing', () => undefined],
      ['returns null', () => null],
      ['returns a number', () => 5],
      ['returns a promise', () => Promise.resolve('192.0.2.1')],
      ['returns a promise that rejects', () => Promise.reject(new Error('no'))],
      ['returns a name', () => 'example.org'],
      ['returns a list', () => '192.0.2.1, 192.0.2.2'],
      ['returns what cannot be printed', () => Object.create(null) as unknown],
    ];
    for (const [what, hook] of odd) {
      it(`answers 500 when clientAddress ${what}, to that request alone, and logs it`, async () => {
        const { http, registry } = await harbour.attached({
          maxConnectionsPerAddress: 1,
          clientAddress: (request) => (request.url === '/odd' ? (hook() as string) : '192.0.2.1'),
        });
        expect((await harbour.ask(http)).status).to.equal(101);
        const rejected = rejectionOf(registry);
        const refused = await harbour.ask(http, '/odd');
        expect(refused.status).to.equal(500);
        expect(await rejected).to.deep.equal([500, 'clientAddress threw, or returned no address']);
        expect(harbour.logged).to.include('error: clientAddress threw, or returned no address');
        expect(registry.size).to.equal(1);
      });
    }

    it('asks once for each request that may be accepted, and for no other', async () => {
      const asked: (string | undefined)[] = [];
      const clientAddress: ClientAddress = (request) => {
        asked.push(request.url);
        return '192.0.2.1';
      };
      const { http } = await harbour.attached({
        maxConnectionsPerAddress: 2,
        maxConnections: 1,
        clientAddress,
      });
      expect((await harbour.ask(http, '/broken', { 'Sec-WebSocket-Key': undefined })).status).to.equal(400);
      expect((await harbour.ask(http, '/foreign', { Origin: 'https://evil.example' })).status).to.equal(403);
      expect((await harbour.ask(http, '/good')).status).to.equal(101);
      expect((await harbour.ask(http, '/full')).status).to.equal(503);
      expect(asked).to.deep.equal(['/good']);
    });

    it('asks nobody where there is no limit', async () => {
      const { http } = await harbour.attached({
        clientAddress: () => {
          throw new Error('asked');
        },
      });
      expect((await harbour.ask(http)).status).to.equal(101);
    });
  });

  /** Gives what `take` reads of a request. */
  function requestFrom(remoteAddress: string | undefined): IncomingMessage {
    return { socket: { remoteAddress } } as unknown as IncomingMessage;
  }

  it('forgets an address with the last of its streams', async () => {
    const places = new AddressPlaces(3, undefined);
    const streams = Array.from({ length: 300 }, (_, i) => {
      const stream = new PassThrough();
      const address = `2001:db8:0:${(i % 100).toString(16)}::${i.toString(16)}`;
      expect(places.take(requestFrom(address), stream)).to.equal(undefined);
      return stream;
    });
    expect(places.size).to.equal(100);
    expect(places.take(requestFrom('2001:db8::5'), new PassThrough())?.status).to.equal(429);
    const end = (some: PassThrough[]) =>
      Promise.all(some.map(async (stream) => once(stream.destroy(), 'close')));
    await end(streams.slice(100));
    expect(places.size).to.equal(100);
    await end(streams.slice(0, 100));
    expect(places.size).to.equal(0);
  });

  it('takes one place for a stream however often it is asked, and none for one that is gone', () => {
    const places = new AddressPlaces(1, undefined);
    const gone = new PassThrough();
    gone.destroy();
    expect(places.take(requestFrom('192.0.2.1'), gone)).to.equal(undefined);
    expect(places.size).to.equal(0);
    const stream = new PassThrough();
    expect(places.take(requestFrom('192.0.2.1'), stream)).to.equal(undefined);
    expect(places.take(requestFrom('192.0.2.1'), stream)).to.equal(undefined);
    expect(stream.listenerCount('close')).to.equal(new PassThrough().listenerCount('close') + 1);
    stream.destroy();
  });

  it('leaves nothing on a stream without a limit', () => {
    const places = new AddressPlaces(Infinity, () => '192.0.2.1');
    const stream = new PassThrough();
    expect(places.take(requestFrom('192.0.2.1'), stream)).to.equal(undefined);
    expect(places.size).to.equal(0);
    expect(stream.listenerCount('close')).to.equal(new PassThrough().listenerCount('close'));
  });
});
