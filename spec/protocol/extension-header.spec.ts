import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidOptionError, WebSocketError } from '../../lib/errors.js';
import {
  type ExtensionOffer,
  formatExtensions,
  parseExtensions,
} from '../../lib/protocol/extension-header.js';

type Plain = [name: string, ...params: [string, ...(string | true)[]][]];

/** Shows offers as arrays, the order of everything kept. */
const plain = (offers: readonly ExtensionOffer[]): Plain[] =>
  offers.map(
    ({ name, params }) => [name, ...[...params].map(([key, values]) => [key, ...values] as const)] as Plain,
  );

const offer = (name: string, ...params: [string, ...(string | true)[]][]): ExtensionOffer => ({
  name,
  params: new Map(params.map(([key, ...values]) => [key, values])),
});

function refusalOf(header: string): string {
  try {
    parseExtensions(header);
  } catch (error) {
    expect(error).to.be.instanceOf(WebSocketError);
    expect((error as WebSocketError).code).to.equal('ERR_WS_INVALID_EXTENSIONS_HEADER');
    return (error as WebSocketError).message;
  }
  return expect.fail(`${JSON.stringify(header.slice(0, 80))} was parsed`);
}

const PARSED: [header: string, offers: Plain[]][] = [
  ['foo', [['foo']]],
  ['permessage-deflate', [['permessage-deflate']]],
  [
    'deflate-stream, mux; max-channels=4; flow-control',
    [['deflate-stream'], ['mux', ['max-channels', '4'], ['flow-control', true]]],
  ],
  ['a;b', [['a', ['b', true]]]],
  ['a;b=c', [['a', ['b', 'c']]]],
  ['a; b="c"', [['a', ['b', 'c']]]],
  ['a; b="\\c\\d"', [['a', ['b', 'cd']]]],
  ['a; b="c\\d"; e', [['a', ['b', 'cd'], ['e', true]]]],
  ['a; b; b=1; b="1"; c; b=2', [['a', ['b', true, '1', '1', '2'], ['c', true]]]],
  ['a; b, a; b=1, a', [['a', ['b', true]], ['a', ['b', '1']], ['a']]],
  ['A; B=C', [['A', ['B', 'C']]]],
  ["!#$%&'*+-.^_`|~09azAZ", [["!#$%&'*+-.^_`|~09azAZ"]]],
];

const SPACED: [header: string, offers: Plain[]][] = [
  [' \ta\t ', [['a']]],
  ['a \t;\t b \t=\t c ,\t d', [['a', ['b', 'c']], ['d']]],
  ['a;b="c" ;d', [['a', ['b', 'c'], ['d', true]]]],
  [',a', [['a']]],
  [' , a', [['a']]],
  ['a,', [['a']]],
  ['a,,b', [['a'], ['b']]],
  ['a , \t, , b ,', [['a'], ['b']]],
];

const REFUSED: [header: string, offset: number, what: string][] = [
  ['', 0, 'the end'],
  [' \t', 2, 'the end'],
  [',', 1, 'the end'],
  [' , ,', 4, 'the end'],
  [';', 0, '";"'],
  [';a', 0, '";"'],
  ['=', 0, '"="'],
  ['"a"', 0, '"\\""'],
  ['a b', 2, '"b"'],
  ['a=b', 1, '"="'],
  ['a;', 2, 'the end'],
  ['a;,b', 2, '","'],
  ['a;;b', 2, '";"'],
  ['a; b c', 5, '"c"'],
  ['a; =c', 3, '"="'],
  ['a; b=', 5, 'the end'],
  ['a; b=;', 5, '";"'],
  ['a; b=,', 5, '","'],
  ['a; b==c', 5, '"="'],
  ['a; b=c=d', 6, '"="'],
  ['a; b=c"', 6, '"\\""'],
  ['a; "b"', 3, '"\\""'],
  ['a; b=""', 6, '"\\""'],
  ['a; b="', 6, 'the end'],
  ['a; b="c', 7, 'the end'],
  ['a; b="c\\', 8, 'the end'],
  ['a; b="\\"', 7, '"\\""'],
  ['a; b="\\\\"', 7, '"\\\\"'],
  ['a; b="c d"', 7, '" "'],
  ['a; b="c,d"', 7, '","'],
  ['a; b="\\ "', 7, '" "'],
  ['a; b="c"d', 8, '"d"'],
  ['a; b="c""d"', 8, '"\\""'],
  ['a\\b', 1, '"\\\\"'],
  ['a\0', 1, '"\\u0000"'],
  ['a\r\nb', 1, '"\\r"'],
  ['a\x7f', 1, '"\x7f"'],
  ['é', 0, '"é"'],
  ['a; b=Ā', 5, '"Ā"'],
  ['a; b="é"', 6, '"é"'],
];

