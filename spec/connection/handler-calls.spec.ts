import { expect } from 'chai';
import type { Handler } from '../../lib/connection/connection-events.js';
import { HandlerCalls } from '../../lib/connection/handler-calls.js';
import type { Connection } from '../../lib/connection/connection.js';
import { ROLES, settled, unwire, wire, wireUp } from '../wire-peer.js';

describe('HandlerCalls', () => {
  const connection = {} as Connection;
  let busy: boolean[];
  let errors: unknown[];

  beforeEach(() => {
    busy = [];
    errors = [];
  });

  function callsOf(handler: Handler, concurrency = 1): HandlerCalls {
    return new HandlerCalls(
      connection,
      handler,
      concurrency,
      (isBusy) => busy.push(isBusy),
      (error) => errors.push(error),
    );
  }

  it('calls the handler with the connection, the type and the message', () => {
    const seen: unknown[][] = [];
    const calls = callsOf((...args) => void seen.push(args));
    calls.deliver('text', 'x');
    calls.notify('timeout', 'close');
    expect(seen).to.deep.equal([
      [connection, 'text', 'x'],
      [connection, 'timeout', 'close'],
    ]);
    expect(busy).to.deep.equal([]);
  });

  it('is busy once as many promises are out as the concurrency allows', async () => {
    const keep: (() => void)[] = [];
    const calls = callsOf(() => new Promise<void>((resolve) => keep.push(resolve)), 2);
    calls.deliver('text', '1');
    expect(busy).to.deep.equal([]);
    calls.deliver('binary', Buffer.alloc(0));
    expect(busy).to.deep.equal([true]);
    keep[1]?.();
    await settled(1);
    expect(busy).to.deep.equal([true, false]);
  });

  it('stays busy while as many are out as may be, also when it was called within a call', async () => {
    const keep: (() => void)[] = [];
    const calls = callsOf((...[, , message]) => {
      if (message === 'outer') calls.deliver('text', 'inner');
      return new Promise<void>((resolve) => keep.push(resolve));
    });
    calls.deliver('text', 'outer');
    expect(busy).to.deep.equal([true, true]);
    keep[0]?.();
    await settled(1);
    expect(busy).to.deep.equal([true, true]);
    keep[1]?.();
    await settled(1);
    expect(busy).to.deep.equal([true, true, false]);
  });

  it('is busy with connect alone, whatever the concurrency', async () => {
    let keep = (): void => {};
    const calls = callsOf(() => new Promise<void>((resolve) => (keep = resolve)), 5);
    calls.connect({ protocol: '', extensions: '', path: '', query: '', headers: {} });
    expect(busy).to.deep.equal([true]);
    keep();
    await settled(1);
    expect(busy).to.deep.equal([true, false]);
  });

  it('is never busy with anything else', async () => {
    const calls = callsOf(() => new Promise<void>(() => {}));
    calls.notify('ping', Buffer.alloc(0));
    calls.notify('close', { code: 1000, reason: '', origin: 'local' });
    await settled(1);
    expect(busy).to.deep.equal([]);
  });

  it('reports what is thrown and what is rejected, and goes on', async () => {
    const thrown = new Error('ours');
    const throwing = callsOf(() => {
      throw thrown;
    });
    const rejecting = callsOf(() => Promise.reject(thrown));
    throwing.deliver('text', 'x');
    throwing.notify('ping', Buffer.alloc(0));
    rejecting.deliver('text', 'x');
    rejecting.notify('ping', Buffer.alloc(0));
    await settled(1);
    expect(errors).to.deep.equal([thrown, thrown, thrown, thrown]);
    expect(busy).to.deep.equal([true, false]);
  });

  it('takes any thenable for a promise, and nothing else', async () => {
    const results: unknown[] = [{ then: (done: () => void) => done() }, { then: 1 }, null, 0, 'x', {}];
    const calls = callsOf(() => results.shift() as Promise<void>);
    for (let count = 0; count < 6; count++) calls.deliver('text', 'x');
    await settled(1);
    expect(busy).to.deep.equal([true, false]);
    expect(errors).to.deep.equal([]);
  });

  describe('of a connection (websocket(n): Callbacks)', () => {
    afterEach(unwire);

    for (const role of ROLES) {
      it(`tell of everything that happens, in the ${role} role`, async () => {
        const seen: unknown[][] = [];
        const { connection: real, peer } = wire(role, {
          path: '/p',
          handler: (...[caller, type, message]) => {
            expect(caller).to.equal(real);
            seen.push([type, message]);
          },
        });
        await settled(1);
        peer.send(peer.frame(1, 'x'), peer.frame(2, 'y'), peer.frame(9, 'i'), peer.frame(10, 'o'));
        peer.answerClose(4000, 'bye');
        await settled();
        expect(seen).to.deep.equal([
          ['connect', { protocol: '', extensions: '', path: '/p', query: '', headers: {} }],
          ['text', 'x'],
          ['binary', Buffer.from('y')],
          ['ping', Buffer.from('i')],
          ['pong', Buffer.from('o')],
          ['close', { code: 4000, reason: 'bye', origin: 'remote' }],
          ['disconnect', { code: 4000, reason: 'bye', wasClean: true }],
        ]);
      });

      it(`tell of pieces in place of messages when asked to, one at a time, in the ${role} role`, async () => {
        const seen: unknown[] = [];
        let letGo = (): void => undefined;
        const { connection, peer } = wire(role, {
          fragments: true,
          handler: (...[, type, message]) => {
            if (type !== 'fragment') return;
            seen.push(message);
            return new Promise<void>((resolve) => (letGo = resolve));
          },
        });
        await settled(1);
        peer.send(peer.frame(1, 'a', false), peer.frame(0, 'b'));
        await settled();
        expect(seen).to.deep.equal([{ type: 'text', data: 'a', final: false }]);
        letGo();
        await settled();
        expect(seen.slice(1)).to.deep.equal([{ type: 'text', data: 'b', final: true }]);
        connection.terminate();
      });

      it(`tell of an unclean end by disconnect and then error, in the ${role} role`, async () => {
        const seen: unknown[] = [];
        const { peer } = await wireUp(role, { handler: (...[, type]) => void seen.push(type) });
        peer.end();
        await settled();
        expect(seen).to.deep.equal(['connect', 'disconnect', 'error']);
      });

      it(`come behind those of plain listeners, in the ${role} role`, async () => {
        const seen: string[] = [];
        const { connection: real, peer } = await wireUp(role, {
          handler: (...[, type]) => {
            if (type === 'text') seen.push('handler');
          },
        });
        real.on('text', () => seen.push('listener'));
        peer.sendTexts('x');
        await settled();
        expect(seen).to.deep.equal(['listener', 'handler']);
      });
    }
  });
});
