import { expect } from 'chai';
import { KeepaliveController } from '../../lib/connection/keepalive-controller.js';
import { WatchedStream } from '../../lib/connection/watched-stream.js';
import { Connection } from '../../lib/takeover.js';
import { duplexPair } from '../duplex-pair.js';
import { ROLES, settled, unwire, wireUp } from '../wire-peer.js';

describe('WatchedStream', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    it(`is watched by its controller while it is open, in the ${role} role`, async () => {
      const keepaliveController = new KeepaliveController();
      const { connection } = await wireUp(role, { keepalive: 10, keepaliveController });
      expect(connection).to.be.instanceOf(WatchedStream);
      expect([...keepaliveController]).to.deep.equal([connection]);
      connection.close();
      expect(keepaliveController.size).to.equal(0);
      expect(connection.configure({ keepalive: 5, ping: 'x' })).to.deep.equal({ keepalive: 5, ping: 'x' });
      expect(keepaliveController.size).to.equal(0);
    });

    it(`changes no watch by being asked how it is configured, in the ${role} role`, async () => {
      const keepaliveController = new KeepaliveController();
      const { connection } = await wireUp(role, { keepalive: 0, keepaliveController });
      keepaliveController.add(connection, { interval: 7 });
      expect(connection.configure()).to.deep.equal({ keepalive: 0, ping: '' });
      expect([...keepaliveController]).to.deep.equal([connection]);
      connection.configure({ keepalive: 0 });
      expect(keepaliveController.size).to.equal(0);
    });

    it(`is configured for good before it connects, in the ${role} role`, async () => {
      const keepaliveController = new KeepaliveController();
      const [stream, far] = duplexPair();
      const connection = Connection.takeover(stream, { server: role === 'server', keepaliveController });
      connection.configure({ keepalive: 0 });
      await settled();
      expect(keepaliveController.size).to.equal(0);
      expect(connection.configure()).to.deep.equal({ keepalive: 0, ping: '' });
      expect(connection.latency).to.equal(undefined);
      connection.terminate();
      far.destroy();
      await settled();
    });
  }
});
