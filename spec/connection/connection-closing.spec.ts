import { expect } from 'chai';
import { ConnectionClosedError, InvalidOptionError } from '../../lib/errors.js';
import type { SinonFakeTimers } from 'sinon';
import { ROLES, expectFailed, fakeClock, names, settled, unwire, wire, wireUp } from '../wire-peer.js';

/** Codes that may be sent, with their default reasons. */
const DEFAULTS: readonly [code: number, reason: string][] = [
  [1000, 'Normal closure'],
  [1001, 'Endpoint going away'],
  [1002, 'Protocol error'],
  [1003, 'Received incompatible data type'],
  [1007, 'Received data not consistent with type'],
  [1008, 'Policy violation'],
  [1009, 'Received message too big'],
  [1010, 'Missing extension'],
  [1011, 'Unexpected condition'],
  [1012, 'Service restart'],
  [1013, 'Try again later'],
  [1014, 'Bad gateway'],
  [3000, ''],
  [4999, ''],
];

describe('Connection: the closing handshake (RFC 6455 §7)', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      describe('close', () => {
        for (const [code, reason] of DEFAULTS) {
          it(`sends ${code} with its default reason`, async () => {
            const { connection, peer } = await wireUp(role);
            connection.close(code);
            await settled();
            expect(peer.said()).to.deep.equal([`close ${code} ${JSON.stringify(reason)}`]);
          });
        }

        it('sends 1000 when told nothing, and the reason that it is given', async () => {
          const first = await wireUp(role);
          const second = await wireUp(role);
          first.connection.close();
          second.connection.close(4000, 'tide');
          await settled();
          expect(first.peer.said()).to.deep.equal(['close 1000 "Normal closure"']);
          expect(second.peer.said()).to.deep.equal(['close 4000 "tide"']);
        });

        it('cuts the reason to 123 octets, between characters', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.close(1000, `${'a'.repeat(122)}é and more`);
          await settled();
          expect(peer.said()).to.deep.equal([`close 1000 "${'a'.repeat(122)}"`]);
          expect(events).to.deep.include(['closing', 1000, 'a'.repeat(122), 'local']);
        });

        it('sends an empty Close for 1005 (RFC 6455 §7.4.1)', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.close(1005);
          await settled();
          expect(peer.said()).to.deep.equal(['close']);
          expect(events).to.deep.include(['closing', 1005, '', 'local']);
        });

        for (const [code, reason] of [
          [1006, 'Abnormal closure'],
          [1015, 'TLS handshake error'],
        ] as const) {
          it(`drops the connection at once for ${code}, sends nothing and reports it`, async () => {
            const { connection, peer, events } = await wireUp(role);
            connection.send('text', 'never sent');
            connection.close(code);
            await settled();
            expect(peer.frames()).to.deep.equal([]);
            expect(peer.stream.readableEnded).to.equal(true);
            expect(events.slice(1)).to.deep.equal([
              ['closing', code, reason, 'local'],
              ['disconnect', 1006, '', false],
              ['error', 'ConnectionClosedError'],
              ['close', 1006, ''],
            ]);
          });
        }

        for (const code of [0, 999, 1004, 1016, 2999, 5000, 1000.5, NaN, -1, '1000', null, {}]) {
          it(`throws for the code ${JSON.stringify(code)} (${typeof code}), and stays open`, async () => {
            const { connection, peer } = await wireUp(role);
            expect(() => connection.close(code as number)).to.throw(
              InvalidOptionError,
              /^code: expected a code/,
            );
            await settled();
            expect(connection.state).to.equal('CONNECTED');
            expect(peer.frames()).to.deep.equal([]);
          });
        }

        it('throws for a reason that is no string, and stays open', async () => {
          const { connection } = await wireUp(role);
          for (const reason of [1, null, {}, Buffer.from('x')]) {
            expect(() => connection.close(1000, reason as string)).to.throw(InvalidOptionError, /^reason/);
          }
          expect(connection.state).to.equal('CONNECTED');
        });

        it('goes behind all that was sent', async () => {
          const { connection, peer } = await wireUp(role);
          connection.send('text', 'one');
          connection.write('two');
          connection.close();
          await settled();
          expect(peer.said()).to.deep.equal(['text "one"', 'text "two"', 'close 1000 "Normal closure"']);
        });

        it('does nothing the second time', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.close(4001);
          connection.close(4002);
          await settled();
          expect(peer.said()).to.deep.equal(['close 4001 ""']);
          expect(names(events)).to.deep.equal(['connect', 'closing', 'finish']);
        });

        it('may be called by a listener of closing', async () => {
          const { connection, peer } = await wireUp(role);
          connection.on('closing', () => connection.close(4002));
          connection.close(4001);
          await settled();
          expect(peer.said()).to.deep.equal(['close 4001 ""']);
        });

        it('is announced by connect even when called before it', async () => {
          const { connection, peer, events } = wire(role);
          connection.close(4001, 'early');
          expect([connection.state, connection.readyState]).to.deep.equal(['CLOSED', 2]);
          await settled();
          expect(peer.said()).to.deep.equal(['close 4001 "early"']);
          expect(names(events)).to.deep.equal(['connect', 'closing', 'finish']);
        });
      });

      describe('begun by us', () => {
        it('reports the code that the peer answers with, cleanly', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.close(4000, 'ours');
          await settled();
          peer.answerClose(4001, 'theirs');
          await settled();
          expect(events.slice(1)).to.deep.equal([
            ['closing', 4000, 'ours', 'local'],
            ['finish'],
            ['end'],
            ['disconnect', 4001, 'theirs', true],
            ['close', 4001, 'theirs'],
          ]);
        });

        it('sends no second Close when both sides close at once', async () => {
          const { connection, peer, events } = await wireUp(role);
          peer.send(peer.closeFrame(4001));
          connection.close(4000);
          await settled();
          expect(peer.said()).to.deep.equal(['close 4000 ""']);
          peer.end();
          await settled();
          expect(events).to.deep.include(['disconnect', 4001, '', true]);
        });

        it('still delivers what the peer sends before its Close', async () => {
          const { connection, peer } = await wireUp(role);
          const texts: string[] = [];
          connection.on('text', (text) => texts.push(text));
          connection.close();
          peer.sendTexts('still', 'here');
          peer.answerClose(1000);
          await settled();
          expect(texts).to.deep.equal(['still', 'here']);
        });

        it('answers no ping once its Close was sent (RFC 6455 §5.5.1)', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.close();
          await settled();
          peer.send(peer.frame(0x9, 'late'));
          await settled();
          expect(peer.said()).to.deep.equal(['close 1000 "Normal closure"']);
          expect(names(events)).to.include('ping');
        });
      });

      describe('begun by the peer', () => {
        it('answers with the same code and no reason, cleanly', async () => {
          const { peer, events } = await wireUp(role);
          peer.send(peer.closeFrame(4001, 'theirs'));
          await settled();
          expect(peer.said()).to.deep.equal(['close 4001 ""']);
          peer.end();
          await settled();
          expect(events.slice(1).filter(([event]) => event !== 'finish')).to.deep.equal([
            ['closing', 4001, 'theirs', 'remote'],
            ['end'],
            ['disconnect', 4001, 'theirs', true],
            ['close', 4001, 'theirs'],
          ]);
          expect(names(events)).to.include('finish');
        });

        it('answers an empty Close with an empty one, and reports 1005', async () => {
          const { peer, events } = await wireUp(role);
          peer.send(peer.closeFrame());
          await settled();
          expect(peer.said()).to.deep.equal(['close']);
          peer.end();
          await settled();
          expect(events).to.deep.include(['closing', 1005, '', 'remote']);
          expect(events).to.deep.include(['disconnect', 1005, '', true]);
          expect(events.at(-1)).to.deep.equal(['close', 1005, '']);
        });

        it('ignores all that comes behind the Close', async () => {
          const { connection, peer, events } = await wireUp(role);
          const texts: string[] = [];
          connection.on('text', (text) => texts.push(text));
          peer.send(peer.closeFrame(1000), peer.frame(0x1, 'late'), peer.frame(0x9), 'ff ff ff ff');
          await settled();
          expect(texts).to.deep.equal([]);
          expect(peer.said()).to.deep.equal(['close 1000 ""']);
          expect(names(events)).not.to.include('ping');
        });

        it('answers behind what waits for the socket, even when the peer has ended its direction', async () => {
          const { connection, peer, stream, events } = await wireUp(role);
          stream.hold();
          connection.send('text', 'first');
          await settled();
          connection.send('text', 'second');
          peer.answerClose(4001);
          await settled();
          expect(names(events)).to.deep.equal(['connect', 'closing']);
          stream.release();
          await settled();
          expect(peer.said()).to.deep.equal(['text "first"', 'text "second"', 'close 4001 ""']);
          expect(events).to.deep.include(['disconnect', 4001, '', true]);
        });

        it('was not clean when our answer never left', async () => {
          const { connection, peer, stream, events } = await wireUp(role);
          stream.hold();
          connection.send('text', 'stuck');
          await settled();
          peer.send(peer.closeFrame(4001));
          await settled();
          peer.stream.reset();
          await settled();
          expect(events).to.deep.include(['disconnect', 4001, '', false]);
          expect(events.slice(-2)).to.deep.equal([
            ['error', 'ConnectionClosedError'],
            ['close', 4001, ''],
          ]);
        });

        it('is not closed again by a listener of closing', async () => {
          const { connection, peer } = await wireUp(role);
          connection.on('closing', () => connection.close(4002));
          peer.send(peer.closeFrame(4001));
          await settled();
          expect(peer.said()).to.deep.equal(['close 4001 ""']);
        });

        it('is answered even when a listener of closing destroys the connection', async () => {
          const { connection, peer } = await wireUp(role);
          connection.on('closing', () => connection.destroy());
          peer.send(peer.closeFrame(4001));
          await settled();
          expect(peer.said()).to.deep.equal(['close 4001 ""']);
        });
      });

      describe('an unclean end', () => {
        it('is 1006 when the peer ends its direction without a Close', async () => {
          const { peer, events } = await wireUp(role);
          peer.end();
          await settled();
          expect(events.slice(1)).to.deep.equal([
            ['disconnect', 1006, '', false],
            ['error', 'ConnectionClosedError'],
            ['close', 1006, ''],
          ]);
        });

        it('is 1006 when the connection is reset, with the cause in the error', async () => {
          const { connection, peer, events } = await wireUp(role);
          const errors: Error[] = [];
          connection.on('error', (error) => errors.push(error));
          peer.stream.reset();
          await settled();
          expect(names(events)).to.deep.equal(['connect', 'disconnect', 'error', 'close']);
          expect(errors).to.have.length(1);
          expect(errors[0]).to.be.instanceOf(ConnectionClosedError);
          expect((errors[0]?.cause as NodeJS.ErrnoException).code).to.equal('ECONNRESET');
        });

        it('is 1006 when the peer ends without answering our Close', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.close(4000);
          await settled();
          peer.end();
          await settled();
          expect(names(events)).to.deep.equal([
            'connect',
            'closing',
            'finish',
            'disconnect',
            'error',
            'close',
          ]);
          expect(events).to.deep.include(['disconnect', 1006, '', false]);
        });

        it('comes behind the messages before it, and behind those of a used-up turn', async () => {
          const { connection, peer, events } = await wireUp(role, { maxTurnFrames: 2 });
          const seen: unknown[] = [];
          connection.on('text', (text) => seen.push(text));
          connection.on('disconnect', (code) => seen.push(code));
          peer.sendTexts('1', '2', '3', '4', '5');
          peer.end();
          await settled(12);
          expect(seen).to.deep.equal(['1', '2', '3', '4', '5', 1006]);
          expect(events.at(-1)).to.deep.equal(['close', 1006, '']);
        });

        it('finds the Close that a used-up turn left over when the stream is gone', async () => {
          const { connection, peer, events } = await wireUp(role, { maxTurnFrames: 1 });
          const texts: string[] = [];
          connection.on('text', (text) => {
            texts.push(text);
            if (text === '1') peer.stream.reset();
          });
          peer.send(peer.frame(0x1, '1'), peer.frame(0x1, '2'), peer.frame(0x1, '3'), peer.closeFrame(4001));
          await settled();
          expect(texts).to.deep.equal(['1', '2', '3']);
          expect(events).to.deep.include(['disconnect', 4001, '', false]);
        });
      });

      describe('terminate', () => {
        it('sends nothing and ends with 1006', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.terminate();
          expect(connection.state).to.equal('CLOSED');
          await settled();
          expect(peer.frames()).to.deep.equal([]);
          expect(names(events)).to.deep.equal(['connect', 'disconnect', 'error', 'close']);
          expect(events).to.deep.include(['disconnect', 1006, '', false]);
        });

        it('ends a closing handshake that is under way', async () => {
          const { connection, events } = await wireUp(role);
          connection.close();
          await settled();
          connection.terminate();
          await settled();
          expect(names(events)).to.deep.equal([
            'connect',
            'closing',
            'finish',
            'disconnect',
            'error',
            'close',
          ]);
        });

        it('leaves nobody waiting for the end of the writable side', async () => {
          const { connection } = await wireUp(role);
          const errors: unknown[] = [];
          connection.on('error', () => {});
          connection.terminate();
          await settled();
          connection.end((error?: Error) => errors.push(error));
          await settled();
          expect(errors).to.have.length(1);
          expect(errors[0]).to.be.instanceOf(ConnectionClosedError);
        });

        it('does nothing once the connection is gone', async () => {
          const { connection, events } = await wireUp(role);
          connection.terminate();
          await settled();
          const count = events.length;
          connection.terminate();
          connection.close();
          connection.destroy();
          await settled();
          expect(events).to.have.length(count);
        });
      });

      describe('deadlines', () => {
        let clock: SinonFakeTimers;
        beforeEach(() => {
          clock = fakeClock();
        });
        afterEach(() => clock.restore());

        /** Lets time pass in steps of half a second, with turns of the event loop between them. */
        async function pass(ms: number): Promise<void> {
          for (let at = 0; at < ms; at += 500) {
            clock.tick(Math.min(500, ms - at));
            await settled(2);
          }
        }

        it('gives up a peer that does not answer within 5 s', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.close(4000);
          await pass(6_500);
          expect(names(events)).to.deep.equal([
            'connect',
            'closing',
            'finish',
            'timeout',
            'disconnect',
            'error',
            'close',
          ]);
          expect(events).to.deep.include(['timeout', 'close']);
          expect(events).to.deep.include(['disconnect', 1006, '', false]);
          expect(peer.stream.readableEnded).to.equal(true);
        });

        it('waits on as long as there is progress, but no longer than 30 s in all', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.resume();
          connection.close(4000);
          for (let second = 0; second < 29; second++) {
            await pass(1_000);
            peer.send(peer.frame(0x2, 'x'));
          }
          await pass(500);
          expect(names(events)).not.to.include('timeout');
          await pass(1_000);
          expect(events).to.deep.include(['timeout', 'close']);
          expect(events.at(-1)).to.deep.equal(['close', 1006, '']);
        });

        it('counts octets that the socket takes as progress, with our Close behind them', async () => {
          const { connection, stream, events } = await wireUp(role);
          stream.hold();
          for (let count = 0; count < 10; count++) connection.send('binary', Buffer.alloc(300_000));
          await settled();
          connection.close(4000);
          for (let count = 0; count < 10; count++) {
            await pass(3_000 - 500);
            stream.release(1);
          }
          expect(names(events)).not.to.include('timeout');
          await pass(6_500);
          expect(names(events)).to.include('timeout');
        });

        it('hold while the connection is paused', async () => {
          const { connection, events } = await wireUp(role);
          connection.pause();
          connection.close();
          await pass(6_500);
          expect(events).to.deep.include(['timeout', 'close']);
          expect(events.at(-1)).to.deep.equal(['close', 1006, '']);
        });

        it('hold when the peer closed first and then takes nothing', async () => {
          const { connection, peer, stream, events } = await wireUp(role);
          stream.hold();
          connection.send('text', 'stuck');
          await settled();
          peer.send(peer.closeFrame(4001));
          await pass(6_500);
          expect(events).to.deep.include(['timeout', 'close']);
          expect(events).to.deep.include(['disconnect', 4001, '', false]);
        });

        it('end a stream that lingers after a clean handshake, without a timeout', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.close(4000);
          await settled();
          peer.send(peer.closeFrame(4000));
          await pass(6_500);
          expect(names(events)).not.to.include('timeout');
          expect(events).to.deep.include(['disconnect', 4000, '', true]);
        });

        it('are options', async () => {
          const first = await wireUp(role, { closeTimeoutMs: 1_000 });
          const second = await wireUp(role, { closeTotalTimeoutMs: 2_000 });
          first.connection.close();
          second.connection.close();
          await pass(1_500);
          expect(names(first.events)).to.include('timeout');
          expect(names(second.events)).not.to.include('timeout');
          await pass(500);
          expect(names(second.events)).to.include('timeout');
        });

        it('give a failed connection 5 s in all to end its stream', async () => {
          const { peer, events } = await wireUp(role);
          peer.send(peer.frame(0x3));
          await settled();
          for (let second = 0; second < 4; second++) {
            await pass(1_000);
            peer.send(peer.frame(0x2, 'x'));
          }
          expect(names(events)).to.deep.equal(['connect', 'closing']);
          await pass(1_000);
          expect(events.at(-1)).to.deep.equal(['close', 1006, '']);
        });

        it('leave no timer behind', async () => {
          const { connection, peer } = await wireUp(role);
          connection.close();
          await settled();
          peer.answerClose(1000);
          await settled();
          expect(connection.closed).to.equal(true);
          expect(clock.countTimers()).to.equal(0);
        });
      });

      describe('failing the connection (RFC 6455 §7.1.7)', () => {
        it('says why, ignores what follows, and ends the stream', async () => {
          const wired = await wireUp(role);
          const { connection, peer } = wired;
          const texts: string[] = [];
          connection.on('text', (text) => texts.push(text));
          peer.send(peer.frame(0x1, 'good'), peer.frame(0x3, 'bad'), peer.frame(0x1, 'late'));
          await settled();
          expect(texts).to.deep.equal(['good']);
          expect(peer.stream.readableEnded).to.equal(true);
          await expectFailed(wired, 1002);
        });

        it('cuts off a peer that sends 16 MiB more, deaf to our Close', async () => {
          const { peer, stream, events } = await wireUp(role);
          peer.send('f1 80 00 00 00 00');
          await settled();
          for (let mebibyte = 0; mebibyte < 16; mebibyte++) peer.send(Buffer.alloc(1 << 20));
          await settled(24);
          expect(stream.destroyed).to.equal(false);
          peer.send('00');
          await settled(24);
          expect(stream.destroyed).to.equal(true);
          expect(names(events).filter((name) => name === 'close')).to.have.length(1);
        });

        it('keeps the cause in the error', async () => {
          const { connection, peer } = await wireUp(role);
          const errors: Error[] = [];
          connection.on('error', (error) => errors.push(error));
          peer.send(peer.frame(0x3));
          await settled();
          peer.end();
          await settled();
          expect(
            errors.map((error) => [error.constructor.name, (error.cause as Error).constructor.name]),
          ).to.deep.equal([['ConnectionClosedError', 'ProtocolError']]);
        });

        it('lets its Close leave although the peer has ended its direction', async () => {
          const { connection, peer, stream } = await wireUp(role);
          stream.hold();
          connection.send('text', 'before');
          await settled();
          peer.send(peer.frame(0x3));
          peer.end();
          await settled();
          stream.release();
          await settled();
          expect(peer.said().map((line) => line.slice(0, 10))).to.deep.equal(['text "befo', 'close 1002']);
        });
      });
    });
  }
});