/** Headers in which an octet that is no part of a token just begins the next part. */
const SEPARATED = new Set(['a,a', 'a;a', 'a;a,a', 'a;a;a', 'a;a=a', 'a;b=a,a', 'a;b=a;a', 'a;b="a\\a"']);

describe('extension-header', () => {
  describe('parseExtensions (RFC 6455 §9.1)', () => {
    it('parses names, parameters, values and quoted values', () => {
      for (const [header, expected] of PARSED)
        expect(plain(parseExtensions(header)), header).to.deep.equal(expected);
    });

    it('ignores white space around every part and empty elements of the list (RFC 2616 §2.1)', () => {
      for (const [header, expected] of SPACED)
        expect(plain(parseExtensions(header)), header).to.deep.equal(expected);
    });

    it('takes all separators and controls out of tokens, and nothing else', () => {
      for (let octet = 0; octet < 0x100; octet++) {
        const char = String.fromCharCode(octet);
        const isToken = octet > 0x20 && octet < 0x7f && !'()<>@,;:\\"/[]?={}'.includes(char);
        for (const header of [
          `a${char}a`,
          `a;a${char}a`,
          `a;b=a${char}a`,
          `a;b="a${char}a"`,
          `a;b="a\\${char}a"`,
        ]) {
          if (SEPARATED.has(header)) continue;
          if (isToken) expect(plain(parseExtensions(header)).flat(2).join(), header).to.include(`a${char}a`);
          else refusalOf(header);
        }
      }
    });

    for (const [header, offset, found] of REFUSED) {
      it(`refuses ${JSON.stringify(header)} at offset ${String(offset)}`, () => {
        expect(refusalOf(header)).to.match(new RegExp(`expected .+ at offset ${String(offset)}, found `));
        expect(refusalOf(header).endsWith(`found ${found}`), refusalOf(header)).to.equal(true);
      });
    }

    it('keeps names of Object.prototype apart from it', () => {
      const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];
      const before = Reflect.ownKeys(Object.prototype);
      for (const name of names) {
        const [parsed] = parseExtensions(`${name}; ${name}=polluted; x`);
        expect(parsed!.name).to.equal(name);
        expect(parsed!.params.get(name)).to.deep.equal(['polluted']);
        for (const other of names.filter((each) => each !== name))
          expect(parsed!.params.has(other)).to.equal(false);
        expect(Object.getPrototypeOf(parsed)).to.equal(Object.prototype);
      }
      expect(Reflect.ownKeys(Object.prototype)).to.deep.equal(before);
      expect(({} as Record<string, unknown>)['x']).to.equal(undefined);
    });
  });

  describe('hostile headers', () => {
    const long = 65_536;
    const fill = (unit: string) => unit.repeat(long / unit.length);

    // Quadratic parsing of the longest of these takes minutes: the suite's own timeout is bound enough.
    const HOSTILE: [what: string, make: (units: number) => string, valid: boolean][] = [
      ['spaces before a stray octet', (n) => `b${' '.repeat(n)}x`, false],
      ['spaces before the end', (n) => `b${' '.repeat(n)}`, true],
      ['escapes without a closing quote', (n) => `a; b="${'\\c'.repeat(n / 2)}`, false],
      ['escapes', (n) => `a; b="${'\\c'.repeat(n / 2)}"`, true],
      ['escapes before a stray octet', (n) => `a; b="${'\\c'.repeat(n / 2)}" x`, false],
      ['commas', (n) => ','.repeat(n), false],
      ['empty elements', (n) => `a${' ,\t'.repeat(n / 3)}`, true],
      ['elements', (n) => 'a,'.repeat(n / 2), true],
      ['one parameter again and again', (n) => `a${';b'.repeat(n / 2)}`, true],
      ['a long name', (n) => 'a'.repeat(n), true],
      ['quotes', (n) => `a; b=${'"'.repeat(n)}`, false],
      [
        'parameters of different names',
        (n) => `a${Array.from({ length: n / 6 }, (_, i) => `;${i.toString(36)}`).join('')}`,
        true,
      ],
    ];

    /** Counts how often the parser looks at the header. */
    function stepsFor(header: string): number {
      let steps = 0;
      const counted = {
        length: header.length,
        charCodeAt: (at: number) => (steps++, header.charCodeAt(at)),
        slice: (from: number, to: number) => ((steps += to - from), header.slice(from, to)),
      };
      try {
        parseExtensions(counted as unknown as string);
      } catch (error) {
        if (!(error instanceof WebSocketError)) throw error;
      }
      return steps;
    }

    for (const [what, make, valid] of HOSTILE) {
      it(`takes ${what} in a number of steps linear in the length`, () => {
        for (const length of [1024, 8192, long]) {
          expect(stepsFor(make(length)), String(length)).to.be.within(1, 8 * length);
        }
      });

      it(`${valid ? 'parses' : 'refuses'} 1 MiB of ${what}`, () => {
        const header = make(1 << 20);
        if (valid) expect(parseExtensions(header)).to.have.length.above(0);
        else refusalOf(header);
      });
    }

    it('keeps the message short', () => {
      for (const header of [fill('a b'), `a; b="${fill('c')}`, `a;${fill(' ')}`]) {
        expect(refusalOf(header)).to.have.length.below(200);
      }
    });
  });

  describe('formatExtensions (RFC 6455 §9.1)', () => {
    it('writes names, parameters and values as tokens', () => {
      const offers = [
        offer('permessage-deflate', ['client_no_context_takeover', true], ['client_max_window_bits', '10']),
        offer('permessage-deflate', ['b', true, '1', '2']),
        offer('x'),
      ];
      expect(formatExtensions(offers)).to.equal(
        'permessage-deflate; client_no_context_takeover; client_max_window_bits=10, permessage-deflate; b; b=1; b=2, x',
      );
      expect(formatExtensions([])).to.equal('');
    });

    it('throws for what is no token, before anything could go on the wire', () => {
      for (const wrong of [
        '',
        ' ',
        'a b',
        'a\r\nSet-Cookie: x',
        'a\0',
        'a,b',
        'a;b',
        'a=b',
        '"a"',
        'é',
        'a\u010a',
      ]) {
        for (const [what, offers] of [
          ['extension name', [offer(wrong)]],
          ['extension parameter name', [offer('a', [wrong, true])]],
          ['extension parameter b', [offer('a', ['b', wrong])]],
        ] as const) {
          expect(() => formatExtensions(offers), JSON.stringify(wrong))
            .to.throw(InvalidOptionError)
            .that.includes({ option: what, value: wrong, expected: 'a token (RFC 6455 §9.1)' });
        }
      }
    });

    it('is read back by parseExtensions', () => {
      const tokens = fc.oneof(
        fc.string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~09AZaz"), minLength: 1, maxLength: 8 }),
        fc.constantFrom('__proto__', 'constructor', 'permessage-deflate'),
      );
      const values = fc.array(fc.oneof(tokens, fc.constant<true>(true)), { minLength: 1, maxLength: 3 });
      const params = fc.array(fc.tuple(tokens, values), { maxLength: 4 }).map((entries) => new Map(entries));
      const offers = fc.array(fc.record({ name: tokens, params }), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(offers, (offered) => {
          expect(plain(parseExtensions(formatExtensions(offered)))).to.deep.equal(plain(offered));
        }),
      );
    });
  });

  it('either parses a header to what formats and parses alike, or refuses it', () => {
    const headers = fc.string({ unit: fc.constantFrom(...'ab;;,,==""\\ \t\0'), maxLength: 30 });
    fc.assert(
      fc.property(headers, (header) => {
        let offers: ExtensionOffer[];
        try {
          offers = parseExtensions(header);
        } catch (error) {
          expect((error as WebSocketError).code).to.equal('ERR_WS_INVALID_EXTENSIONS_HEADER');
          return;
        }
        expect(plain(parseExtensions(formatExtensions(offers)))).to.deep.equal(plain(offers));
      }),
      { numRuns: 3000 },
    );
  });
});
