import { expect } from 'chai';
import { channel } from 'node:diagnostics_channel';
import { Duplex } from 'node:stream';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { InvalidOptionError, InvalidStateError } from '../../lib/errors.js';
import { Connection } from '../../lib/takeover.js';
import { ROLES, collect, fakeClock, names, octets, settled, unwire, wire, wireUp } from '../wire-peer.js';

describe('Connection', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      describe('facts (websocket(n): conninfo)', () => {
        it('tells who it is', async () => {
          const handler = (): void => {};
          const { connection } = await wireUp(role, { handler });
          expect(connection.role).to.equal(role);
          expect(connection.isClient).to.equal(role === 'client');
          expect(connection.isServer).to.equal(role === 'server');
          expect(connection.handler).to.equal(handler);
          expect(connection).to.be.instanceOf(Duplex);
          expect(connection).to.be.instanceOf(Connection);
        });

        it('answers each question of conninfo as the property does', async () => {
          const handler = (): void => {};
          const { connection } = await wireUp(role, { handler });
          expect(connection.conninfo('peername')).to.equal('');
          expect(connection.conninfo('sockname')).to.equal('');
          expect(connection.conninfo('name')).to.equal('');
          expect(connection.conninfo('closed')).to.equal(false);
          expect(connection.conninfo('client')).to.equal(role === 'client');
          expect(connection.conninfo('server')).to.equal(role === 'server');
          expect(connection.conninfo('type')).to.equal(role);
          expect(connection.conninfo('handler')).to.equal(handler);
          expect(connection.conninfo('state')).to.equal('CONNECTED');
        });

        for (const key of [
          'peer',
          'PEERNAME',
          'toString',
          '__proto__',
          'constructor',
          '',
          undefined,
          null,
          1,
        ]) {
          it(`throws for the question ${JSON.stringify(key)}`, async () => {
            const { connection } = await wireUp(role);
            expect(() => connection.conninfo(key as 'state')).to.throw(
              InvalidOptionError,
              /^what: expected one of/,
            );
          });
        }

        it('shows what the opening handshake agreed on', async () => {
          const { connection } = await wireUp(role, { protocol: 'chat', path: '/a%20b', query: 'x=1' });
          expect(connection.protocol).to.equal('chat');
          expect(connection.extensions).to.equal('');
          expect(connection.path).to.equal('/a%20b');
          expect(connection.query).to.equal('x=1');
        });

        it('is CONNECTED until closing begins, then CLOSED; readyState has the four states of the standard', async () => {
          const { connection, peer } = await wireUp(role);
          const states = [[connection.state, connection.readyState, connection.isClosed]];
          connection.close();
          states.push([connection.state, connection.readyState, connection.isClosed]);
          await settled();
          peer.answerClose(1000);
          await settled();
          states.push([connection.state, connection.readyState, connection.isClosed]);
          expect(states).to.deep.equal([
            ['CONNECTED', 1, false],
            ['CLOSED', 2, true],
            ['CLOSED', 3, true],
          ]);
          expect(connection.conninfo('closed')).to.equal(true);
          expect([connection.closed, connection.destroyed]).to.deep.equal([true, true]);
        });

        it('is CLOSED from the moment the peer closes', async () => {
          const { connection, peer } = await wireUp(role);
          const states: unknown[] = [];
          connection.on('closing', () => states.push(connection.state, connection.readyState));
          peer.send(peer.closeFrame(1000));
          await settled();
          expect(states).to.deep.equal(['CLOSED', 2]);
        });
      });

      describe('send (websocket(n): send)', () => {
        it('sends text and binary, and returns the octets of header and payload', async () => {
          const { connection, peer } = await wireUp(role);
          const mask = role === 'client' ? 4 : 0;
          expect(connection.send('text', 'naïve')).to.equal(2 + mask + 6);
          expect(connection.send('binary', Buffer.alloc(126))).to.equal(4 + mask + 126);
          expect(connection.send('binary', Buffer.alloc(70_000))).to.equal(10 + mask + 70_000);
          expect(connection.bytesSent).to.equal(8 + 130 + 70_010 + 3 * mask);
          await settled();
          expect(peer.frames().map(({ opcode, payload }) => [opcode, payload.length])).to.deep.equal([
            [1, 6],
            [2, 126],
            [2, 70_000],
          ]);
        });

        it('masks in the client role, and only there (RFC 6455 §5.1)', async () => {
          const { connection, peer } = await wireUp(role);
          connection.send('text', 'x');
          connection.send('ping');
          connection.close();
          await settled();
          expect(peer.frames().map(({ masked }) => masked)).to.deep.equal(Array(3).fill(role === 'client'));
        });

        for (const [type, line] of [
          ['TEXT', 'text "x"'],
          ['Binary', 'binary "x"'],
          ['pInG', 'ping "x"'],
          ['PONG', 'pong "x"'],
          [1, 'text "x"'],
          [2, 'binary "x"'],
          [9, 'ping "x"'],
          [10, 'pong "x"'],
        ] as const) {
          it(`takes the type ${JSON.stringify(type)}`, async () => {
            const { connection, peer } = await wireUp(role);
            connection.send(type, 'x');
            await settled();
            expect(peer.said()).to.deep.equal([line]);
          });
        }

        for (const type of ['hello', '', 0, 8, 3, '1', null, undefined, {}, Buffer.from('x')]) {
          it(`throws for the type ${JSON.stringify(type)} and says what was meant`, async () => {
            const { connection, peer } = await wireUp(role);
            expect(() => connection.send(type as 'text', 'x')).to.throw(
              InvalidOptionError,
              /write\(data\) or send\('text', data\)/,
            );
            await settled();
            expect(peer.frames()).to.deep.equal([]);
          });
        }

        it('needs a message, except for pings and pongs', async () => {
          const { connection, peer } = await wireUp(role);
          expect(() => connection.send('text')).to.throw(InvalidOptionError, /^message/);
          expect(() => connection.send('binary')).to.throw(InvalidOptionError, /^message/);
          connection.send('ping');
          connection.send('pong');
          await settled();
          expect(peer.said()).to.deep.equal(['ping ""', 'pong ""']);
        });

        it('sends fragments, with control frames between them', async () => {
          const { connection, peer } = await wireUp(role);
          connection.send('text', 'one ', false);
          connection.send('ping', 'p');
          connection.send('text', 'two ', false);
          connection.ping();
          connection.send('text', 'three');
          await settled();
          expect(peer.said()).to.deep.equal([
            'text "one " …',
            'ping "p"',
            'more "two " …',
            'ping ""',
            'more "three"',
          ]);
        });

        it('throws when fragments change type, and goes on with the message', async () => {
          const { connection, peer } = await wireUp(role);
          connection.send('text', 'one', false);
          expect(() => connection.send('binary', 'two')).to.throw(
            InvalidStateError,
            /all its fragments are text/,
          );
          connection.send('text', 'three');
          await settled();
          expect(peer.said()).to.deep.equal(['text "one" …', 'more "three"']);
        });

        it('throws for a fragmented or oversized control frame, and for a final that is no boolean', async () => {
          const { connection, peer } = await wireUp(role);
          expect(() => connection.send('ping', 'x', false)).to.throw(InvalidOptionError, /^final/);
          expect(() => connection.send('pong', 'x'.repeat(126))).to.throw(
            InvalidOptionError,
            /at most 125 octets/,
          );
          expect(() => connection.ping('é'.repeat(63))).to.throw(InvalidOptionError, /at most 125 octets/);
          expect(() => connection.send('text', 'x', 1 as unknown as boolean)).to.throw(
            InvalidOptionError,
            /^final/,
          );
          connection.ping('x'.repeat(125));
          await settled();
          expect(peer.said()).to.deep.equal([`ping "${'x'.repeat(125)}"`]);
        });

        it('throws for what is no message, and sends nothing', async () => {
          const { connection, peer } = await wireUp(role);
          for (const message of [1, true, null, {}, [1], Symbol('x'), 1n, () => {}]) {
            expect(() => connection.send('text', message as string)).to.throw(InvalidOptionError, /^message/);
            expect(() => connection.ping(message as string)).to.throw(InvalidOptionError, /^message/);
          }
          await settled();
          expect(peer.frames()).to.deep.equal([]);
        });

        it('returns -1 once closing or closed, and does not throw', async () => {
          const { connection, peer } = await wireUp(role);
          connection.close();
          const sizes = [connection.send('text', 'x'), connection.send('ping'), connection.ping()];
          await settled();
          peer.answerClose(1000);
          await settled();
          sizes.push(
            connection.send('binary', 'x'),
            connection.send('pong'),
            connection.send('text', 'x', false),
          );
          expect(sizes).to.deep.equal([-1, -1, -1, -1, -1, -1]);
          expect(peer.said()).to.deep.equal(['close 1000 "Normal closure"']);
        });

        it('returns -1 once the peer has closed', async () => {
          const { connection, peer } = await wireUp(role);
          const sizes: number[] = [];
          connection.on('closing', () => sizes.push(connection.send('text', 'x'), connection.ping()));
          peer.send(peer.closeFrame(1000));
          await settled();
          expect(sizes).to.deep.equal([-1, -1]);
          expect(peer.said()).to.deep.equal(['close 1000 ""']);
        });

        it('sends as soon as the stream is taken over, before connect', async () => {
          const { connection, peer } = wire(role);
          connection.send('text', 'early');
          await settled();
          expect(peer.said()).to.deep.equal(['text "early"']);
        });

        it('leaves the octets of the caller as they were', async () => {
          const { connection } = await wireUp(role);
          const small = Buffer.from('small');
          const large = Buffer.alloc(100_000, 'large');
          connection.send('binary', small);
          connection.write(large);
          await settled();
          expect(small.toString()).to.equal('small');
          expect(large.equals(Buffer.alloc(100_000, 'large'))).to.equal(true);
        });

        it('puts everything that is sent in one turn into one write', async () => {
          const { connection, peer, stream } = await wireUp(role);
          connection.on('text', (text) => connection.send('text', text));
          for (let count = 0; count < 10; count++) connection.send('text', 'x');
          await settled();
          expect(stream.writes).to.equal(1);
          peer.sendTexts(...Array<string>(10).fill('echo'));
          await settled();
          expect(stream.writes).to.equal(2);
          expect(peer.frames()).to.have.length(20);
        });
      });

      describe('receiving', () => {
        it('emits text and binary, and message for both', async () => {
          const { connection, peer } = await wireUp(role);
          const seen: unknown[] = [];
          connection.on('text', (text) => seen.push(['text', text]));
          connection.on('binary', (data) => seen.push(['binary', data.toString('hex')]));
          connection.on('message', (data, isBinary) => seen.push(['message', data.length, isBinary]));
          peer.send(peer.frame(1, 'naïve'), peer.frame(2, octets('00 ff')), peer.frame(1), peer.frame(2));
          await settled();
          expect(seen).to.deep.equal([
            ['text', 'naïve'],
            ['message', 5, false],
            ['binary', '00ff'],
            ['message', 2, true],
            ['text', ''],
            ['message', 0, false],
            ['binary', ''],
            ['message', 0, true],
          ]);
        });

        it('joins fragments, with control frames between them', async () => {
          const { connection, peer, events } = await wireUp(role);
          const messages = collect(connection);
          peer.send(
            peer.frame(1, 'one', false),
            peer.frame(9, 'p'),
            peer.frame(0, 'two', false),
            peer.frame(0, '!'),
          );
          await settled();
          expect(messages).to.deep.equal(['onetwo!']);
          expect(names(events)).to.include('ping');
          expect(peer.said()).to.deep.equal(['pong "p"']);
        });

        it('hands on the pieces of a message with fragments: true, and emits no message', async () => {
          const { connection, peer } = await wireUp(role, { fragments: true });
          const seen: unknown[] = [];
          connection.on('message', () => seen.push('message'));
          connection.on('text', () => seen.push('text'));
          connection.on('fragment', ({ type, data, final }) => seen.push([type, data.toString(), final]));
          peer.send(peer.frame(1, 'one', false), peer.frame(0, 'two'), peer.frame(2, 'x'));
          await settled();
          expect(seen).to.deep.equal([
            ['text', 'one', false],
            ['text', 'two', true],
            ['binary', 'x', true],
          ]);
        });

        it('answers pings, and reports pings and pongs', async () => {
          const { connection, peer } = await wireUp(role);
          const seen: string[] = [];
          connection.on('ping', (payload) => seen.push(`ping ${payload.toString()}`));
          connection.on('pong', (payload) => seen.push(`pong ${payload.toString()}`));
          peer.send(peer.frame(9, 'a'), peer.frame(10, 'unasked'), peer.frame(9, ''));
          await settled();
          expect(seen).to.deep.equal(['ping a', 'pong unasked', 'ping ']);
          expect(peer.said()).to.deep.equal(['pong "a"', 'pong ""']);
        });

        it('answers 200 pings that come in one piece with 200 pongs', async () => {
          const { peer } = await wireUp(role);
          peer.send(...Array.from({ length: 200 }, (_, count) => peer.frame(9, String(count))));
          await settled();
          expect(peer.said()).to.deep.equal(Array.from({ length: 200 }, (_, count) => `pong "${count}"`));
        });

        it('gives buffers that stay as they are', async () => {
          const { connection, peer } = await wireUp(role);
          const buffers: Buffer[] = [];
          connection.on('binary', (data) => buffers.push(data));
          connection.on('ping', (data) => buffers.push(data));
          peer.send(peer.frame(2, 'first'), peer.frame(9, 'ping'));
          await settled();
          peer.send(peer.frame(2, 'other'), peer.frame(9, 'pong'));
          await settled();
          expect(buffers.map(String)).to.deep.equal(['first', 'ping', 'other', 'pong']);
        });
      });

      describe('keepalive (websocket(n): configure)', () => {
        it('tells what is in force, and changes what it is given', async () => {
          const { connection } = await wireUp(role);
          const usual = role === 'server' ? 30 : 0;
          expect(connection.configure()).to.deep.equal({ keepalive: usual, ping: '' });
          expect(connection.configure({ ping: 'hi' })).to.deep.equal({ keepalive: usual, ping: 'hi' });
          expect(connection.configure({ keepalive: 7.5 })).to.deep.equal({ keepalive: 7.5, ping: 'hi' });
          expect(connection.configure({ keepalive: -1 })).to.deep.equal({ keepalive: -1, ping: 'hi' });
        });

        it('throws for an unknown option or a bad value, and changes nothing', async () => {
          const { connection } = await wireUp(role, { keepalive: 5, ping: 'x' });
          const bad: [object, RegExp][] = [
            [{ keep: 5 }, /^keep: .*keepalive/],
            [{ keepalive: '5' }, /^keepalive/],
            [{ keepalive: NaN }, /^keepalive/],
            [{ keepalive: null }, /^keepalive/],
            [{ keepalive: 9, ping: 'x'.repeat(126) }, /^ping/],
            [{ keepalive: 9, ping: 1 }, /^ping/],
          ];
          for (const [options, message] of bad) {
            expect(() => connection.configure(options)).to.throw(InvalidOptionError, message);
          }
          for (const options of [null, 5, 'x', []]) {
            expect(() => connection.configure(options as object)).to.throw(InvalidOptionError);
          }
          expect(connection.configure()).to.deep.equal({ keepalive: 5, ping: 'x' });
        });

        it('reports the round trip of the last ping in milliseconds', async () => {
          const clock = fakeClock();
          try {
            const { connection, peer } = await wireUp(role);
            expect(connection.latency).to.equal(undefined);
            connection.ping('beat');
            clock.tick(40);
            peer.send(peer.frame(10, 'other'));
            await settled();
            expect(connection.latency).to.equal(undefined);
            clock.tick(2);
            peer.send(peer.frame(10, 'beat'));
            await settled();
            expect(connection.latency).to.equal(42);
            clock.tick(100);
            peer.send(peer.frame(10, 'beat'));
            await settled();
            expect(connection.latency).to.equal(42);
          } finally {
            clock.restore();
          }
        });
      });

      describe('counters', () => {
        it('count what went over the connection', async () => {
          const { connection, peer } = await wireUp(role);
          const mask = role === 'client' ? 4 : 0;
          collect(connection);
          connection.send('text', 'one', false);
          connection.send('text', 'two');
          connection.write('three');
          connection.ping();
          peer.send(peer.frame(1, 'x'), peer.frame(2, 'yz'), peer.frame(9));
          await settled();
          expect(connection.counters).to.deep.equal({
            bytesReceived: 9 + 3 * (4 - mask),
            bytesSent: 5 + 5 + 7 + 2 + 2 + 5 * mask,
            messagesReceived: 2,
            messagesSent: 2,
            messagesDropped: 0,
            messagesDiscarded: 0,
            pongsDropped: 0,
          });
          expect(connection.bytesReceived).to.equal(connection.counters.bytesReceived);
          expect(connection.bytesSent).to.equal(connection.counters.bytesSent);
        });
      });

      describe('diagnostics channels', () => {
        it('publish the life of a connection, once each', async () => {
          const seen: [string, Record<string, unknown>][] = [];
          const channels = ['open', 'close', 'ping', 'pong', 'error'];
          const subscriptions = channels.map((name) => {
            const listener = (message: unknown): void => {
              seen.push([name, message as Record<string, unknown>]);
            };
            channel(`hawser:connection:${name}`).subscribe(listener);
            return () => channel(`hawser:connection:${name}`).unsubscribe(listener);
          });
          try {
            const { connection, peer } = await wireUp(role);
            connection.ping('out');
            peer.send(peer.frame(9, 'in'), peer.frame(10, 'out'));
            await settled();
            peer.send(peer.frame(3));
            await settled();
            peer.end();
            await settled();
            expect(seen.every(([, message]) => message['connection'] === connection)).to.equal(true);
            expect(
              seen.map(([name, { payload, origin, code, wasClean }]) =>
                [name, payload?.toString(), origin, code, wasClean].filter((fact) => fact !== undefined),
              ),
            ).to.deep.equal([
              ['open'],
              ['ping', 'out', 'local'],
              ['ping', 'in', 'remote'],
              ['pong', 'out'],
              ['close', 1006, false],
              ['error'],
            ]);
            expect(seen[3]?.[1]['latency']).to.equal(connection.latency);
            expect(seen.at(-1)?.[1]['error']).to.have.nested.property('cause.closeCode', 1002);
          } finally {
            for (const unsubscribe of subscriptions) unsubscribe();
          }
        });
      });
    });
  }

  describe('while CONNECTING', () => {
    /** Dials nobody: the agent never gives a socket. */
    function dial(): WebSocketClient {
      return new WebSocketClient('ws://127.0.0.1:9/', {
        handler: () => {},
        lookup: () => {},
      });
    }

    it('is CONNECTING, and send throws', async () => {
      const client = dial();
      expect([client.state, client.readyState, client.isClosed]).to.deep.equal(['CONNECTING', 0, false]);
      for (const send of [() => client.send('text', 'x'), () => client.send('ping'), () => client.ping()]) {
        expect(send).to.throw(InvalidStateError, /CONNECTING/);
      }
      expect(() => client.send('hello')).to.throw(InvalidOptionError);
      client.close();
      await settled();
      expect([client.state, client.readyState, client.isClosed]).to.deep.equal(['CLOSED', 3, true]);
      expect(client.send('text', 'x')).to.equal(-1);
    });

    it('has no addresses, sizes or counts', async () => {
      const client = dial();
      expect([client.remoteAddress, client.remotePort, client.sockname]).to.deep.equal(['', 0, '']);
      expect([client.protocol, client.path, client.query, client.extensions]).to.deep.equal(['', '', '', '']);
      expect([client.bufferedAmount, client.bytesSent, client.bytesReceived]).to.deep.equal([0, 0, 0]);
      expect([client.isReadingPaused, client.writableNeedDrain]).to.deep.equal([false, false]);
      expect(client.counters.messagesDiscarded).to.equal(0);
      client.terminate();
      await settled();
      expect(client.destroyed).to.equal(true);
    });
  });
});
