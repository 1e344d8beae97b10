import { expect } from 'chai';
import { Heartbeat, keepaliveOf } from '../../lib/connection/heartbeat.js';
import { KeepaliveController } from '../../lib/connection/keepalive-controller.js';
import { connectionSettings } from '../../lib/connection/connection-options.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { loglevel, setLogger } from '../../lib/logging.js';
import { ROLES, fakeClock, unwire, wireUp } from '../wire-peer.js';

const target = { ping: () => {} };
const SILENT = { debug() {}, info() {}, notice() {}, error() {} };

describe('Keepalive: what it says, and whom it watches', () => {
  afterEach(unwire);

  it('names the options that there are not, and whose they would be', () => {
    const controller = new KeepaliveController();
    const heartbeat = new Heartbeat(keepaliveOf(connectionSettings({}), 30));
    for (const [where, call] of [
      ['KeepaliveControllerOptions', (options: object) => new KeepaliveController(options)],
      ['KeepaliveOptions', (options: object) => controller.add({ ping: () => {} }, options)],
      ['KeepaliveConfiguration', (options: object) => heartbeat.configure(options)],
    ] as const)
      expect(() => call({ beat: 5 }), where).to.throw(
        InvalidOptionError,
        new RegExp(`^beat: expected nothing \\(${where} has no such option\\), got 5`),
      );
    controller.clear();
  });

  it('says what a target has to be', () => {
    const controller = new KeepaliveController();
    for (const value of [undefined, null, 5, 'ping', {}, { ping: true }])
      expect(() => controller.add(value as unknown as typeof target)).to.throw(
        InvalidOptionError,
        /^target: expected an object with a method ping/,
      );
  });

  it('logs for how long the process stood still', () => {
    const clock = fakeClock();
    const logged: unknown[] = [];
    setLogger({ ...SILENT, warn: (fields: object, message: string) => void logged.push([message, fields]) });
    loglevel('warn');
    let late = 0;
    const controller = new KeepaliveController({ clock: () => performance.now() + late });
    try {
      controller.add(target, { interval: 10 });
      late = 5_000;
      clock.tick(11_000);
      expect(logged).to.deep.equal([
        ['the event loop stood still; keepalive deadlines start anew', { ms: 5_000 }],
      ]);
    } finally {
      controller.clear();
      setLogger(null);
      loglevel('error');
      clock.restore();
    }
  });

  for (const role of ROLES) {
    it(`watches no connection whose keepalive is off, in the ${role} role`, async () => {
      const keepaliveController = new KeepaliveController();
      for (const keepalive of [0, -1]) {
        const { connection } = await wireUp(role, { keepalive, keepaliveController });
        expect(keepaliveController.size).to.equal(0);
        connection.configure({ keepalive: 5 });
        expect(keepaliveController.size).to.equal(1);
        connection.configure({ keepalive });
        expect(keepaliveController.size).to.equal(0);
      }
    });
  }
});
