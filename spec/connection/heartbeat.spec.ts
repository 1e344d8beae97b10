import { expect } from 'chai';
import type { SinonFakeTimers } from 'sinon';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { Heartbeat, keepaliveOf } from '../../lib/connection/heartbeat.js';
import { KeepaliveController } from '../../lib/connection/keepalive-controller.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { Connection } from '../../lib/takeover.js';
import { duplexPair } from '../duplex-pair.js';
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

  /** Makes what a connection of these options would begin with. */
  function make(options: ConnectionOptions = {}, usual = 30): Heartbeat {
    return new Heartbeat(keepaliveOf(connectionSettings(options), usual));
  }

  it('takes the option before the default of the role', () => {
    expect(make().configure({})).to.deep.equal({ keepalive: 30, ping: '' });
    expect(make({}, 0).configure({})).to.deep.equal({ keepalive: 0, ping: '' });
    expect(make({ keepalive: 7 }).configure({})).to.deep.equal({ keepalive: 7, ping: '' });
    expect(make({ keepalive: 0 }).configure({})).to.deep.equal({ keepalive: 0, ping: '' });
  });

  it('changes what is named, for itself alone', () => {
    const settings = connectionSettings({ pongTimeoutMs: 5 });
    const heartbeat = new Heartbeat(keepaliveOf(settings, 30));
    expect(keepaliveOf(settings, 30)).to.equal(heartbeat.settings);
    expect(heartbeat.configure({ keepalive: 1 })).to.deep.equal({ keepalive: 1, ping: '' });
    expect(heartbeat.configure({ ping: 'x' })).to.deep.equal({ keepalive: 1, ping: 'x' });
    expect(() => heartbeat.configure({ keepalive: 2, ping: 'x'.repeat(126) })).to.throw(InvalidOptionError);
    expect(heartbeat.settings).to.deep.equal({ interval: 1, ping: 'x', pongTimeoutMs: 5 });
    expect(keepaliveOf(settings, 30).interval).to.equal(30);
    expect(keepaliveOf(settings, 0).interval).to.equal(0);
  });

  it('measures the latency of the last ping, by its payload', () => {
    const heartbeat = make();
    expect(heartbeat.latency).to.equal(undefined);
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

      it('changes at once what it is told to', async () => {
        const { connection, peer } = await wireUp(role, { keepalive: 0, keepaliveController });
        const pinged = async (ms: number): Promise<string[]> => {
          clock.tick(ms);
          await settled();
          return peer.said();
        };
        connection.configure({ keepalive: 1, ping: 'quick' });
        expect(await pinged(1_100)).to.deep.equal(['ping "quick"']);
        peer.send(peer.frame(10, 'quick'));
        await settled();
        connection.configure({ keepalive: 0 });
        expect(await pinged(100_000)).to.deep.equal([]);
        connection.configure({ keepalive: 2 });
        expect(await pinged(2_100)).to.deep.equal(['ping "quick"']);
      });

      it("leaves a watch alone that is somebody else's, while keepalive is off", async () => {
        const [stream, far] = duplexPair();
        const options = { server: role === 'server', keepalive: 0, keepaliveController };
        const connection = Connection.takeover(stream, options);
        keepaliveController.add(connection);
        await settled();
        expect(keepaliveController.has(connection)).to.equal(true);
        connection.terminate();
        far.destroy();
        await settled();
        expect(keepaliveController.has(connection)).to.equal(false);
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
