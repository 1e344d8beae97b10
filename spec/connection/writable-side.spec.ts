import { expect } from 'chai';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { ConnectionClosedError, InvalidOptionError, InvalidStateError } from '../../lib/errors.js';
import { ROLES, names, outcomeOf, settled, unwire, wireUp } from '../wire-peer.js';

describe('WritableSide: a connection as a stream to write to', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      describe('writing', () => {
        it('takes one message a write: strings as text, octets as binary, empty ones too', async () => {
          const { connection, peer } = await wireUp(role);
          connection.write('text');
          connection.write('');
          connection.write(Buffer.from('octets'));
          connection.write(new Uint8Array([0x61]));
          connection.write(new DataView(new ArrayBuffer(1)));
          connection.write(Buffer.alloc(0));
          await settled();
          expect(peer.said()).to.deep.equal([
            'text "text"',
            'text ""',
            'binary "octets"',
            'binary "a"',
            'binary "\\u0000"',
            'binary ""',
          ]);
        });

        it('has copied a few octets when it returns, whether they wait or not, in memory of any kind', async () => {
          const { connection, peer } = await wireUp(role);
          const shared = new Uint8Array(new SharedArrayBuffer(3));
          const own = Buffer.from('own');
          const takers = [
            (octets: Uint8Array) => void connection.send('binary', octets),
            (octets: Uint8Array) => void connection.write(octets),
          ];
          for (const take of takers) {
            for (const octets of [shared, own]) {
              octets.set(Buffer.from('own'));
              take(octets);
              octets.fill(0x78);
            }
          }
          connection.cork();
          shared.set(Buffer.from('own'));
          for (const take of takers) take(shared);
          shared.fill(0x78);
          connection.uncork();
          await settled();
          expect(peer.said()).to.deep.equal(Array<string>(6).fill('binary "own"'));
          expect(connection.counters.messagesSent).to.equal(6);
        });

        it('keeps a few octets behind all that waits, and out of a message in fragments', async () => {
          const { connection, peer } = await wireUp(role);
          connection.cork();
          connection.write('one');
          connection.write(Buffer.from('two'));
          connection.send('binary', Buffer.from('three'));
          connection.uncork();
          connection.send('text', 'four', false);
          expect(() => connection.send('binary', Buffer.from('no'))).to.throw(InvalidStateError);
          expect(() => connection.write(Buffer.from('no'))).to.throw(InvalidStateError);
          connection.send('text', 'five');
          connection.close();
          expect(connection.send('binary', Buffer.from('no'))).to.equal(-1);
          expect(connection.write(Buffer.from('no'))).to.equal(false);
          await settled();
          const said = peer.frames().map(({ opcode, payload }) => `${opcode} ${payload.toString()}`);
          expect(said.slice(0, 5)).to.deep.equal(['1 one', '2 two', '2 three', '1 four', '0 five']);
          expect(said.length).to.equal(6);
        });

        for (const [what, chunk] of Object.entries({
          'a number': 1,
          null: null,
          nothing: undefined,
          'an object': {},
          'an array': [],
          true: true,
          'a symbol': Symbol('x'),
        })) {
          it(`throws for ${what} as a chunk, and sends nothing`, async () => {
            const { connection, peer } = await wireUp(role);
            expect(() => connection.write(chunk)).to.throw(InvalidOptionError, /^chunk/);
            await settled();
            expect(peer.frames()).to.deep.equal([]);
            expect(connection.state).to.equal('CONNECTED');
          });
        }

        it('takes text in UTF-8 only', async () => {
          const { connection, peer } = await wireUp(role);
          connection.write('a', 'utf8');
          connection.write('b', 'UTF-8' as BufferEncoding, () => {});
          expect(() => connection.write('6162', 'hex')).to.throw(InvalidOptionError, /^encoding/);
          connection.end('c', 'utf8');
          await settled();
          expect(peer.said().slice(0, 3)).to.deep.equal(['text "a"', 'text "b"', 'text "c"']);
        });

        it('throws between the fragments of a message', async () => {
          const { connection, peer } = await wireUp(role);
          connection.send('text', 'one', false);
          expect(() => connection.write('x')).to.throw(
            InvalidStateError,
            /fragmented message is not finished/,
          );
          connection.send('text', 'two');
          connection.write('x');
          await settled();
          expect(peer.said()).to.deep.equal(['text "one" …', 'more "two"', 'text "x"']);
        });

        it('calls back once the socket has taken the message', async () => {
          const { connection, stream } = await wireUp(role);
          const taken: unknown[] = [];
          stream.hold();
          connection.write('one', (error) => taken.push(['one', error]));
          connection.write(Buffer.alloc(20_000), (error) => taken.push(['large', error]));
          await settled();
          expect(taken).to.deep.equal([]);
          stream.release();
          await settled();
          expect(taken).to.deep.equal([
            ['one', null],
            ['large', null],
          ]);
        });

        it('keeps the order of send and write, corked or not', async () => {
          const { connection, peer } = await wireUp(role);
          connection.cork();
          connection.write('1');
          expect(connection.send('text', '2')).to.equal(role === 'client' ? 7 : 3);
          connection.send('binary', '3', false);
          await settled();
          expect(peer.frames()).to.deep.equal([]);
          connection.send('binary', '4');
          connection.write('5');
          connection.uncork();
          connection.send('text', '6');
          connection.write('7');
          await settled();
          expect(peer.said()).to.deep.equal([
            'text "1"',
            'text "2"',
            'binary "3" …',
            'more "4"',
            'text "5"',
            'text "6"',
            'text "7"',
          ]);
        });

        it('lets pings overtake what is corked', async () => {
          const { connection, peer } = await wireUp(role);
          connection.cork();
          connection.write('corked');
          connection.ping();
          await settled();
          expect(peer.said()).to.deep.equal(['ping ""']);
          connection.uncork();
          await settled();
          expect(peer.said()).to.deep.equal(['text "corked"']);
        });

        for (const by of ['write', 'end'] as const) {
          it(`answers a ${by} after the peer has closed by the callback, and throws nothing`, async () => {
            const { connection, peer, events } = await wireUp(role);
            peer.answerClose(1000);
            await settled();
            const answers: unknown[] = [];
            if (by === 'write') {
              expect(connection.write('late', (error) => answers.push(error))).to.equal(false);
              expect(connection.write('late')).to.equal(false);
            } else {
              connection.end('late', () => answers.push('ended'));
              connection.end();
            }
            await settled();
            expect(answers).to.have.length(1);
            if (by === 'write') expect(answers[0]).to.be.instanceOf(ConnectionClosedError);
            expect(names(events)).not.to.include('error');
            expect(peer.said()).to.deep.equal(['close 1000 ""']);
          });
        }

        it('refuses a write after end or close in the same way', async () => {
          const { connection, peer, events } = await wireUp(role);
          const answers: unknown[] = [];
          connection.end('last');
          expect(connection.write('late', (error) => answers.push(error))).to.equal(false);
          await settled();
          expect(answers[0]).to.be.instanceOf(ConnectionClosedError);
          expect(names(events)).not.to.include('error');
          expect(peer.said()).to.deep.equal(['text "last"', 'close 1000 "Normal closure"']);
        });

        it('fails the callbacks of what was never taken', async () => {
          const { connection, peer, stream } = await wireUp(role);
          const answers: unknown[] = [];
          stream.hold();
          connection.write('stuck', (error) => answers.push(error));
          connection.write('waits', (error) => answers.push(error));
          connection.cork();
          connection.write('corked', (error) => answers.push(error));
          await settled();
          peer.stream.reset();
          await settled();
          expect(answers).to.have.length(3);
          for (const answer of answers) expect(answer).to.be.instanceOf(ConnectionClosedError);
        });
      });
    });
  }

  describe('while CONNECTING', () => {
    it('fails what was written when the opening handshake fails', async () => {
      const client = new WebSocketClient('ws://127.0.0.1:9/', { lookup: () => {} });
      const answers: unknown[] = [];
      client.write('one', (error) => answers.push(error));
      client.write('two', (error) => answers.push(error));
      const flushing = outcomeOf(client.flushed());
      expect(client.bufferedAmount).to.equal(6);
      client.close();
      expect(await flushing).to.be.instanceOf(ConnectionClosedError);
      expect(answers).to.have.length(2);
      for (const answer of answers) expect(answer).to.be.instanceOf(ConnectionClosedError);
      expect(client.bufferedAmount).to.equal(0);
    });
  });
});
