import { expect } from 'chai';
import sinon from 'sinon';
import { connectionReports } from '../../lib/connection/connection-reports.js';
import { loglevel, setLogger, type LogLevel } from '../../lib/logging.js';
import { ROLES, fakeClock, names, settled, unwire, wireUp } from '../wire-peer.js';

describe('connectionReports', () => {
  let logged: [level: LogLevel, message: string, fields: Record<string, unknown>][];

  beforeEach(() => {
    logged = [];
    const entry =
      (level: LogLevel) =>
      (fields: Record<string, unknown>, message: string): void =>
        void logged.push([level, message, fields]);
    setLogger({
      debug: entry('debug'),
      info: entry('info'),
      notice: entry('notice'),
      warn: entry('warn'),
      error: entry('error'),
    });
    loglevel('debug');
  });

  afterEach(async () => {
    sinon.restore();
    await unwire();
    setLogger(null);
    loglevel('error');
  });

  it('serves all connections with one object', () => {
    expect(Object.keys(connectionReports)).to.have.members([
      'octets',
      'message',
      'ping',
      'pong',
      'closing',
      'timeout',
      'drain',
      'ended',
    ]);
  });

  for (const role of ROLES) {
    it(`logs the life of a connection in the ${role} role, at the level of each event`, async () => {
      const { peer } = await wireUp(role, { path: '/p' });
      peer.answerClose(4000, 'bye');
      await settled();
      expect(logged).to.deep.equal([
        ['info', 'connection open', { role, peer: '', path: '/p' }],
        ['debug', 'closing', { code: 4000, reason: 'bye', origin: 'remote' }],
        ['info', 'connection closed', { code: 4000, reason: 'bye', wasClean: true, peer: '' }],
      ]);
    });

    it(`tells nothing behind close in the ${role} role, when the stream lingers at a destroy()`, async () => {
      const clock = fakeClock();
      const told: string[] = [];
      const { connection, stream, events } = await wireUp(role, {
        closeTimeoutMs: 1_000,
        handler: (...[, type]) => void told.push(type),
      });
      stream.hold();
      connection.send('text', 'never taken');
      connection.destroy();
      await settled();
      expect(names(events).at(-1)).to.equal('close');
      expect(stream.destroyed).to.equal(false);
      clock.tick(1_001);
      await settled();
      expect(stream.destroyed).to.equal(true);
      expect(logged.map(([, message]) => message)).to.include('deadline passed');
      expect(names(events).at(-1)).to.equal('close');
      expect(told.at(-1)).to.equal('disconnect');
    });

    it(`logs what goes wrong in the ${role} role`, async () => {
      const failed = await wireUp(role);
      failed.connection.removeAllListeners('error');
      failed.peer.send(failed.peer.frame(3));
      failed.peer.end();
      await settled();
      expect(logged.map(([level, message]) => [level, message])).to.deep.equal([
        ['info', 'connection open'],
        ['notice', 'connection failed'],
        ['debug', 'closing'],
        ['info', 'connection closed'],
        ['warn', 'an error that nobody listens to'],
      ]);
      expect(logged[1]?.[2]).to.include({ code: 1002 });
    });

    it(`tells listeners and the handler of a deadline in the ${role} role`, async () => {
      const told: unknown[] = [];
      const { connection, events } = await wireUp(role, {
        closeTimeoutMs: 1,
        handler: (...[, type, message]) => void told.push([type, message]),
      });
      connection.close();
      await new Promise((resolve) => connection.once('close', resolve));
      expect(events).to.deep.include(['timeout', 'close']);
      expect(told).to.deep.include(['timeout', 'close']);
    });

    it(`logs deadlines and slow peers in the ${role} role`, async () => {
      const late = await wireUp(role, { closeTimeoutMs: 1, hardBacklogBytes: 1 });
      late.connection.close();
      await new Promise((resolve) => late.connection.once('close', resolve));
      const slow = await wireUp(role, { hardBacklogBytes: 1 });
      slow.stream.hold();
      slow.connection.send('text', 'x');
      slow.connection.send('text', 'x');
      await settled();
      expect(logged.map(([level, message]) => `${level}: ${message}`)).to.include.members([
        'notice: deadline passed',
        'warn: slow consumer ended',
      ]);
      const fields = logged.find(([, message]) => message === 'slow consumer ended')?.[2];
      expect(fields).to.deep.equal({ backlog: slow.connection.bytesSent });
    });
  }
});
