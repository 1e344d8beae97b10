import { expect } from 'chai';
import { InvalidOptionError } from '../../lib/errors.js';
import { HeaderFields } from '../../lib/handshake/header-fields.js';
import {
  parseSubprotocols,
  selectSubprotocol,
  validateSelection,
  validateSubprotocols,
} from '../../lib/handshake/subprotocol.js';

describe('validateSubprotocols (RFC 6455 §4.1, item 10)', () => {
  const taken: readonly (readonly [value: unknown, list: readonly string[]])[] = [
    [undefined, []],
    ['', []],
    [[], []],
    ['chat', ['chat']],
    [['chat'], ['chat']],
    [
      ['v2.chat', 'v1.chat'],
      ['v2.chat', 'v1.chat'],
    ],
    [
      ['chat', 'Chat'],
      ['chat', 'Chat'],
    ],
    [
      ['constructor', '__proto__', 'toString'],
      ['constructor', '__proto__', 'toString'],
    ],
  ];
  for (const [value, list] of taken) {
    it(`takes ${JSON.stringify(value)}`, () => {
      expect(validateSubprotocols(value)).to.deep.equal(list);
    });
  }

  const refused: readonly (readonly [value: unknown, message: RegExp])[] = [
    [null, /^protocol: expected a token/],
    [7, /^protocol: expected a token/],
    [{}, /^protocol: expected a token/],
    [true, /^protocol: expected a token/],
    ['a b', /"a b"/],
    ['a,b', /"a,b"/],
    ['a\r\nX: y', /expected a token/],
    ['a\0', /expected a token/],
    ['soap/1', /"soap\/1"/],
    ['\u00e9', /expected a token/],
    [[''], /""/],
    [['a', ''], /""/],
    [['a', 1], /got 1/],
    [['a', 'b', 'a'], /all different/],
  ];
  for (const [value, message] of refused) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      expect(() => validateSubprotocols(value)).to.throw(InvalidOptionError, message);
    });
  }

  it('names the option it was given', () => {
    expect(() => validateSubprotocols('a b', 'protocols')).to.throw(InvalidOptionError, /^protocols: /);
  });
});

describe('parseSubprotocols (RFC 6455 §11.3.4)', () => {
  const table: readonly (readonly [values: readonly string[], offered: readonly string[] | undefined])[] = [
    [[], []],
    [[''], []],
    [['', ' '], []],
    [[','], []],
    [['chat'], ['chat']],
    [[' chat ,\tsuperchat '], ['chat', 'superchat']],
    [
      ['chat', 'superchat'],
      ['chat', 'superchat'],
    ],
    [['', 'chat'], ['chat']],
    [['chat,,superchat'], ['chat', 'superchat']],
    [['constructor, __proto__'], ['constructor', '__proto__']],
    [['chat chat'], undefined],
    [['"chat"'], undefined],
    [['chat;q=1'], undefined],
    [['soap/1'], undefined],
    [['caf\u00e9'], undefined],
    [['chat, chat'], undefined],
    [['chat', 'chat'], undefined],
  ];
  for (const [values, offered] of table) {
    it(`reads ${JSON.stringify(values)} as ${offered === undefined ? 'malformed' : JSON.stringify(offered)}`, () => {
      const raw = values.flatMap((value) => ['Sec-WebSocket-Protocol', value]);
      expect(parseSubprotocols(new HeaderFields(raw))).to.deep.equal(offered);
    });
  }

  it('takes time linear in the offer (H2)', () => {
    const offer = Array.from({ length: 100_000 }, (_, index) => `p${index}`);
    expect(parseSubprotocols(new HeaderFields(['sec-websocket-protocol', offer.join(',')]))).to.deep.equal(
      offer,
    );
    const padded = `a${' '.repeat(1 << 22)}b`;
    expect(parseSubprotocols(new HeaderFields(['sec-websocket-protocol', padded]))).to.equal(undefined);
  });
});

describe('selectSubprotocol', () => {
  it("chooses the client's first by default", () => {
    expect(selectSubprotocol(['b', 'a'])).to.equal('b');
  });

  it("chooses the client's first that is acceptable", () => {
    expect(selectSubprotocol(['a', 'c1', 'c2'], (protocol) => protocol.startsWith('c'))).to.equal('c1');
  });

  it('chooses none when none was offered or none is acceptable', () => {
    expect(selectSubprotocol([])).to.equal('');
    expect(selectSubprotocol(['a'], () => false)).to.equal('');
  });
});

describe('validateSelection', () => {
  for (const none of [undefined, null, false, '']) {
    it(`reads ${String(none) || 'the empty string'} as none`, () => {
      expect(validateSelection(none, ['a'])).to.equal('');
    });
  }

  it('takes one that was offered', () => {
    expect(validateSelection('b', ['a', 'b'])).to.equal('b');
  });

  for (const selected of ['c', 'A', 'a, b', true, 0, {}, ['a']]) {
    it(`refuses ${JSON.stringify(selected)} out of a and b`, () => {
      expect(() => validateSelection(selected, ['a', 'b'])).to.throw(
        InvalidOptionError,
        /^selectProtocol: expected one of the subprotocols offered \(a, b\)/,
      );
    });
  }

  it('refuses a promise, and handles its rejection', () => {
    expect(() => validateSelection(Promise.reject(new Error('no')), ['a'])).to.throw(
      InvalidOptionError,
      /^selectProtocol: expected a function that answers at once/,
    );
  });

  it('says so when none was offered', () => {
    expect(() => validateSelection('a', [], 'pick')).to.throw(InvalidOptionError, /^pick: .*\(none\)/);
  });
});
