import { expect } from 'chai';
import { PassThrough, type Duplex } from 'node:stream';
import { takeoverSettings, type TakeoverOptions } from '../../lib/connection/takeover-options.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { ROLES } from '../wire-peer.js';

describe('takeoverSettings (websocket(n): takeover)', () => {
  const stream = new PassThrough();

  /** Asserts that options are refused, and for which of them. */
  function expectRefused(options: unknown, message: RegExp): void {
    for (const role of ROLES)
      expect(() => takeoverSettings(role, stream, options as TakeoverOptions)).to.throw(
        InvalidOptionError,
        message,
      );
  }

  it('takes an open stream as it is when it is told nothing', () => {
    for (const role of ROLES) {
      for (const options of [undefined, {}]) {
        const { settings, open } = takeoverSettings(role, stream, options);
        expect(settings.maxQueuedMessages).to.equal(16);
        expect(open).to.deep.equal({
          stream,
          details: { protocol: '', extensions: '', path: '', query: '', headers: {} },
          deflate: undefined,
        });
      }
    }
  });

  it('parts what the handshake has agreed on from the options of connections', () => {
    const { settings, open } = takeoverSettings('server', stream, {
      head: new Uint8Array([1, 2]),
      protocol: 'chat',
      path: '/p',
      query: 'q=1',
      ping: 'hi',
    });
    expect(settings.ping).to.equal('hi');
    expect(open).to.deep.equal({
      stream,
      details: { protocol: 'chat', extensions: '', path: '/p', query: 'q=1', headers: {} },
      deflate: undefined,
      head: Buffer.from([1, 2]),
    });
  });

  it('refuses what is no Duplex', () => {
    for (const value of [undefined, null, {}, 'stream'])
      expect(() => takeoverSettings('server', value as Duplex, {})).to.throw(
        InvalidOptionError,
        /^stream: expected a Duplex of bytes, such as a socket,/,
      );
  });

  it('refuses what are no options', () => {
    for (const options of [null, 5, 'x', true, () => {}, [], [{ path: '/p' }]])
      expectRefused(options, /^options: expected an object,/);
  });

  it('refuses bad values, and options that there are not', () => {
    expectRefused({ head: 'octets' }, /^head: expected a Buffer or Uint8Array,/);
    expectRefused({ head: [1] }, /^head: /);
    for (const name of ['protocol', 'extensions', 'path', 'query'])
      expectRefused({ [name]: 5 }, new RegExp(`^${name}: expected a string,`));
    expectRefused({ pong: 5 }, /^pong: expected nothing \(TakeoverOptions has no such option\)/);
    expectRefused({ maxQueuedMessages: 0 }, /^maxQueuedMessages: /);
  });

  describe('extensions', () => {
    const agreed = {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
    };

    for (const role of ROLES) {
      it(`are read as the response has them, in the ${role} role`, () => {
        for (const [extensions, agreement] of [
          ['permessage-deflate', agreed],
          [
            'permessage-deflate; server_no_context_takeover; client_max_window_bits=10',
            { ...agreed, serverNoContextTakeover: true, clientMaxWindowBits: 10 },
          ],
          [
            'permessage-deflate; client_no_context_takeover; server_max_window_bits=9',
            { ...agreed, clientNoContextTakeover: true, serverMaxWindowBits: 9 },
          ],
        ] as const) {
          const { open } = takeoverSettings(role, stream, { extensions });
          expect(open.details.extensions).to.equal(extensions);
          expect(open.deflate?.agreement).to.deep.equal(agreement);
          expect(open.deflate?.settings).to.include({ threshold: 1024 });
        }
      });

      it(`are compressed with as told, in the ${role} role`, () => {
        const extensions = 'permessage-deflate';
        const { open } = takeoverSettings(role, stream, { extensions, perMessageDeflate: { threshold: 7 } });
        expect(open.deflate?.settings).to.include({ threshold: 7 });
      });
    }

    it('cannot be in force where compression is off', () => {
      expectRefused(
        { extensions: 'permessage-deflate', perMessageDeflate: false },
        /^extensions: expected '', as perMessageDeflate is false, got "permessage-deflate"$/,
      );
      expect(takeoverSettings('client', stream, { perMessageDeflate: false }).open.deflate).to.equal(
        undefined,
      );
    });

    it('are refused when they are not those of a response, or not known', () => {
      const expected = "expected 'permessage-deflate' with the parameters of the response, got";
      for (const extensions of [
        'x-other',
        'permessage-deflate, x-other',
        'permessage-deflate, permessage-deflate',
        'permessage-deflate; server_max_window_bits=7',
        'permessage-deflate; client_max_window_bits',
      ])
        expectRefused({ extensions }, new RegExp(`^extensions: ${expected} "${extensions}"$`));
    });

    it('are refused with the reason when they are no list of extensions', () => {
      expectRefused(
        { extensions: 'permessage-deflate; =' },
        /^extensions: expected 'permessage-deflate' with the parameters of the response, got ".*"; ./,
      );
    });

    it('are not what a window is judged by: that must be one of our own compressor, agreed on or not', () => {
      for (const [role, name] of [
        ['client', 'clientMaxWindowBits'],
        ['server', 'serverMaxWindowBits'],
      ] as const)
        expect(() => takeoverSettings(role, stream, { perMessageDeflate: { [name]: 8 } })).to.throw(
          InvalidOptionError,
          new RegExp(`^${name}: `),
        );
    });
  });
});
