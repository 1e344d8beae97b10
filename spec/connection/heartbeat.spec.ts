import { expect } from 'chai';
import type { SinonFakeTimers } from 'sinon';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { Heartbeat, controllerOf, startBeating, stopBeating } from '../../lib/connection/heartbeat.js';
import { KeepaliveController } from '../../lib/connection/keepalive-controller.js';
import { ROLES, fakeClock, names, settled, unwire, wireUp } from '../wire-peer.js';

describe('Heartbeat', () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = fakeClock();
  });

  afterEach(async () => {
    await unwire();
    clock.restore();
  });

  /** Makes a heartbeat that records its pings. */
  function beat(options: ConnectionOptions = {}, usual = 30) {
    const pings: string[] = [];
    const target = { ping: (text: string) => pings.push(text) };
    const settings = connectionSettings({ keepaliveController: new KeepaliveController(), ...options });
    return { heartbeat: new Heartbeat(target, settings, usual, false), target, settings, pings };
  }

  it('pings after the interval, once it has started', () => {
    const { heartbeat, pings } = beat({ ping: 'hi' });
    clock.tick(100_000);
    expect(pings).to.deep.equal([]);
    heartbeat.start();
    clock.tick(31_000);
    expect(pings).to.deep.equal(['hi']);
    heartbeat.stop();
    clock.tick(100_000);
    expect(pings).to.deep.equal(['hi']);
  });

  it('takes the option before the default of the role', () => {
    expect(beat().heartbeat.configure({})).to.deep.equal({ keepalive: 30, ping: '' });
    expect(beat({}, 0).heartbeat.configure({})).to.deep.equal({ keepalive: 0, ping: '' });
    expect(beat({ keepalive: 7 }).heartbeat.configure({})).to.deep.equal({ keepalive: 7, ping: '' });
    expect(beat({ keepalive: 0 }).heartbeat.configure({})).to.deep.equal({ keepalive: 0, ping: '' });
  });

  it('postpones the ping for what is received', () => {
    const { heartbeat, target, settings, pings } = beat();
    heartbeat.start();
    clock.tick(29_000);
    controllerOf(settings).touch(target);
    clock.tick(29_000);
    expect(pings).to.deep.equal([]);
    clock.tick(2_000);
    expect(pings).to.deep.equal(['']);
    heartbeat.stop();
  });

  it('changes at once what it is told to', () => {
    const { heartbeat, target, settings, pings } = beat();
    heartbeat.start();
    heartbeat.configure({ keepalive: 1, ping: 'quick' });
    clock.tick(1_100);
    expect(pings).to.deep.equal(['quick']);
    controllerOf(settings).touch(target);
    heartbeat.configure({ keepalive: 0 });
    clock.tick(100_000);
    expect(pings).to.deep.equal(['quick']);
    heartbeat.configure({ keepalive: 2 });
    clock.tick(2_100);
    expect(pings).to.deep.equal(['quick', 'quick']);
    heartbeat.stop();
  });

  it('is not needed where the settings of the connection hold', () => {
    const { target, settings, pings } = beat({ ping: 'hi' });
    startBeating(target, settings, 10);
    clock.tick(10_500);
    expect(pings).to.deep.equal(['hi']);
    stopBeating(target, settings);
    expect(controllerOf(settings).has(target)).to.equal(false);
    startBeating(target, settings, 0);
    expect(controllerOf(settings).has(target)).to.equal(false);
    expect(clock.countTimers()).to.equal(0);
  });

  it('changes what was begun without it', () => {
    const { target, settings, pings } = beat();
    startBeating(target, settings, 10);
    const heartbeat = new Heartbeat(target, settings, 10, true);
    heartbeat.configure({ keepalive: 1, ping: 'quick' });
    clock.tick(1_100);
    expect(pings).to.deep.equal(['quick']);
    heartbeat.stop();
    clock.tick(100_000);
    expect(pings).to.deep.equal(['quick']);
  });

  it('begins nothing by being configured before it starts or after it stops', () => {
    const { heartbeat, pings } = beat();
    heartbeat.configure({ keepalive: 1 });
    clock.tick(10_000);
    heartbeat.start();
    heartbeat.stop();
    heartbeat.configure({ keepalive: 1 });
    clock.tick(10_000);
    expect(pings).to.deep.equal([]);
    expect(clock.countTimers()).to.equal(0);
  });

  it('measures the latency of the last ping, by its payload', () => {
    const { heartbeat } = beat();
    heartbeat.pinged('a');
    clock.tick(10);
    heartbeat.ponged(Buffer.from('b'));
    expect(heartbeat.latency).to.equal(undefined);
    heartbeat.ponged(Buffer.from('a'));
    expect(heartbeat.latency).to.equal(10);
    heartbeat.pinged(Buffer.from('c'));
    clock.tick(5);
    heartbeat.ponged(Buffer.from('c'));
    expect(heartbeat.latency).to.equal(5);
    clock.tick(5);
    heartbeat.ponged(Buffer.from('c'));
    expect(heartbeat.latency).to.equal(5);
  });

  for (const role of ROLES) {
    describe(`of a connection in the ${role} role`, () => {
      const keepaliveController = new KeepaliveController();

      it('pings by default in servers after 30 s, and not in clients', async () => {
        const { peer } = await wireUp(role, { keepaliveController });
        clock.tick(31_000);
        await settled();
        expect(peer.said()).to.deep.equal(role === 'server' ? ['ping ""'] : []);
      });

      it('reports timeout and then disconnect 1006 when the peer shows no life', async () => {
        const { connection, peer, events } = await wireUp(role, { keepalive: 10, keepaliveController });
        connection.on('timeout', () => expect(connection.state).to.equal('CONNECTED'));
        clock.tick(10_500);
        await settled();
        expect(peer.said()).to.deep.equal(['ping ""']);
        for (let half = 0; half < 42; half++) {
          clock.tick(500);
          await settled(2);
        }
        await settled();
        expect(events.slice(1)).to.deep.equal([
          ['timeout', 'keepalive'],
          ['closing', 1006, 'Abnormal closure', 'local'],
          ['disconnect', 1006, '', false],
          ['error', 'ConnectionClosedError'],
          ['close', 1006, ''],
        ]);
        expect(peer.frames()).to.deep.equal([]);
        expect(keepaliveController.size).to.equal(0);
      });

      it('takes any octet for life, and a pong for the latency', async () => {
        const { connection, peer } = await wireUp(role, { keepalive: 10, keepaliveController });
        for (let round = 0; round < 5; round++) {
          clock.tick(10_500);
          await settled();
          clock.tick(15_000);
          peer.send(round % 2 === 0 ? peer.frame(10) : Buffer.alloc(0), peer.frame(1, 'x'));
          await settled();
        }
        expect(connection.state).to.equal('CONNECTED');
        expect(connection.latency).to.be.above(14_000);
      });

      it('pings later for whatever was received', async () => {
        const { connection, peer } = await wireUp(role, { keepalive: 10, keepaliveController });
        connection.resume();
        for (const frame of [peer.frame(1, 'x'), peer.frame(2), peer.frame(1, 'half').subarray(0, 4)]) {
          clock.tick(9_000);
          peer.send(frame);
          await settled();
        }
        clock.tick(9_000);
        await settled();
        expect(peer.said()).to.deep.equal([]);
        clock.tick(1_500);
        await settled();
        expect(peer.said()).to.deep.equal(['ping ""']);
      });

      it('does not time a peer out whom we do not read', async () => {
        const { connection, peer } = await wireUp(role, { keepalive: 10, keepaliveController });
        connection.pause();
        for (let round = 0; round < 10; round++) {
          clock.tick(20_000);
          await settled();
        }
        expect(connection.state).to.equal('CONNECTED');
        expect(peer.said().length).to.be.above(1);
      });

      it('leaves a connection that closes to the closing deadline', async () => {
        const options = { keepalive: 1, pongTimeoutMs: 1_000, keepaliveController };
        const { connection, peer, events } = await wireUp(role, options);
        connection.close(4000);
        await settled();
        clock.tick(4_000);
        await settled();
        expect(names(events)).to.deep.equal(['connect', 'closing', 'finish']);
        expect(keepaliveController.size).to.equal(0);
        peer.answerClose(4000);
        await settled();
        expect(events.at(-1)).to.deep.equal(['close', 4000, '']);
      });

      it('is watched no longer once the connection is destroyed', async () => {
        const { connection } = await wireUp(role, { keepalive: 10, keepaliveController });
        expect(keepaliveController.has(connection)).to.equal(true);
        connection.destroy();
        expect(keepaliveController.has(connection)).to.equal(false);
      });
    });
  }
});
