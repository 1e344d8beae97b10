import { expect } from 'chai';
import { errorMonitor } from 'node:events';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import type { ConnectionEvents, HandlerMessages } from '../../lib/connection/connection-events.js';
import { loglevel, setLogger, type LogLevel } from '../../lib/logging.js';
import type { Connection } from '../../lib/takeover.js';
import { ROLES, expectFailed, names, settled, unwire, wire, wireUp, type Wired } from '../wire-peer.js';

/** Makes each thing happen on a connection that a listener can hear of while it is open. */
const CAUSES: readonly [event: keyof ConnectionEvents, cause: (wired: Wired) => void][] = [
  ['text', ({ peer }) => peer.sendTexts('x')],
  ['binary', ({ peer }) => peer.send(peer.frame(2, 'x'))],
  ['message', ({ peer }) => peer.sendTexts('x')],
  ['data', ({ peer }) => peer.sendTexts('x')],
  ['readable', ({ peer }) => peer.sendTexts('x')],
  ['ping', ({ peer }) => peer.send(peer.frame(9))],
  ['pong', ({ peer }) => peer.send(peer.frame(10))],
  ['pause', ({ connection }) => void connection.resume().pause()],
  ['newListener', ({ connection }) => void connection.on('drain', () => {})],
  [
    'removeListener',
    ({ connection }) => void connection.on('drain', noop).on('drain', noop).off('drain', noop),
  ],
];

