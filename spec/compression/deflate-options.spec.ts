import { expect } from 'chai';
import { checkOwnWindow, deflateSettings } from '../../lib/compression/deflate-options.js';
import { InvalidOptionError } from '../../lib/errors.js';

const DEFAULTS = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: undefined,
  clientMaxWindowBits: undefined,
  threshold: 1024,
  zlib: { level: 3, memLevel: 8, strategy: 0 },
};

describe('deflateSettings', () => {
  it('has a default for everything', () => {
    expect(deflateSettings(true)).to.deep.equal(DEFAULTS);
    expect(deflateSettings({})).to.deep.equal(DEFAULTS);
    expect(deflateSettings({ zlibDeflateOptions: {} })).to.deep.equal(DEFAULTS);
    expect(deflateSettings({ threshold: undefined, zlibDeflateOptions: undefined })).to.deep.equal(DEFAULTS);
  });

  it('is nothing for false', () => {
    expect(deflateSettings(false)).to.equal(undefined);
  });

  it('takes what it is given', () => {
    const given = {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 8,
      clientMaxWindowBits: 15,
      threshold: 0,
    };
    const zlib = { level: 9, memLevel: 1, strategy: 4 };
    const settings = deflateSettings({ ...given, zlibDeflateOptions: zlib });
    expect(settings).to.deep.equal({ ...given, zlib });
    expect(settings).to.be.frozen;
    expect(deflateSettings({ threshold: Infinity })?.threshold).to.equal(Infinity);
    expect(deflateSettings({ zlibDeflateOptions: { level: 0 } })?.zlib).to.deep.equal({
      ...DEFAULTS.zlib,
      level: 0,
    });
  });

  for (const [name, ...values] of [
    ['serverNoContextTakeover', 1, 'true', null],
    ['clientNoContextTakeover', 0, 'false', null],
    ['serverMaxWindowBits', 7, 16, 0, 1000, 9.5, '10', true, NaN, null],
    ['clientMaxWindowBits', 7, 16, 0, 1000, 9.5, '10', true, NaN, null],
    ['threshold', -1, 1.5, '1', null, NaN],
    ['zlibDeflateOptions', 1, 'x', true, null],
  ] as const) {
    it(`throws for ${name}: ${values.map((value) => JSON.stringify(value)).join(', ')}`, () => {
      for (const value of values)
        expect(() => deflateSettings({ [name]: value })).to.throw(
          InvalidOptionError,
          new RegExp(`^${name}: `),
        );
    });
  }

  for (const [name, ...values] of [
    ['level', -2, 10, 1.5, '6', null],
    ['memLevel', 0, 10, 1.5, '8', null],
    ['strategy', -1, 5, 1.5, '0', null],
  ] as const) {
    it(`throws for zlibDeflateOptions.${name}: ${values.map((value) => JSON.stringify(value)).join(', ')}`, () => {
      for (const value of values)
        expect(() => deflateSettings({ zlibDeflateOptions: { [name]: value } })).to.throw(
          InvalidOptionError,
          new RegExp(`^${name}: `),
        );
    });
  }

  it('throws for unknown options, says where, and guesses what was meant', () => {
    expect(() => deflateSettings({ treshold: 5 } as object)).to.throw(
      InvalidOptionError,
      /perMessageDeflate has no such option.*threshold/,
    );
    expect(() => deflateSettings({ zlibDeflateOptions: { windowBits: 9 } as object })).to.throw(
      InvalidOptionError,
      /perMessageDeflate\.zlibDeflateOptions has no such option/,
    );
    expect(() => deflateSettings([] as object)).to.throw(InvalidOptionError, /^perMessageDeflate: /);
    expect(() => deflateSettings({ zlibDeflateOptions: [] as object })).to.throw(InvalidOptionError);
  });
});

describe('checkOwnWindow', () => {
  it('refuses a window that zlib cannot compress with', () => {
    for (const name of ['serverMaxWindowBits', 'clientMaxWindowBits'] as const) {
      expect(() => checkOwnWindow(deflateSettings({ [name]: 8 }), name)).to.throw(
        InvalidOptionError,
        `${name}: expected an integer from 9 to 15 at this end, got 8`,
      );
      for (const bits of [9, 15, undefined])
        expect(() => checkOwnWindow(deflateSettings({ [name]: bits }), name)).to.not.throw();
    }
  });

  it('is about one window: the other is the matter of the peer', () => {
    const settings = deflateSettings({ serverMaxWindowBits: 8 });
    expect(() => checkOwnWindow(settings, 'clientMaxWindowBits')).to.not.throw();
    expect(() => checkOwnWindow(undefined, 'clientMaxWindowBits')).to.not.throw();
  });
});
