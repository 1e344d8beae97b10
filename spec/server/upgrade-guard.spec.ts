import { expect } from 'chai';
import { Duplex } from 'node:stream';
import sinon, { type SinonFakeTimers, type SinonSpy } from 'sinon';
import { UpgradeGuard } from '../../lib/server/upgrade-guard.js';
import { duplexPair } from '../duplex-pair.js';
import { turn } from '../turns.js';

describe('UpgradeGuard', () => {
  let near: Duplex;
  let far: Duplex;
  let clock: SinonFakeTimers;
  let events: { readonly gone: SinonSpy; readonly timedOut: SinonSpy };
  let listeners: Record<string, number>;

  const census = (): Record<string, number> =>
    Object.fromEntries(['data', 'end', 'close', 'error'].map((name) => [name, far.listenerCount(name)]));

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    [near, far] = duplexPair();
    listeners = census();
    events = { gone: sinon.spy(), timedOut: sinon.spy() };
  });

  afterEach(() => {
    near.destroy();
    far.destroy();
    clock.restore();
  });

  it('keeps what comes, behind the head, and hands it over with the stream paused and as it was', async () => {
    const guard = new UpgradeGuard(far, Buffer.from('a'), 1_000, events);
    near.write('b');
    await turn();
    near.write('c');
    await turn();
    expect(guard.isOver).to.be.false;
    expect(guard.release().toString()).to.equal('abc');
    expect(guard.isOver).to.be.true;
    expect(far.isPaused()).to.be.true;
    expect(census()).to.deep.equal(listeners);
    expect(clock.countTimers()).to.equal(0);
    near.write('d');
    await turn();
    expect(String(far.read())).to.equal('d');
    expect(guard.signal.aborted).to.be.false;
    expect(events.gone.called || events.timedOut.called).to.be.false;
  });

  it('reads no further than 64 KiB ahead, the head among them', async () => {
    const guard = new UpgradeGuard(far, Buffer.alloc(40_000), 1_000, events);
    near.write(Buffer.alloc(25_536));
    await turn();
    expect(far.isPaused()).to.be.false;
    near.write(Buffer.alloc(1));
    await turn();
    expect(far.isPaused()).to.be.true;
    near.write(Buffer.alloc(1_000));
    await turn();
    expect(guard.release()).to.have.length(65_537);
  });

  for (const [how, leave] of [
    ['ends', () => void near.end()],
    ['is closed', () => void far.destroy()],
    ['fails', () => void far.destroy(new Error('reset'))],
  ] as [string, () => void][]) {
    it(`tells once that the client is gone when the stream ${how}, and frees everything`, async () => {
      const guard = new UpgradeGuard(far, undefined, 1_000, events);
      leave();
      await turn();
      await turn();
      expect(events.gone.callCount).to.equal(1);
      expect(guard.isOver).to.be.true;
      // Though nobody has asked for it before.
      expect(guard.signal.aborted).to.be.true;
      expect(guard.signal.reason)
        .to.be.an('error')
        .with.property('message')
        .that.matches(/client left/);
      expect(far.destroyed).to.be.true;
      expect(clock.countTimers()).to.equal(0);
      clock.tick(1_000);
      expect(events.timedOut.called).to.be.false;
    });
  }

  it('catches what the stream says when it is destroyed for that', async () => {
    const late = new Duplex({
      read: () => {},
      destroy: (_error, callback) => callback(new Error('a reset came in between')),
    });
    const guard = new UpgradeGuard(late, undefined, 1_000, events);
    late.push(null);
    // Not by `once` of node:events: that listens for errors itself.
    await new Promise<void>((resolve) => late.on('close', () => resolve()));
    expect(guard.isOver).to.be.true;
    expect(events.gone.callCount).to.equal(1);
  });

  it('tells at the deadline, with the signal aborted before, and leaves the stream to be answered', () => {
    let wasAborted: boolean | undefined;
    const guard: UpgradeGuard = new UpgradeGuard(far, undefined, 1_000, {
      gone: events.gone,
      timedOut: () => (wasAborted = guard.signal.aborted),
    });
    clock.tick(999);
    expect(guard.signal.aborted).to.be.false;
    clock.tick(1);
    expect(wasAborted).to.be.true;
    expect(guard.signal).to.equal(guard.signal);
    expect(guard.signal.reason)
      .to.be.an('error')
      .with.property('message')
      .that.matches(/took too long/);
    expect(far.destroyed).to.be.false;
  });

  it('tells nothing at the deadline when a listener of the signal has answered', () => {
    const guard = new UpgradeGuard(far, undefined, 1_000, events);
    guard.signal.addEventListener('abort', () => void guard.release());
    clock.tick(1_000);
    expect(events.timedOut.called).to.be.false;
  });
});
