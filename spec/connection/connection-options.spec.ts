import { expect } from 'chai';
import { connectionSettings, splitConnectionOptions } from '../../lib/connection/connection-options.js';
import { KeepaliveController } from '../../lib/connection/keepalive-controller.js';
import { InvalidOptionError } from '../../lib/errors.js';

const KiB = 1024;
const MiB = 1024 * KiB;

describe('connectionSettings', () => {
  it('has a default for everything', () => {
    expect(connectionSettings(undefined)).to.deep.equal({
      handler: undefined,
      handlerConcurrency: 1,
      keepalive: undefined,
      ping: '',
      pongTimeoutMs: 20_000,
      closeTimeoutMs: 5_000,
      closeTotalTimeoutMs: 30_000,
      maxMessageBytes: 16 * MiB,
      maxEmptyFragments: 1024,
      fragments: false,
      // Each role has its own default.
      perMessageDeflate: undefined,
      softBacklogBytes: 1 * MiB,
      hardBacklogBytes: 16 * MiB,
      slowConsumer: 'disconnect',
      textAs: 'string',
      controlFramesPerSecond: 1000,
      controlFrameBurst: 10_000,
      maxQueuedBytes: 64 * KiB,
      maxQueuedMessages: 16,
      maxTurnBytes: 64 * KiB,
      maxTurnFrames: 1000,
      keepaliveController: undefined,
    });
  });

  it('takes what it is given, and can take its own result', () => {
    const given = {
      handler: () => {},
      handlerConcurrency: Infinity,
      keepalive: -1,
      ping: 'x',
      softBacklogBytes: Infinity,
      hardBacklogBytes: Infinity,
      slowConsumer: 'pause',
      keepaliveController: new KeepaliveController(),
    } as const;
    const settings = connectionSettings(given);
    expect(settings).to.include(given);
    expect(connectionSettings(settings)).to.deep.equal(settings);
    expect(settings).to.be.frozen;
  });

  it('brings the soft limit down to the hard one, unless told otherwise', () => {
    expect(connectionSettings({ hardBacklogBytes: 10 }).softBacklogBytes).to.equal(10);
    expect(connectionSettings({ hardBacklogBytes: 10, softBacklogBytes: 10 }).softBacklogBytes).to.equal(10);
    expect(() => connectionSettings({ hardBacklogBytes: 10, softBacklogBytes: 11 })).to.throw(
      InvalidOptionError,
      'softBacklogBytes: expected at most hardBacklogBytes, 10, got 11',
    );
  });

  for (const [name, ...values] of [
    ['handler', 'x', {}, null],
    ['handlerConcurrency', 0, 1.5, -1, '1', NaN],
    ['keepalive', '30', NaN, Infinity, null],
    ['ping', 1, 'x'.repeat(126), 'é'.repeat(63), null],
    ['pongTimeoutMs', 0, -1, 2 ** 31, Infinity, '1'],
    ['closeTimeoutMs', 0, -1, 2 ** 31, NaN],
    ['closeTotalTimeoutMs', 0, -1, 2 ** 31, NaN],
    ['maxMessageBytes', -1, 1.5, '1', null, NaN],
    ['maxEmptyFragments', -1, 1.5],
    ['fragments', 1, 'true', null],
    ['perMessageDeflate', 1, 'true', null, []],
    ['softBacklogBytes', 0, -1, 1.5],
    ['hardBacklogBytes', 0, -1, 1.5],
    ['slowConsumer', 'DROP', '', true, null],
    ['controlFramesPerSecond', 0, 1.5],
    ['controlFrameBurst', 0, 1.5],
    ['maxQueuedBytes', 0, 1.5],
    ['maxQueuedMessages', 0, 1.5],
    ['maxTurnBytes', 0, 1.5],
    ['maxTurnFrames', 0, 1.5],
    ['keepaliveController', {}, 'x', null],
  ] as const) {
    it(`throws for ${name}: ${values.map((value) => JSON.stringify(value).slice(0, 12)).join(', ')}`, () => {
      for (const value of values) {
        expect(() => connectionSettings({ [name]: value })).to.throw(
          InvalidOptionError,
          new RegExp(`^${name}: `),
        );
      }
    });
  }

  it('checks what is said about compression', () => {
    for (const perMessageDeflate of [true, false, {}, { threshold: 0, zlibDeflateOptions: { level: 1 } }])
      expect(connectionSettings({ perMessageDeflate }).perMessageDeflate).to.deep.equal(perMessageDeflate);
    expect(() => connectionSettings({ perMessageDeflate: { threshold: -1 } })).to.throw(
      InvalidOptionError,
      /^threshold: /,
    );
    expect(() => connectionSettings({ perMessageDeflate: { zlibDeflateOptions: { level: 10 } } })).to.throw(
      InvalidOptionError,
      /^level: /,
    );
    expect(() => connectionSettings({ perMessageDeflate: { serverMaxWindow: 9 } as object })).to.throw(
      InvalidOptionError,
      /serverMaxWindowBits/,
    );
  });

  it('throws for unknown options and guesses what was meant', () => {
    expect(() => connectionSettings({ closeTimeout: 5 } as object)).to.throw(
      InvalidOptionError,
      /^closeTimeout: expected nothing \(ConnectionOptions has no such option\).* closeTimeoutMs\?$/,
    );
    expect(() => connectionSettings('x' as unknown as object)).to.throw(InvalidOptionError);
  });
});

describe('splitConnectionOptions', () => {
  it('parts what is its own from the rest, by name', () => {
    expect(splitConnectionOptions({ ping: 'x', agent: 1, toString: 2 })).to.deep.equal([
      { ping: 'x' },
      { agent: 1, toString: 2 },
    ]);
  });
});
