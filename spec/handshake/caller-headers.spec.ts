import { expect } from 'chai';
import { InvalidOptionError } from '../../lib/errors.js';
import { flattenCallerHeaders } from '../../lib/handshake/caller-headers.js';

const reserved = (name: string) => (name === 'upgrade' ? 'the handshake sets it' : undefined);
const flatten = (headers: unknown) => flattenCallerHeaders(headers, 'headers', reserved);

describe('flattenCallerHeaders', () => {
  const taken: readonly (readonly [what: string, headers: unknown, flat: readonly string[]])[] = [
    ['nothing', undefined, []],
    ['an empty object', {}, []],
    ['an object without prototype', Object.assign(Object.create(null), { A: 'b' }), ['A', 'b']],
    ['strings, spelled as they are', { 'X-One': 'a b', cookie: '' }, ['X-One', 'a b', 'cookie', '']],
    ['numbers', { 'Max-Forwards': 10, 'X-Half': -0.5 }, ['Max-Forwards', '10', 'X-Half', '-0.5']],
    [
      'a list, as several fields',
      { 'Set-Cookie': ['a=1', 'b=2'] },
      ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'],
    ],
    ['an empty list, as none', { 'Set-Cookie': [] }, []],
    ['undefined, as none', { A: undefined, B: 'b' }, ['B', 'b']],
    ['Latin-1', { A: 'caf\u00e9' }, ['A', 'caf\u00e9']],
    [
      'names of the prototype',
      JSON.parse('{"__proto__":"a","constructor":"b"}'),
      ['__proto__', 'a', 'constructor', 'b'],
    ],
  ];
  for (const [what, headers, flat] of taken) {
    it(`takes ${what}`, () => {
      expect(flatten(headers)).to.deep.equal(flat);
    });
  }

  const refused: readonly (readonly [what: string, headers: unknown, message: RegExp])[] = [
    ['null', null, /^headers: expected an object of header fields, got null$/],
    ['a string', 'A: b', /^headers: expected an object of header fields, got "A: b"$/],
    ['a number', 7, /^headers: expected an object of header fields, got 7$/],
    ['an array', ['A', 'b'], /Object\.fromEntries/],
    ['a Map', new Map([['A', 'b']]), /Object\.fromEntries/],
    ['a Headers', new Headers({ A: 'b' }), /Object\.fromEntries/],
    ['an empty name', { '': 'b' }, /field names that are tokens/],
    ['a name with a space', { 'A B': 'b' }, /field names that are tokens/],
    ['a name with a colon', { 'A:': 'b' }, /field names that are tokens/],
    ['a name with a line end', { 'A\r\nB': 'b' }, /field names that are tokens/],
    ['a name past ASCII', { '\u00e9': 'b' }, /field names that are tokens/],
    ['null as a value', { A: null }, /^headers\["A"\]: expected a string of printable Latin-1/],
    ['a boolean as a value', { A: true }, /^headers\["A"\]/],
    ['an object as a value', { A: {} }, /^headers\["A"\]/],
    ['NaN as a value', { A: NaN }, /^headers\["A"\]/],
    ['Infinity as a value', { A: Infinity }, /^headers\["A"\]/],
    ['undefined in a list', { A: ['b', undefined] }, /^headers\["A"\]/],
    ['a list in a list', { A: [['b']] }, /^headers\["A"\]/],
    ['CR in a value', { A: 'b\rc' }, /^headers\["A"\]/],
    ['LF in a value', { A: 'b\nc' }, /^headers\["A"\]/],
    ['CRLF and a field in a value', { A: 'b\r\nC: d' }, /^headers\["A"\]/],
    ['a line end at the end of a value', { A: 'b\n' }, /^headers\["A"\]/],
    ['NUL in a value', { A: 'b\0' }, /^headers\["A"\]/],
    ['DEL in a value', { A: '\x7f' }, /^headers\["A"\]/],
    ['a character past Latin-1', { A: '\u010a' }, /^headers\["A"\]/],
    ['CR in one value of a list', { A: ['b', 'c\r'] }, /^headers\["A"\]/],
    [
      'a reserved name',
      { Upgrade: 'h2c' },
      /^headers: expected fields other .* "Upgrade"; the handshake sets it$/,
    ],
    ['a reserved name in odd case', { uPGRADE: 'h2c' }, /the handshake sets it$/],
    ['a reserved name with an empty list', { Upgrade: [] }, /the handshake sets it$/],
  ];
  for (const [what, headers, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => flatten(headers)).to.throw(InvalidOptionError, message);
    });
  }

  it('gives the name of the option in the error', () => {
    const error = (() => {
      try {
        flattenCallerHeaders(1, 'refusal.headers', reserved);
      } catch (thrown) {
        return thrown as InvalidOptionError;
      }
      throw new Error('nothing was thrown');
    })();
    expect(error).to.include({ option: 'refusal.headers', value: 1, code: 'ERR_WS_INVALID_OPTION' });
  });
});
