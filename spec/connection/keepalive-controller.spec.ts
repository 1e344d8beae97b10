import { expect } from 'chai';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import sinon from 'sinon';
import {
  defaultKeepaliveController,
  KeepaliveController,
} from '../../lib/connection/keepalive-controller.js';
import type { KeepaliveOptions, KeepaliveTarget } from '../../lib/connection/keepalive-entry.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { loglevel, setLogger } from '../../lib/logging.js';

const KiB = 1024;
const SECOND = 1000;
/** Due times may be late by this much: min(period / 64, 500 ms), and the whole milliseconds of timers. */
const SLACK = 502;

/** Stands for a connection and remembers the pings it was asked for. */
class Peer implements KeepaliveTarget {
  readonly pings: string[] = [];
  bytesSent = 0;
  isReadingPaused = false;
  timeouts = 0;

  ping(data: string): void {
    this.pings.push(data);
  }

  keepaliveOnTimeout(): void {
    this.timeouts++;
  }
}

describe('KeepaliveController', () => {
  let time: sinon.SinonFakeTimers;
  let logged: [level: string, message: string, fields: Record<string, unknown>][];
  /** Milliseconds for which the process stood still: the clock went on, the timers did not. */
  let stoodStill: number;

  beforeEach(() => {
    time = sinon.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
    });
    stoodStill = 0;
    logged = [];
    const method = (level: string) => (fields: Record<string, unknown>, message: string) =>
      void logged.push([level, message, fields]);
    setLogger({
      debug: method('debug'),
      info: method('info'),
      notice: method('notice'),
      warn: method('warn'),
      error: method('error'),
    });
    loglevel('debug');
  });

  afterEach(() => {
    loglevel('error');
    setLogger(null);
    sinon.restore();
  });

  /** Makes a controller whose events are written down, with targets to try it on. */
  function setUp(options: KeepaliveOptions = {}) {
    const controller = new KeepaliveController<Peer>({
      clock: () => performance.now() + stoodStill,
      ...options,
    });
    const events: string[] = [];
    controller.on('ping', () => events.push('ping'));
    controller.on('pong', (_, latencyMs) => events.push(`pong ${String(latencyMs)}`));
    controller.on('timeout', () => events.push('timeout'));
    const peer = new Peer();
    const entry = controller.add(peer);
    return { controller, events, peer, entry };
  }

  describe('the interval', () => {
    it('ends in a ping after 30 s without a received octet', () => {
      const { peer, events } = setUp();
      time.tick(30 * SECOND - 1);
      expect(peer.pings).to.deep.equal([]);
      time.tick(SLACK);
      expect(peer.pings).to.deep.equal(['']);
      expect(events).to.deep.equal(['ping']);
    });

    it('starts anew with each received octet', () => {
      const { peer, entry } = setUp();
      for (let second = 0; second < 100; second++) {
        time.tick(SECOND);
        entry.touch();
      }
      expect(peer.pings).to.deep.equal([]);
      time.tick(30 * SECOND - 1);
      expect(peer.pings).to.deep.equal([]);
      time.tick(SLACK);
      expect(peer.pings).to.deep.equal(['']);
    });

    it('is not postponed by sending', () => {
      const { peer } = setUp();
      for (let second = 0; second < 31; second++) {
        time.tick(SECOND);
        peer.bytesSent += KiB;
      }
      expect(peer.pings).to.deep.equal(['']);
    });

    it('comes round as often as the peer answers', () => {
      const { peer, entry, events } = setUp({ interval: 10 });
      for (let round = 0; round < 5; round++) {
        time.tick(10 * SECOND + SLACK);
        expect(peer.pings).to.have.lengthOf(round + 1);
        entry.touch();
      }
      expect(events).to.deep.equal(['ping', 'ping', 'ping', 'ping', 'ping']);
    });

    it('may be shorter than the deadline of the pong', () => {
      const { peer, entry } = setUp({ interval: 5 });
      time.tick(5 * SECOND + SLACK);
      entry.touch();
      time.tick(5 * SECOND + SLACK);
      expect(peer.pings).to.have.lengthOf(2);
    });

    it('may be less than a millisecond, which counts as one', () => {
      const { peer } = setUp({ interval: 1e-9 });
      time.tick(1);
      expect(peer.pings).to.deep.equal(['']);
    });

    it('never makes more than one ping a millisecond', () => {
      const controller = new KeepaliveController<KeepaliveTarget>({ interval: Number.MIN_VALUE });
      let pings = 0;
      const target = { ping: () => (pings++, controller.touch(target)) };
      controller.add(target);
      time.tick(100);
      expect(pings).to.be.within(50, 100);
      controller.clear();
    });

    it('ends within half a second, however long it is', () => {
      const { peer } = setUp({ interval: 3601 });
      time.tick(3601 * SECOND - 1);
      expect(peer.pings).to.deep.equal([]);
      time.tick(SLACK);
      expect(peer.pings).to.deep.equal(['']);
    });

    it('may be longer than the timers of Node can wait', () => {
      const days = 24 * 3600 * SECOND;
      const { peer } = setUp({ interval: (40 * days) / SECOND });
      time.tick(30 * days);
      expect(peer.pings).to.deep.equal([]);
      time.tick(10 * days + SLACK);
      expect(peer.pings).to.deep.equal(['']);
    });

    it('is counted from the moment a target was added, on the clock that was given', () => {
      let now = 1e9;
      const controller = new KeepaliveController<Peer>({ clock: () => now, interval: 1 });
      const peer = new Peer();
      controller.add(peer);
      time.tick(5 * SECOND);
      expect(peer.pings).to.deep.equal([]);
      now += SECOND + SLACK;
      time.tick(5 * SECOND);
      expect(peer.pings).to.deep.equal(['']);
      controller.clear();
    });
  });

  it('sends the text that was configured', () => {
    const { controller, entry, peer } = setUp({ ping: 'ahoy' });
    const other = new Peer();
    controller.add(other, { ping: 'é' });
    time.tick(31 * SECOND);
    entry.touch();
    entry.configure({ ping: 'next' });
    time.tick(31 * SECOND);
    expect(peer.pings).to.deep.equal(['ahoy', 'next']);
    expect(other.pings).to.deep.equal(['é']);
  });

  describe('the deadline of the pong', () => {
    /** Moves on until the first ping is out, and returns when that was. */
    function untilPing(peer: Peer): number {
      while (peer.pings.length === 0) time.next();
      return performance.now();
    }

    it('ends in a timeout after 20 s of silence, and the target is watched no longer', () => {
      const { controller, events, peer } = setUp();
      untilPing(peer);
      time.tick(20 * SECOND - 1);
      expect(events).to.deep.equal(['ping']);
      time.tick(SLACK);
      expect(events).to.deep.equal(['ping', 'timeout']);
      expect(controller.has(peer)).to.equal(false);
      expect(time.countTimers()).to.equal(0);
    });

    it('tells the target before the listeners, once it is watched no longer', () => {
      const { controller, peer } = setUp();
      const told: string[] = [];
      peer.keepaliveOnTimeout = () => void told.push(`target, watched: ${String(controller.has(peer))}`);
      controller.on('timeout', (target) => void told.push(`listener, right one: ${String(target === peer)}`));
      time.tick(60 * SECOND);
      expect(told).to.deep.equal(['target, watched: false', 'listener, right one: true']);
      expect(logged.filter(([level]) => level === 'notice')).to.have.lengthOf(1);
    });

    it('is met by any received octet', () => {
      const { events, peer, entry } = setUp();
      untilPing(peer);
      time.tick(20 * SECOND - 1);
      entry.touch();
      time.tick(29 * SECOND);
      expect(events).to.deep.equal(['ping']);
    });

    it('is met by an octet in the very millisecond of the ping', () => {
      const { events, peer, entry } = setUp();
      untilPing(peer);
      entry.touch();
      time.tick(29 * SECOND);
      expect(events).to.deep.equal(['ping']);
    });

    it('does not move because the ping itself took its time to be due', () => {
      const { events, peer } = setUp({ pongTimeoutMs: 100 });
      untilPing(peer);
      time.tick(102);
      expect(events).to.deep.equal(['ping', 'timeout']);
    });

    it('is later by what was sent since the last received octet, at 64 KiB/s', () => {
      const { events, peer, entry } = setUp();
      peer.bytesSent += 1024 * KiB;
      entry.touch();
      peer.bytesSent += 640 * KiB;
      untilPing(peer);
      time.tick(30 * SECOND - 1);
      expect(events).to.deep.equal(['ping']);
      time.tick(SLACK);
      expect(events).to.deep.equal(['ping', 'timeout']);
    });

    it('moves on with what is sent while waiting', () => {
      const { events, peer } = setUp();
      untilPing(peer);
      time.tick(19 * SECOND);
      peer.bytesSent += 320 * KiB;
      time.tick(6 * SECOND - 1);
      expect(events).to.deep.equal(['ping']);
      time.tick(SLACK);
      expect(events).to.deep.equal(['ping', 'timeout']);
    });

    it('never comes while reading is paused, and starts anew afterwards', () => {
      const { events, peer } = setUp();
      untilPing(peer);
      peer.isReadingPaused = true;
      time.tick(300 * SECOND);
      expect(events).not.to.include('timeout');
      peer.isReadingPaused = false;
      time.tick(42 * SECOND);
      expect(events).to.include('timeout');
    });

    it('waits one turn for octets that are still in the kernel', () => {
      const { events, peer, entry } = setUp();
      untilPing(peer);
      time.next();
      expect(time.countTimers(), 'the turn of grace').to.equal(1);
      expect(events).to.deep.equal(['ping']);
      entry.touch();
      time.next();
      expect(events).to.deep.equal(['ping']);
      time.tick(29 * SECOND);
      expect(events).to.deep.equal(['ping']);
      time.tick(60 * SECOND);
      expect(events).to.deep.equal(['ping', 'ping', 'timeout']);
    });

    it('is judged after that turn by what holds then', () => {
      const { controller, events, peer } = setUp();
      const [removed, replaced, paused, busy, off] = [
        new Peer(),
        new Peer(),
        new Peer(),
        new Peer(),
        new Peer(),
      ];
      for (const each of [removed, replaced, paused, busy, off]) controller.add(each);
      untilPing(peer);
      time.next();
      controller.delete(removed);
      controller.delete(replaced);
      controller.add(replaced);
      paused.isReadingPaused = true;
      busy.bytesSent += 64 * KiB;
      controller.get(off)?.configure({ interval: 0 });
      const timedOut: Peer[] = [];
      controller.on('timeout', (target) => timedOut.push(target));
      time.next();
      expect(timedOut).to.deep.equal([peer]);
      expect(events.filter((event) => event === 'ping')).to.have.lengthOf(7);
      expect([...controller]).to.have.members([replaced, paused, busy, off]);
      time.tick(SECOND + SLACK);
      expect(timedOut).to.deep.equal([peer, busy]);
      time.tick(22 * SECOND);
      expect(timedOut).to.deep.equal([peer, busy]);
      controller.clear();
    });
  });

  describe('when the process stands still (R7)', () => {
    it('pings again instead of giving up, with a fresh deadline', () => {
      const { events, peer } = setUp();
      time.tick(40 * SECOND);
      expect(events).to.deep.equal(['ping']);
      stoodStill = 120 * SECOND;
      time.tick(11 * SECOND);
      expect(events).to.deep.equal(['ping', 'ping']);
      expect(logged.map(([level]) => level)).to.deep.equal(['warn']);
      time.tick(19 * SECOND);
      expect(events).to.deep.equal(['ping', 'ping']);
      time.tick(2 * SECOND);
      expect(events).to.deep.equal(['ping', 'ping', 'timeout']);
      expect(peer.timeouts).to.equal(1);
    });

    it('gives up nobody, however many were waiting', () => {
      const { controller, events } = setUp();
      for (let count = 1; count < 5000; count++) controller.add(new Peer());
      time.tick(40 * SECOND);
      stoodStill = 120 * SECOND;
      time.tick(12 * SECOND);
      expect(events.filter((event) => event === 'timeout')).to.have.lengthOf(0);
      expect(events.filter((event) => event === 'ping')).to.have.lengthOf(10_000);
      for (const peer of controller) controller.touch(peer);
      time.tick(25 * SECOND);
      expect(controller.size).to.equal(5000);
      controller.clear();
    });

    it('forgives three times in a row, and no more without an octet', () => {
      const { events, entry } = setUp();
      const round = () => {
        stoodStill += 60 * SECOND;
        time.tick(21 * SECOND);
      };
      time.tick(31 * SECOND);
      round();
      round();
      entry.touch();
      time.tick(31 * SECOND);
      events.length = 0;
      round();
      round();
      round();
      expect(events).to.deep.equal(['ping', 'ping', 'ping']);
      round();
      expect(events).to.deep.equal(['ping', 'ping', 'ping', 'timeout']);
    });

    it('does not take a second for standing still', () => {
      const { events } = setUp();
      time.tick(40 * SECOND);
      stoodStill = 990;
      time.tick(11 * SECOND);
      expect(events).to.deep.equal(['ping', 'timeout']);
      expect(logged.filter(([level]) => level === 'warn')).to.have.lengthOf(0);
    });

    it('forgives too when it happens in the turn of grace', () => {
      const { events, peer } = setUp();
      while (peer.pings.length === 0) time.next();
      time.next();
      stoodStill = 120 * SECOND;
      time.next();
      expect(events).to.deep.equal(['ping', 'ping']);
    });
  });

  describe('pongs', () => {
    const octets = (text: string) => Buffer.from(text);

    it('tell the time since the ping, in milliseconds', () => {
      const { peer, entry, events } = setUp({ ping: 'né' });
      while (peer.pings.length === 0) time.next();
      time.tick(42);
      entry.touch();
      expect(entry.pong(octets('né'))).to.equal(42);
      expect(events).to.deep.equal(['ping', 'pong 42']);
    });

    it('count once for each ping', () => {
      const { peer, entry, events } = setUp();
      while (peer.pings.length === 0) time.next();
      time.tick(7);
      expect(entry.pong(octets(''))).to.equal(7);
      expect(entry.pong(octets(''))).to.equal(undefined);
      expect(events).to.deep.equal(['ping', 'pong 7']);
    });

    it('of another payload, or that nobody asked for, show life but no time', () => {
      const { peer, entry, events } = setUp({ ping: 'mine' });
      expect(entry.pong(octets('mine'))).to.equal(undefined);
      while (peer.pings.length === 0) time.next();
      expect(entry.pong(octets('other'))).to.equal(undefined);
      time.tick(25 * SECOND);
      expect(events).to.deep.equal(['ping']);
      expect(entry.pong(octets('mine'))).to.equal(25 * SECOND);
    });

    it('are matched with the text that was sent, not with that of the next ping', () => {
      const { peer, entry } = setUp({ ping: 'old' });
      while (peer.pings.length === 0) time.next();
      entry.configure({ ping: 'new' });
      expect(entry.pong(octets('new'))).to.equal(undefined);
      expect(entry.pong(octets('old'))).to.equal(0);
    });

    it('without a payload are taken for the right one', () => {
      const { controller, peer, events } = setUp({ ping: 'mine' });
      while (peer.pings.length === 0) time.next();
      time.tick(3);
      expect(controller.pong(peer)).to.equal(3);
      expect(events).to.deep.equal(['ping', 'pong 3']);
      expect(controller.pong(new Peer())).to.equal(undefined);
    });
  });

  describe('off', () => {
    for (const interval of [0, -1, -Infinity, Infinity]) {
      it(`with an interval of ${String(interval)}: no ping, no timer`, () => {
        const { controller, peer } = setUp({ interval });
        expect(time.countTimers()).to.equal(0);
        time.tick(1e9);
        expect(peer.pings).to.deep.equal([]);
        expect(controller.has(peer)).to.equal(true);
      });
    }

    it('while waiting for a pong cancels the deadline', () => {
      const { events, entry } = setUp();
      time.tick(31 * SECOND);
      entry.configure({ interval: 0 });
      expect(time.countTimers()).to.equal(0);
      time.tick(1e6);
      expect(events).to.deep.equal(['ping']);
      entry.configure({ interval: 30 });
      time.tick(19 * SECOND);
      expect(events).to.deep.equal(['ping', 'ping']);
    });

    it('may be turned on for one target of a controller that is off', () => {
      const { controller, peer } = setUp({ interval: 0 });
      const other = new Peer();
      controller.add(other, { interval: 1 });
      time.tick(SECOND + SLACK);
      expect(other.pings).to.deep.equal(['']);
      expect(peer.pings).to.deep.equal([]);
      controller.clear();
    });
  });

  describe('configure', () => {
    it('takes effect at once, counted from the last received octet', () => {
      const { peer, entry } = setUp();
      time.tick(10 * SECOND);
      entry.configure({ interval: 12 });
      time.tick(2 * SECOND - 1);
      expect(peer.pings).to.deep.equal([]);
      time.tick(SLACK);
      expect(peer.pings).to.deep.equal(['']);
    });

    it('pings soon when the new interval is over already', () => {
      const { peer, entry } = setUp();
      time.tick(20 * SECOND);
      entry.configure({ interval: 5 });
      time.tick(2);
      expect(peer.pings).to.deep.equal(['']);
    });

    it('may lengthen the interval', () => {
      const { peer, entry } = setUp();
      entry.configure({ interval: 60 });
      time.tick(59 * SECOND);
      expect(peer.pings).to.deep.equal([]);
      time.tick(2 * SECOND);
      expect(peer.pings).to.deep.equal(['']);
    });

    it('moves the deadline that is running', () => {
      const { events, entry } = setUp();
      time.tick(31 * SECOND);
      entry.configure({ pongTimeoutMs: 5 * SECOND });
      time.tick(5 * SECOND);
      expect(events).to.deep.equal(['ping', 'timeout']);
    });

    it('returns what is in force; what is left out stays', () => {
      const { controller, peer, entry } = setUp({ ping: 'a' });
      const before = { interval: 30, ping: 'a', pongTimeoutMs: 20_000 };
      expect(entry.configure()).to.deep.equal(before);
      expect(entry.configure({ interval: undefined })).to.deep.equal(before);
      expect(entry.configure({ interval: 5 })).to.deep.equal({ ...before, interval: 5 });
      expect(controller.add(peer, { ping: 'b' })).to.equal(entry);
      expect(controller.add(peer)).to.equal(entry);
      expect(entry.configure()).to.deep.equal({ ...before, interval: 5, ping: 'b' });
    });

    it('does not bring back a target that was deleted', () => {
      const { controller, peer, entry } = setUp();
      controller.delete(peer);
      entry.configure({ interval: 1 });
      entry.touch();
      expect(time.countTimers()).to.equal(0);
    });
  });

  describe('bad input', () => {
    const cases: [what: string, options: object, option: string][] = [
      ['an interval that is NaN', { interval: NaN }, 'interval'],
      ['an interval that is a string', { interval: '30' }, 'interval'],
      ['an interval that is null', { interval: null }, 'interval'],
      ['a text that is no string', { ping: Buffer.alloc(1) }, 'ping'],
      ['a text over 125 octets', { ping: 'é'.repeat(63) }, 'ping'],
      ['a deadline of 0', { pongTimeoutMs: 0 }, 'pongTimeoutMs'],
      ['a deadline that no timer can wait', { pongTimeoutMs: 2 ** 31 }, 'pongTimeoutMs'],
      ['an unknown option', { intervall: 1 }, 'intervall'],
    ];
    for (const [what, options, option] of cases) {
      it(`refuses ${what}`, () => {
        const { controller, peer, entry } = setUp();
        const before = entry.configure();
        for (const act of [
          () => new KeepaliveController(options),
          () => entry.configure(options),
          () => controller.add(peer, options),
          () => controller.add(new Peer(), options),
        ]) {
          expect(act).to.throw(InvalidOptionError).with.property('option', option);
        }
        expect(entry.configure()).to.deep.equal(before);
        expect(controller.size).to.equal(1);
        controller.clear();
      });
    }

    it('takes a text of exactly 125 octets', () => {
      expect(new KeepaliveController({ ping: `${'é'.repeat(62)}x` }).size).to.equal(0);
    });

    it('refuses a clock that is no function', () => {
      expect(() => new KeepaliveController({ clock: 5 as never })).to.throw(InvalidOptionError, 'clock');
    });

    for (const [what, target] of Object.entries({
      nothing: undefined,
      null: null,
      'a number': 5,
      'a string': 'ping',
      'an object without ping': {},
      'an object whose ping is no function': { ping: true },
      'an object that takes no property': Object.freeze({ ping: () => undefined }),
    })) {
      it(`refuses to watch ${what}`, () => {
        const controller = new KeepaliveController();
        expect(() => controller.add(target as never))
          .to.throw(InvalidOptionError)
          .with.property('option', 'target');
        expect(controller.size).to.equal(0);
      });
    }
  });

  describe('as a set of targets', () => {
    it('knows its members', () => {
      const { controller, peer, entry } = setUp();
      const other = new Peer();
      expect([controller.size, controller.has(peer), controller.has(other)]).to.deep.equal([1, true, false]);
      expect(controller.get(peer)).to.equal(entry);
      expect(controller.get(other)).to.equal(undefined);
      controller.add(other);
      expect([...controller]).to.deep.equal([peer, other]);
      expect(controller.delete(peer)).to.equal(true);
      expect(controller.delete(peer)).to.equal(false);
      expect([...controller]).to.deep.equal([other]);
      controller.clear();
      expect(controller.size).to.equal(0);
      expect(time.countTimers()).to.equal(0);
    });

    it('takes plain objects and functions, which report for themselves', () => {
      const controller = new KeepaliveController({ interval: 1, pongTimeoutMs: SECOND });
      const plain = { ping: sinon.spy() };
      const callable = Object.assign(() => undefined, { ping: sinon.spy() });
      const timedOut: KeepaliveTarget[] = [];
      controller.on('timeout', (target) => timedOut.push(target));
      controller.add(plain);
      controller.add(callable, { ping: 'f' });
      time.tick(SECOND + SLACK);
      expect(plain.ping.args).to.deep.equal([['']]);
      expect(callable.ping.args).to.deep.equal([['f']]);
      expect(controller.touch(plain)).to.equal(true);
      expect(controller.touch({ ping: () => undefined })).to.equal(false);
      time.tick(SECOND);
      expect(timedOut).to.deep.equal([callable]);
      controller.clear();
    });

    it('is accepted, with its typed events, where a controller of any targets is wanted', () => {
      const typed = new KeepaliveController<Peer>();
      typed.on('ping', (peer) => peer.timeouts);
      const wanted: KeepaliveController = typed;
      expect(wanted).to.equal(typed);
    });

    it('starts afresh with a target that comes back', () => {
      const { controller, peer } = setUp();
      time.tick(31 * SECOND);
      controller.delete(peer);
      controller.add(peer);
      time.tick(29 * SECOND);
      expect(peer.pings).to.have.lengthOf(1);
      time.tick(2 * SECOND);
      expect(peer.pings).to.have.lengthOf(2);
    });
  });

  describe('the timer', () => {
    it('is absent while nothing is watched', () => {
      const { controller, peer } = setUp();
      expect(time.countTimers()).to.equal(1);
      controller.delete(peer);
      expect(time.countTimers()).to.equal(0);
      controller.add(peer);
      expect(time.countTimers()).to.equal(1);
      controller.clear();
      expect(time.countTimers()).to.equal(0);
    });

    it('is one for 10,000 targets, and wakes up seldom', () => {
      const setTimer = sinon.spy(globalThis, 'setTimeout');
      const controller = new KeepaliveController<Peer>();
      const peers = Array.from({ length: 10_000 }, () => new Peer());
      for (const [index, peer] of peers.entries()) {
        if (index % 10 === 0) time.tick(30);
        controller.add(peer);
        expect(time.countTimers()).to.equal(1);
      }
      controller.on('ping', (peer) => controller.touch(peer));
      setTimer.resetHistory();
      for (const peer of peers) peer.pings.length = 0;
      time.tick(31 * SECOND);
      expect(setTimer.callCount).to.be.within(64, 67);
      expect(peers.every(({ pings }) => pings.length === 1 || pings.length === 2)).to.equal(true);
      expect(time.countTimers()).to.equal(1);
      controller.clear();
    });

    it('is not armed anew for each target that is added', () => {
      const setTimer = sinon.spy(globalThis, 'setTimeout');
      const controller = new KeepaliveController<Peer>();
      for (let count = 0; count < 100; count++) controller.add(new Peer());
      expect(setTimer.callCount).to.equal(1);
      controller.add(new Peer(), { interval: 1 });
      expect(setTimer.callCount).to.equal(2);
      expect(time.countTimers()).to.equal(1);
      controller.clear();
    });

    it('looks only at the targets that are due', () => {
      let looks = 0;
      const controller = new KeepaliveController<KeepaliveTarget>();
      const watch = (interval: number) =>
        controller.add(
          {
            ping: () => undefined,
            get isReadingPaused() {
              looks++;
              return false;
            },
            get bytesSent() {
              looks++;
              return 0;
            },
          },
          { interval },
        );
      for (let count = 0; count < 1000; count++) watch(1000);
      watch(1);
      looks = 0;
      time.tick(1.5 * SECOND);
      expect(looks).to.be.within(1, 10);
      controller.clear();
    });

    it('leaves the rest to the next turn after 1,000 targets', () => {
      const { controller, events } = setUp();
      for (let count = 1; count < 2500; count++) controller.add(new Peer());
      while (events.length === 0) time.next();
      expect(events).to.have.lengthOf(1000);
      time.next();
      expect(events).to.have.lengthOf(2000);
      time.next();
      expect(events).to.have.lengthOf(2500);
      controller.clear();
    });

    it('holds no process open', () => {
      sinon.restore();
      const controller = new KeepaliveController<Peer>();
      const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
      const before = timers();
      controller.add(new Peer());
      expect(timers()).to.equal(before);
      controller.clear();
    });
  });

  describe('targets and listeners that misbehave', () => {
    it('a ping that throws is logged, and the others go out', () => {
      const { controller, peer, events } = setUp();
      const failure = new Error('no socket');
      const other = new Peer();
      peer.ping = () => {
        throw failure;
      };
      controller.add(other);
      time.tick(31 * SECOND);
      expect(other.pings).to.deep.equal(['']);
      expect(events).to.deep.equal(['ping']);
      expect(logged).to.deep.equal([['warn', 'a keepalive ping failed', { err: failure }]]);
      time.tick(20 * SECOND);
      expect(controller.has(peer)).to.equal(false);
      controller.clear();
    });

    it('a ping that rejects is logged', async () => {
      const { peer } = setUp();
      const failure = new Error('no socket');
      peer.ping = () => Promise.reject(failure) as never;
      time.tick(31 * SECOND);
      await Promise.resolve();
      await Promise.resolve();
      expect(logged).to.deep.equal([['warn', 'a keepalive ping failed', { err: failure }]]);
    });

    it('a keepaliveOnTimeout that throws is logged, and the event comes', () => {
      const { peer, events } = setUp();
      const failure = new Error('broken');
      peer.keepaliveOnTimeout = () => {
        throw failure;
      };
      time.tick(60 * SECOND);
      expect(events).to.deep.equal(['ping', 'timeout']);
      expect(logged).to.deep.include(['error', 'keepaliveOnTimeout failed', { err: failure }]);
    });

    it('a listener that throws stops neither the other listeners nor the other targets', () => {
      const { controller, peer, events } = setUp();
      const other = new Peer();
      controller.add(other);
      controller.removeAllListeners();
      controller.on('ping', () => {
        throw new Error('listener');
      });
      controller.on('ping', () => void events.push('second'));
      time.tick(31 * SECOND);
      expect(events).to.deep.equal(['second', 'second']);
      expect([peer.pings.length, other.pings.length]).to.deep.equal([1, 1]);
      expect(logged.filter(([level]) => level === 'error')).to.have.lengthOf(2);
      controller.clear();
    });

    it('bytesSent that is no number does not disturb the queue', () => {
      const { controller, peer, events } = setUp();
      peer.bytesSent = NaN;
      for (let count = 0; count < 10; count++) controller.add(new Peer());
      time.tick(50 * SECOND - 1);
      expect(events).not.to.include('timeout');
      time.tick(2 * SLACK);
      expect(events.filter((event) => event === 'timeout')).to.have.lengthOf(11);
    });
  });

  describe('called back', () => {
    it('may delete targets from a listener of ping', () => {
      const { controller, peer } = setUp();
      const others = Array.from({ length: 20 }, () => new Peer());
      for (const other of others) controller.add(other);
      controller.on('ping', () => {
        for (const target of [...controller]) controller.delete(target);
      });
      time.tick(31 * SECOND);
      expect([peer, ...others].filter(({ pings }) => pings.length > 0)).to.have.lengthOf(1);
      expect(time.countTimers()).to.equal(0);
    });

    it('may clear and add from a listener of timeout', () => {
      const { controller } = setUp();
      controller.add(new Peer());
      const next = new Peer();
      let timeouts = 0;
      controller.on('timeout', () => {
        timeouts++;
        controller.clear();
        controller.add(next);
      });
      time.tick(52 * SECOND);
      expect(timeouts).to.equal(1);
      expect([...controller]).to.deep.equal([next]);
      expect(time.countTimers()).to.equal(1);
      controller.clear();
    });

    it('may be answered, deleted or configured from within ping', () => {
      const controller = new KeepaliveController<KeepaliveTarget>({ interval: 1 });
      const answering: KeepaliveTarget = { ping: () => controller.pong(answering, new Uint8Array()) };
      const leaving: { ping: sinon.SinonSpy } = {
        ping: sinon.spy((): unknown => controller.delete(leaving)),
      };
      const calming: { ping: sinon.SinonSpy } = {
        ping: sinon.spy((): unknown => controller.add(calming, { interval: 0 })),
      };
      const pong = sinon.spy();
      controller.on('pong', pong);
      for (const target of [answering, leaving, calming]) controller.add(target);
      time.tick(10 * SECOND);
      expect(pong.callCount).to.be.within(9, 10);
      expect(pong.firstCall.args).to.deep.equal([answering, 0]);
      expect(leaving.ping.callCount).to.equal(1);
      expect(calming.ping.callCount).to.equal(1);
      expect([...controller]).to.deep.equal([answering, calming]);
      controller.clear();
    });
  });

  it('finds the octets that came while the event loop was blocked', async () => {
    sinon.restore();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [far] = (await once(server, 'connection')) as [Socket];
    const controller = new KeepaliveController({ interval: 0.001, pongTimeoutMs: 30 });
    const timeout = sinon.spy();
    controller.on('timeout', timeout);
    const pinged = once(controller as never, 'ping');
    const entry = controller.add({ ping: () => undefined });
    near.on('data', () => {
      entry.touch();
      controller.clear();
    });
    await pinged;
    far.write('x');
    for (const start = performance.now(); performance.now() - start < 100;);
    await once(near, 'data');
    expect(timeout.callCount).to.equal(0);
    near.destroy();
    far.destroy();
    server.close();
    await once(server, 'close');
  });

  it('has an instance for the whole process', () => {
    expect(defaultKeepaliveController).to.be.instanceOf(KeepaliveController);
    expect(defaultKeepaliveController.add(new Peer()).configure()).to.deep.equal({
      interval: 30,
      ping: '',
      pongTimeoutMs: 20_000,
    });
    defaultKeepaliveController.clear();
  });
});

describe('KeepaliveController in real time', () => {
  it('notices a silent target in a process where nothing else happens', async () => {
    const controller = new KeepaliveController({ interval: 0.02, pongTimeoutMs: 20 });
    const silent = { ping: () => undefined };
    // Only this holds the process awake, and it wakes nothing: the controller's own timers have to.
    const awake = setTimeout(() => undefined, 60_000);
    try {
      const missed = new Promise<unknown>((resolve) => controller.on('timeout', resolve));
      controller.add(silent);
      expect(await missed).to.equal(silent);
    } finally {
      clearTimeout(awake);
      controller.clear();
    }
  });
});
