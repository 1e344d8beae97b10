import { expect } from 'chai';
import sinon from 'sinon';
import { ClosingDeadline } from '../../lib/connection/closing-deadline.js';

describe('ClosingDeadline', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    });
  });
  afterEach(() => {
    sinon.restore();
    clock.restore();
  });

  function setUp(idleMs: number, totalMs: number) {
    const state = { progress: 0 };
    const onExpired = sinon.fake();
    const deadline = new ClosingDeadline(idleMs, totalMs, () => state.progress, onExpired);
    return { state, onExpired, deadline };
  }

  it('expires once, when the time without progress is over', () => {
    const { onExpired } = setUp(5000, 30_000);
    clock.tick(4999);
    expect(onExpired.callCount).to.equal(0);
    clock.tick(1);
    expect(onExpired.callCount).to.equal(1);
    clock.tick(100_000);
    expect([onExpired.callCount, clock.countTimers()]).to.deep.equal([1, 0]);
  });

  it('waits for a slow peer as long as octets go in either direction', () => {
    const { state, onExpired } = setUp(5000, 30_000);
    for (let second = 0; second < 29; second++) {
      state.progress += 1;
      clock.tick(1000);
    }
    expect(onExpired.callCount).to.equal(0);
  });

  it('takes any change for progress', () => {
    const { state, onExpired } = setUp(5000, 30_000);
    state.progress = -1;
    clock.tick(5500);
    expect(onExpired.callCount).to.equal(0);
  });

  it('expires when progress stops, at most a fifth of the time late', () => {
    const { state, onExpired } = setUp(5000, 30_000);
    clock.tick(2500);
    state.progress += 1;
    clock.tick(4999);
    expect(onExpired.callCount).to.equal(0);
    clock.tick(1000);
    expect(onExpired.callCount).to.equal(1);
  });

  it('expires when the whole time is over, progress or not', () => {
    const { state, onExpired } = setUp(5000, 30_000);
    for (let tenth = 1; tenth < 300; tenth++) {
      state.progress += 1;
      clock.tick(100);
    }
    clock.tick(99);
    expect(onExpired.callCount).to.equal(0);
    clock.tick(1);
    expect([onExpired.callCount, clock.countTimers()]).to.deep.equal([1, 0]);
  });

  it('is exact when the whole time is no multiple of anything', () => {
    for (const totalMs of [1, 7, 999, 1001, 4999]) {
      const { onExpired } = setUp(5000, totalMs);
      clock.tick(totalMs - 1);
      expect(onExpired.callCount, String(totalMs)).to.equal(0);
      clock.tick(1);
      expect(onExpired.callCount, String(totalMs)).to.equal(1);
    }
  });

  it('waits for the rest when its timer comes early, as timers do by the loop time they start from', () => {
    let ahead = 3;
    const { performance } = globalThis;
    Object.defineProperty(globalThis, 'performance', {
      configurable: true,
      writable: true,
      value: { now: () => clock.now + ahead },
    });
    for (const [idleMs, totalMs] of [
      [5000, 30_000],
      [30_000, 5000],
    ] as const) {
      ahead = 3;
      const { onExpired } = setUp(idleMs, totalMs);
      ahead = 0;
      clock.tick(5002);
      expect(onExpired.callCount).to.equal(0);
      clock.tick(1);
      expect(onExpired.callCount).to.equal(1);
    }
    globalThis.performance = performance;
  });

  it('looks at the progress a few times only', () => {
    let asked = 0;
    const deadline = new ClosingDeadline(
      5000,
      30_000,
      () => ++asked,
      () => {},
    );
    clock.tick(29_999);
    expect(asked).to.be.within(29, 31);
    deadline.cancel();
  });

  it('never expires once it is cancelled', () => {
    const { onExpired, deadline } = setUp(5000, 30_000);
    clock.tick(2000);
    deadline.cancel();
    deadline.cancel();
    clock.tick(100_000);
    expect([onExpired.callCount, clock.countTimers()]).to.deep.equal([0, 0]);
  });
});
