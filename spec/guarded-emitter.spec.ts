import { expect } from 'chai';
import sinon from 'sinon';
import { InvalidOptionError } from '../lib/errors.js';
import { GuardedEmitter } from '../lib/guarded-emitter.js';
import { setLogger } from '../lib/logging.js';

interface Events {
  word: [text: string, count: number];
  other: [];
}

/** Keeps what went wrong instead of logging it. */
class Recorder extends GuardedEmitter<Events> {
  readonly failures: [error: unknown, args: readonly unknown[]][] = [];

  protected override listenerFailed(error: unknown, args: readonly unknown[]): void {
    this.failures.push([error, args]);
  }
}

describe('GuardedEmitter', () => {
  const failure = new Error('listener');
  const throwing = (): never => {
    throw failure;
  };

  for (const method of ['on', 'addListener', 'once'] as const) {
    describe(method, () => {
      it('calls the listener with the arguments, and the emitter or the context as this', () => {
        const emitter = new Recorder();
        const [plain, bound, context] = [sinon.spy(), sinon.spy(), {}];
        expect(emitter[method]('word', plain)).to.equal(emitter);
        emitter[method]('word', bound, context);
        expect(emitter.emit('word', 'a', 1)).to.equal(true);
        expect(plain.calledOnceWithExactly('a', 1)).to.equal(true);
        expect(plain.firstCall.thisValue).to.equal(emitter);
        expect(bound.firstCall.thisValue).to.equal(context);
      });

      it('goes on with the next listener when one throws', () => {
        const emitter = new Recorder();
        const next = sinon.spy();
        emitter[method]('word', throwing);
        emitter[method]('word', next);
        expect(emitter.emit('word', 'a', 1)).to.equal(true);
        expect(next.callCount).to.equal(1);
        expect(emitter.failures).to.deep.equal([[failure, ['a', 1]]]);
      });

      it('catches what an asynchronous listener rejects with', async () => {
        const emitter = new Recorder();
        emitter[method]('word', () => Promise.reject(failure) as never);
        emitter[method](
          'other',
          () => ({ then: (_: unknown, failed: (error: Error) => void) => failed(failure) }) as never,
        );
        emitter.emit('word', 'a', 1);
        emitter.emit('other');
        await Promise.resolve();
        await Promise.resolve();
        expect(emitter.failures).to.have.deep.members([
          [failure, ['a', 1]],
          [failure, []],
        ]);
      });

      it('refuses a listener that is no function', () => {
        const emitter = new Recorder();
        for (const bad of [undefined, null, 'word', {}]) {
          expect(() => emitter[method]('word', bad as never)).to.throw(InvalidOptionError, 'listener');
        }
        expect(emitter.listenerCount('word')).to.equal(0);
      });
    });
  }

  it('calls a listener of once only once', () => {
    const emitter = new Recorder();
    const listener = sinon.spy();
    emitter.once('other', listener);
    expect(emitter.emit('other')).to.equal(true);
    expect(emitter.emit('other')).to.equal(false);
    expect(listener.callCount).to.equal(1);
  });

  for (const method of ['off', 'removeListener'] as const) {
    describe(method, () => {
      it('removes a listener by the function that was given', () => {
        const emitter = new Recorder();
        const [kept, removed] = [sinon.spy(), sinon.spy()];
        emitter.on('word', kept).on('word', removed).once('word', removed);
        expect(emitter[method]('word', removed)).to.equal(emitter);
        emitter.emit('word', 'a', 1);
        expect([kept.callCount, removed.callCount]).to.deep.equal([1, 0]);
      });

      it('tells listeners of once and of other contexts apart', () => {
        const emitter = new Recorder();
        const [listener, context] = [sinon.spy(), {}];
        emitter.on('word', listener).once('word', listener, context);
        emitter[method]('word', listener, context, true);
        expect(emitter.listenerCount('word')).to.equal(1);
        emitter.emit('word', 'a', 1);
        expect(listener.firstCall.thisValue).to.equal(emitter);
      });

      it('removes all listeners of the event when none is named', () => {
        const emitter = new Recorder();
        emitter.on('word', throwing).on('other', throwing);
        emitter[method]('word');
        expect(emitter.eventNames()).to.deep.equal(['other']);
      });
    });
  }

  it('lists the functions that were given', () => {
    const emitter = new Recorder();
    const [first, second] = [sinon.spy(), sinon.spy()];
    emitter.on('word', first).once('word', second);
    expect(emitter.listeners('word')).to.deep.equal([first, second]);
    expect(emitter.listeners('other')).to.deep.equal([]);
  });

  it('logs failures unless a subclass does better', () => {
    class Plain extends GuardedEmitter<Events> {}
    const error = sinon.spy();
    const ignore = () => undefined;
    setLogger({ debug: ignore, info: ignore, warn: ignore, error });
    new Plain().on('other', throwing).emit('other');
    setLogger(null);
    expect(error.args).to.deep.equal([[{ err: failure }, 'a listener of Plain failed']]);
  });
});