describe('Connection: containment of what listeners throw', () => {
  let logged: { level: LogLevel; message: string; fields: Record<string, unknown> }[];

  beforeEach(() => {
    logged = [];
    const entry =
      (level: LogLevel) =>
      (fields: Record<string, unknown>, message: string): void =>
        void logged.push({ level, message, fields });
    setLogger({
      debug: entry('debug'),
      info: entry('info'),
      notice: entry('notice'),
      warn: entry('warn'),
      error: entry('error'),
    });
    loglevel('warn');
  });

  afterEach(async () => {
    await unwire();
    setLogger(null);
    loglevel('error');
  });

  /** Asserts that something thrown was logged as an error. */
  function expectLogged(thrown: unknown, event: string): void {
    expect(
      logged.map(({ level, message, fields }) => [level, message, fields['event'], fields['err']]),
    ).to.deep.include(['error', 'a listener threw', event, thrown]);
  }

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      for (const [event, cause] of CAUSES) {
        it(`closes with 1011 when a listener of ${event} throws`, async () => {
          const wired = await wireUp(role);
          const thrown = new Error('ours');
          wired.connection.on(event, () => {
            throw thrown;
          });
          cause(wired);
          await expectFailed(wired, 1011);
          expectLogged(thrown, event);
        });

        it(`closes with 1011 when an asynchronous listener of ${event} rejects`, async () => {
          const wired = await wireUp(role);
          const thrown = new Error('ours');
          wired.connection.on(event, () => rejected(thrown) as unknown as undefined);
          cause(wired);
          await expectFailed(wired, 1011);
          expectLogged(thrown, event);
        });
      }

      it('closes with 1011 when a listener of connect throws, and delivers nothing', async () => {
        const wired = wire(role);
        const texts: string[] = [];
        wired.connection.on('connect', () => {
          throw new Error('ours');
        });
        wired.connection.on('text', (text) => texts.push(text));
        wired.peer.sendTexts('x');
        await expectFailed(wired, 1011);
        expect(texts).to.deep.equal([]);
      });

      it('closes with 1011 when a listener of fragment throws', async () => {
        const wired = await wireUp(role, { fragments: true });
        wired.connection.on('fragment', () => {
          throw new Error('ours');
        });
        wired.peer.sendTexts('x');
        await expectFailed(wired, 1011);
      });

      it('closes with 1011 when a listener of drain throws', async () => {
        const wired = await wireUp(role, { softBacklogBytes: 10 });
        wired.connection.on('drain', () => {
          throw new Error('ours');
        });
        wired.stream.hold();
        wired.connection.write('more than ten octets');
        await settled();
        wired.stream.release();
        await expectFailed(wired, 1011);
      });

      it('closes with 1011 when the callback of a write throws', async () => {
        const wired = await wireUp(role);
        const thrown = new Error('ours');
        wired.connection.write('x', () => {
          throw thrown;
        });
        await expectFailed(wired, 1011);
        expectLogged(thrown, 'write');
      });

      it('keeps to itself what is thrown that is no Error', async () => {
        for (const thrown of ['a string', undefined, null, 0, Symbol('x'), { then: 1 }]) {
          const wired = await wireUp(role);
          const errors: Error[] = [];
          wired.connection.on('error', (error) => errors.push(error));
          wired.connection.on('text', () => {
            throw thrown;
          });
          wired.peer.sendTexts('x');
          await expectFailed(wired, 1011);
          expect(errors[0]?.cause).to.be.instanceOf(Error).with.property('cause', thrown);
          expectLogged(thrown, 'text');
        }
      });

      it('drops what it had not delivered', async () => {
        const { connection, peer } = await wireUp(role);
        const seen: unknown[] = [];
        peer.sendTexts('1', '2', '3');
        await settled();
        connection.on('message', (message) => {
          seen.push(message);
          throw new Error('ours');
        });
        peer.sendTexts('4');
        await settled();
        expect(seen).to.deep.equal(['1']);
        expect(connection.counters.messagesDiscarded).to.equal(2);
      });

      it('lets a thousand others go on, and none goes silent', async () => {
        const others = await Promise.all(Array.from({ length: 1000 }, () => wireUp(role)));
        const bad = await wireUp(role);
        bad.connection.on('text', () => {
          throw new Error('ours');
        });
        let echoes = 0;
        for (const { connection } of others) {
          connection.on('text', () => (echoes += 1));
        }
        bad.peer.sendTexts('x');
        for (const { peer } of others) peer.sendTexts('x');
        await expectFailed(bad, 1011);
        expect(echoes).to.equal(1000);
        expect(others.every(({ connection }) => connection.state === 'CONNECTED')).to.equal(true);
      });

      for (const event of ['closing', 'end', 'finish'] as const) {
        it(`only logs when a listener of ${event} throws, and ends cleanly`, async () => {
          const { connection, peer, events } = await wireUp(role);
          const thrown = new Error('ours');
          connection.on(event, () => {
            throw thrown;
          });
          peer.answerClose(4000);
          await settled();
          expect(events).to.deep.include(['disconnect', 4000, '', true]);
          expect(names(events)).not.to.include('error');
          expectLogged(thrown, event);
        });
      }

      for (const event of ['disconnect', 'close', 'error'] as const) {
        for (const how of ['throws', 'rejects'] as const) {
          it(`only logs when a listener of ${event} ${how}`, async () => {
            const { connection, peer, events } = await wireUp(role);
            const thrown = new Error('ours');
            connection.prependListener(event, () => {
              if (how === 'rejects') return rejected(thrown) as unknown as undefined;
              throw thrown;
            });
            peer.end();
            await settled();
            expect(connection.closed).to.equal(true);
            expect(events.filter(([name]) => name === 'closing')).to.deep.equal([]);
            expectLogged(thrown, event);
          });
        }
      }

      it('only logs when the callback of end throws', async () => {
        const { connection, peer, events } = await wireUp(role);
        const thrown = new Error('ours');
        connection.end(() => {
          throw thrown;
        });
        await settled();
        peer.answerClose(1000);
        await settled();
        expectLogged(thrown, 'write');
        expect(names(events).at(-1)).to.equal('close');
      });

      describe('the handler', () => {
        const causes: Partial<Record<keyof HandlerMessages, (wired: Wired) => void>> = {
          connect: () => {},
          text: ({ peer }) => peer.sendTexts('x'),
          binary: ({ peer }) => peer.send(peer.frame(2, 'x')),
          ping: ({ peer }) => peer.send(peer.frame(9)),
          pong: ({ peer }) => peer.send(peer.frame(10)),
        };
        for (const [wanted, cause] of Object.entries(causes)) {
          for (const how of ['throws', 'rejects', 'has a getter that throws'] as const) {
            it(`closes with 1011 when it ${how} at ${wanted}`, async () => {
              const thrown = new Error('ours');
              const wired = wire(role, {
                handler: (...[, type]) => {
                  if (type !== wanted) return;
                  if (how === 'throws') throw thrown;
                  if (how === 'rejects') return Promise.reject(thrown);
                  return {
                    get then(): never {
                      throw thrown;
                    },
                  } as unknown as Promise<void>;
                },
              });
              await settled(1);
              cause(wired);
              await expectFailed(wired, 1011);
              expectLogged(thrown, 'handler');
            });
          }
        }

        it('only logs when it throws at close, disconnect or error', async () => {
          const types: string[] = [];
          const { connection, peer } = await wireUp(role, {
            handler: (...[, type]) => {
              types.push(type);
              if (type !== 'connect') throw new Error(type);
            },
          });
          peer.send(peer.closeFrame(4000));
          await settled();
          peer.stream.reset();
          await settled();
          expect(types).to.include.members(['connect', 'close', 'disconnect']);
          expect(connection.closed).to.equal(true);
        });
      });

      describe('errors that nobody listens to', () => {
        it('are logged once the connection is open', async () => {
          const { connection, peer } = bare(role);
          await settled(1);
          peer.end();
          await settled();
          expect(connection.closed).to.equal(true);
          expect(logged.map(({ level, message }) => [level, message])).to.deep.equal([
            ['warn', 'an error that nobody listens to'],
          ]);
        });

        it('are logged as errors when the caller gave them', async () => {
          const { connection } = bare(role);
          await settled(1);
          const error = new Error('ours');
          connection.destroy(error);
          await settled();
          expect(logged.map(({ level, fields }) => [level, fields['err']])).to.deep.equal([['error', error]]);
        });

        it('still go to the monitor', async () => {
          const { connection, peer } = bare(role);
          const seen: unknown[] = [];
          connection.on(errorMonitor as unknown as 'error', (error) => seen.push(error.constructor.name));
          await settled(1);
          peer.end();
          await settled();
          expect(seen).to.deep.equal(['ConnectionClosedError']);
        });

        it('go to the handler, and are not logged', async () => {
          const types: string[] = [];
          const { peer } = bare(role, (...[, type]) => void types.push(type));
          await settled(1);
          peer.end();
          await settled();
          expect(types).to.deep.equal(['connect', 'disconnect', 'error']);
          expect(logged).to.deep.equal([]);
        });
      });
    });

    /** Takes over as `wire` does, with no listener at all. */
    function bare(of: typeof role, handler?: Connection['handler']): Wired {
      const wired = wire(of, { handler });
      wired.connection.removeAllListeners('error');
      return wired;
    }
  }

  describe('while CONNECTING', () => {
    /** Collects what would have ended the process. */
    async function uncaughtDuring(action: () => void): Promise<unknown[]> {
      const uncaught: unknown[] = [];
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      const catcher = (error: unknown): void => void uncaught.push(error);
      process.on('uncaughtException', catcher);
      try {
        action();
        await settled();
      } finally {
        process.off('uncaughtException', catcher);
        for (const listener of listeners) process.on('uncaughtException', listener);
      }
      return uncaught;
    }

    it('throws an error that nobody listens to, as Node does', async () => {
      const error = new Error('ours');
      const uncaught = await uncaughtDuring(() => {
        new WebSocketClient('ws://127.0.0.1:9/', { lookup: () => {} }).destroy(error);
      });
      expect(uncaught).to.deep.equal([error]);
    });

    it('counts a handler as a listener', async () => {
      const seen: unknown[] = [];
      const error = new Error('ours');
      const uncaught = await uncaughtDuring(() => {
        new WebSocketClient('ws://127.0.0.1:9/', {
          lookup: () => {},
          handler: (...[, type, message]) => void seen.push(type, message),
        }).destroy(error);
      });
      expect(uncaught).to.deep.equal([]);
      expect(seen).to.deep.equal(['error', error]);
    });

    it('only logs what a listener throws', async () => {
      const uncaught = await uncaughtDuring(() => {
        const client = new WebSocketClient('ws://127.0.0.1:9/', { lookup: () => {} });
        client.on('close', () => {
          throw new Error('ours');
        });
        client.close();
      });
      expect(uncaught).to.deep.equal([]);
      expect(logged.map(({ message }) => message)).to.deep.equal(['a listener threw']);
    });
  });
});

function noop(): void {}

/** Gives what an asynchronous listener returns that fails. */
async function rejected(error: Error): Promise<never> {
  await Promise.resolve();
  throw error;
}
