import { expect } from 'chai';
import fc from 'fast-check';
import { isFieldValue, isToken, splitList, trimOws } from '../../lib/handshake/field-grammar.js';

const TCHAR = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

describe('isToken (RFC 7230 §3.2.6)', () => {
  it('decides on each of 512 characters as the grammar does', () => {
    for (let code = 0; code < 512; code++) {
      const char = String.fromCharCode(code);
      for (const text of [char, `a${char}`, `${char}a`]) {
        expect(isToken(text), `U+${code.toString(16)} in ${JSON.stringify(text)}`).to.equal(
          TCHAR.includes(char),
        );
      }
    }
  });

  it('refuses the empty string', () => {
    expect(isToken('')).to.equal(false);
  });
});

describe('isFieldValue (RFC 7230 §3.2)', () => {
  it('decides on each of 512 characters as the grammar does', () => {
    for (let code = 0; code < 512; code++) {
      const belongs = code === 9 || (code >= 0x20 && code <= 0xff && code !== 0x7f);
      const char = String.fromCharCode(code);
      for (const text of [char, `a${char}`, `${char}a`]) {
        expect(isFieldValue(text), `U+${code.toString(16)} in ${JSON.stringify(text)}`).to.equal(belongs);
      }
    }
  });

  it('takes the empty string', () => {
    expect(isFieldValue('')).to.equal(true);
  });
});

describe('trimOws (RFC 7230 §3.2.3)', () => {
  const table: readonly (readonly [text: string, trimmed: string])[] = [
    ['', ''],
    [' ', ''],
    ['\t \t', ''],
    ['a', 'a'],
    [' a', 'a'],
    ['a ', 'a'],
    [' \ta b\t ', 'a b'],
    ['\u00a0a\u00a0', '\u00a0a\u00a0'],
    ['\va\f', '\va\f'],
    ['\na\r', '\na\r'],
  ];
  for (const [text, trimmed] of table) {
    it(`makes ${JSON.stringify(trimmed)} of ${JSON.stringify(text)}`, () => {
      expect(trimOws(text)).to.equal(trimmed);
    });
  }

  it('is linear where a regular expression would be quadratic (H2)', () => {
    // 4 Mi spaces inside: 8·10¹² steps if each of them were tried as the beginning of the end.
    const text = `b${' '.repeat(1 << 22)}x`;
    expect(trimOws(text)).to.equal(text);
  });
});

describe('splitList (RFC 7230 §7)', () => {
  const table: readonly (readonly [value: string, elements: readonly string[]])[] = [
    ['', []],
    [' , ,\t,', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a ,\tb ', ['a', 'b']],
    [',a,,b,', ['a', 'b']],
    ['a b, c', ['a b', 'c']],
    ['"a,b"', ['"a', 'b"']],
  ];
  for (const [value, elements] of table) {
    it(`makes ${JSON.stringify(elements)} of ${JSON.stringify(value)}`, () => {
      expect(splitList(value)).to.deep.equal(elements);
    });
  }

  it('gives back any tokens that were joined with optional white space', () => {
    const token = fc.string({ unit: fc.constantFrom(...Array.from(TCHAR)), minLength: 1 });
    const ows = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(ows, token, ows)), (parts) => {
        expect(splitList(parts.map((part) => part.join('')).join(','))).to.deep.equal(
          parts.map((part) => part[1]),
        );
      }),
    );
  });

  it('is linear in commas and spaces (H2)', () => {
    expect(splitList(', '.repeat(1 << 20))).to.deep.equal([]);
  });
});
