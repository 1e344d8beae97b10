import { expect } from 'chai';
import fc from 'fast-check';
import { Utf8Validator, decodeText } from '../../lib/protocol/utf8.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

const G = 'cebae1bdb9cf83cebcceb5';
const S = '48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121';
const E = '656469746564';

const INCOMPLETE = 'c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf';
const LEADS = [range(0xc0, 0xde), range(0xe0, 0xee), range(0xf0, 0xf6), range(0xf8, 0xfa), [0xfc]];

const VALID: Record<string, string[]> = {
  'text with letters of Latin-1 and Greek': ['', S, G],
  'one sequence of each length': [
    '68656c6c6f24776f726c64',
    '68656c6c6fc2a2776f726c64',
    '68656c6c6fe282ac776f726c64',
    '68656c6c6ff0a4ada2776f726c64',
  ],
  'prefixes that end between sequences': [2, 5, 7, 9, 11].map((octets) => G.slice(0, 2 * octets)),
  'the smallest of each length': ['00', 'c280', 'e0a080', 'f0908080'],
  'the largest of each length': ['7f', 'dfbf', 'efbfbf', 'f48fbfbf'],
  'the neighbours of the surrogates, U+FFFD, U+10FFFF': ['ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf'],
  'non-characters': [
    'efbfbe efbfbf',
    ...range(1, 16)
      .flatMap((plane) => [0xfffe, 0xffff].map((low) => plane * 0x10000 + low))
      .map(encode),
  ],
  specials: ['efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf'],
  'a byte order mark': ['efbbbf', 'efbbbf61'],
};

const INVALID: Record<string, string[]> = {
  'a surrogate in the middle': [`${G}eda080${E}`],
  'U+110000 in the middle': [`${G}f4908080${E}`],
  'forms of five and six octets': ['f888808080', 'fc8480808080', 'f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'],
  'what is above U+10FFFF': ['f4908080', 'f5808080'],
  'stray continuation octets': [
    ...['80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf'],
    Buffer.from(range(0x80, 0xbe)).toString('hex'),
  ],
  'lonely lead octets': LEADS.map((leads) => leads.map((lead) => `${lead.toString(16)}20`).join('')),
  'sequences that miss their last octet, one after the other': [INCOMPLETE],
  'octets that never occur': ['fe', 'ff', 'fefeffff'],
  'overlong forms of "/"': ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'],
  'the largest overlong forms': ['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'],
  'overlong forms of NUL': ['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'],
  'single surrogates': ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'],
  'pairs of surrogates': ['eda080', 'edadbf', 'edae80', 'edafbf'].flatMap((high) => [
    `${high}edb080`,
    `${high}edbfbf`,
  ]),
};

const CUT_OFF: string[] = [
  ...[1, 3, 4, 6, 8, 10].map((octets) => G.slice(0, 2 * octets)),
  ...INCOMPLETE.split(' '),
];

/** Octets and the index of the one at which they become impossible. */
const FIRST_WRONG: [string, number][] = [
  ['c0', 0],
  ['c1', 0],
  ['f5', 0],
  ['ff', 0],
  ['80', 0],
  ['e080', 1],
  ['e09f', 1],
  ['eda0', 1],
  ['edbf', 1],
  ['f080', 1],
  ['f08f', 1],
  ['f490', 1],
  ['f4bf', 1],
  ['c27f', 1],
  ['c2c0', 1],
  ['e18041', 2],
  ['e180c0', 2],
  ['f1808041', 3],
  ['f18080ff', 3],
  [`${G}eda080${E}`, 12],
  [`${G}f4908080${E}`, 12],
];

function encode(codePoint: number): string {
  return Buffer.from(String.fromCodePoint(codePoint)).toString('hex');
}

/** Judges by the platform's decoder, which shares nothing with ours. */
function isValid(octets: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(octets);
    return true;
  } catch {
    return false;
  }
}

/** Tells whether some text begins with these octets: whether one of the possible endings makes them valid. */
function canBecomeValid(octets: Uint8Array): boolean {
  const endings = ['', '80', '8080', 'a080', '808080', '908080'];
  return endings.some((ending) => isValid(Buffer.concat([octets, hex(ending)])));
}

/** Pushes the pieces; gives the index of the octet the validator failed at, -1 if none. */
function firstWrong(octets: Uint8Array): number {
  const validator = new Utf8Validator();
  for (let i = 0; i < octets.length; i++) if (!validator.push(octets, i, i + 1)) return i;
  return -1;
}

function validates(...pieces: Uint8Array[]): boolean {
  const validator = new Utf8Validator();
  return pieces.every((piece) => validator.push(piece, 0, piece.length)) && validator.isComplete;
}

/** Puts octets before, between and behind long text, so that they meet the native check at every edge. */
function surroundings(octets: Uint8Array): Buffer[] {
  const long = Buffer.from('text in which ascii and ünïcode meet, long enough: '.repeat(3));
  return [Buffer.concat([octets, long]), Buffer.concat([long, octets]), Buffer.concat([long, octets, long])];
}

describe('Utf8Validator', () => {
  describe('sequences (RFC 3629)', () => {
    for (const [what, samples] of Object.entries(VALID)) {
      it(`takes ${what}, at every cut`, () => {
        for (const sample of samples) {
          const octets = hex(sample);
          for (let cut = 0; cut <= octets.length; cut++) {
            const label = `${sample} cut at ${String(cut)}`;
            expect(validates(octets.subarray(0, cut), octets.subarray(cut)), label).to.equal(true);
          }
          expect(firstWrong(octets), sample).to.equal(-1);
        }
      });
    }

    for (const [what, samples] of Object.entries(INVALID)) {
      it(`refuses ${what}, at every cut`, () => {
        for (const sample of samples) {
          const octets = hex(sample);
          for (let cut = 0; cut <= octets.length; cut++) {
            const label = `${sample} cut at ${String(cut)}`;
            expect(validates(octets.subarray(0, cut), octets.subarray(cut)), label).to.equal(false);
          }
        }
      });
    }

    it('refuses to end inside of a sequence', () => {
      for (const sample of CUT_OFF) expect(validates(hex(sample)), sample).to.equal(false);
      const validator = new Utf8Validator();
      expect(validator.isComplete).to.equal(true);
      expect(validator.push(hex('f09d84'), 0, 3)).to.equal(true);
      expect(validator.isComplete).to.equal(false);
      expect(validator.push(hex('9e'), 0, 1)).to.equal(true);
      expect(validator.isComplete).to.equal(true);
    });

    it('fails at the first wrong octet', () => {
      for (const [sample, at] of FIRST_WRONG) {
        expect(firstWrong(hex(sample)), sample).to.equal(at);
        expect(new Utf8Validator().push(hex(sample), 0, at), `${sample} before`).to.equal(true);
        expect(new Utf8Validator().push(hex(sample), 0, at + 1), `${sample} whole`).to.equal(false);
      }
    });

    it('fails at the first wrong octet at the end of a long piece too', () => {
      const long = Buffer.from('ascii '.repeat(20));
      for (const [sample, at] of FIRST_WRONG) {
        const octets = Buffer.concat([long, hex(sample)]);
        const end = long.length + at;
        expect(new Utf8Validator().push(octets, 0, end), `${sample} before`).to.equal(true);
        expect(new Utf8Validator().push(octets, 0, end + 1), `${sample} whole`).to.equal(false);
      }
    });

    it('fails at the first octet of a long piece when that does not go on with a sequence begun before', () => {
      const long = Buffer.from('ascii '.repeat(20));
      for (const begun of ['c2', 'e180', 'f18080']) {
        const validator = new Utf8Validator();
        expect(validator.push(hex(begun), 0, begun.length / 2), begun).to.equal(true);
        expect(validator.push(long, 0, long.length), begun).to.equal(false);
      }
    });

    it('takes a long piece that ends inside of a sequence of the smallest lead octet, or behind it', () => {
      const long = Buffer.from('ascii '.repeat(20));
      for (const [sequence, length] of [
        ['c280', 2],
        ['e0a080', 3],
        ['f0908080', 4],
      ] as const) {
        for (let octets = 1; octets <= length; octets++) {
          const piece = Buffer.concat([long, hex(sequence).subarray(0, octets)]);
          const validator = new Utf8Validator();
          const label = `${String(octets)} of ${sequence}`;
          expect(validator.push(piece, 0, piece.length), label).to.equal(true);
          expect(validator.isComplete, label).to.equal(octets === length);
        }
      }
    });

    it('starts afresh after a reset, wherever it stood', () => {
      for (const sample of ['e0', 'ed', 'f0', 'f4', 'e180', 'f18080']) {
        const validator = new Utf8Validator();
        validator.push(hex(sample), 0, sample.length / 2);
        validator.reset();
        expect(validator.isComplete, sample).to.equal(true);
        for (const next of ['c280', 'c2bf']) expect(validator.push(hex(next), 0, 2), sample).to.equal(true);
      }
    });

    it('clones itself wherever it stands, and goes its own way from there', () => {
      for (const [begun, right, wrong] of [
        ['', '61', '80'],
        ['e0', 'a080', '8080'],
        ['ed', '9f80', 'a080'],
        ['f48f', '8080', '9041'],
      ] as const) {
        const validator = new Utf8Validator();
        expect(validator.push(hex(begun), 0, begun.length / 2)).to.equal(true);
        const clone = validator.clone();
        expect(clone.push(hex(wrong), 0, wrong.length / 2), `${begun} ${wrong}`).to.equal(false);
        expect(validator.clone().push(hex(right), 0, right.length / 2), `${begun} ${right}`).to.equal(true);
        expect(validator.isComplete, begun).to.equal(begun === '');
        expect(validator.push(hex(right), 0, right.length / 2), begun).to.equal(true);
      }
    });

    it('looks at the octets from start to end only', () => {
      expect(new Utf8Validator().push(hex('ff61ff'), 1, 2)).to.equal(true);
      const long = Buffer.concat([hex('ff'), Buffer.alloc(200, 'a'), hex('ff')]);
      expect(new Utf8Validator().push(long, 1, 201)).to.equal(true);
      const offset = Buffer.from(new ArrayBuffer(300), 17, 200).fill('a');
      offset[199] = 0xc2;
      expect(new Utf8Validator().push(offset, 0, 199)).to.equal(true);
      expect(new Utf8Validator().push(offset, 0, 200)).to.equal(true);
    });
  });

  describe('against the platform', () => {
    it('agrees about all sequences of one and two octets, octet by octet', () => {
      const octets = Buffer.alloc(2);
      for (let first = 0; first < 256; first++) {
        octets[0] = first;
        const begins = canBecomeValid(octets.subarray(0, 1));
        expect(new Utf8Validator().push(octets, 0, 1), first.toString(16)).to.equal(begins);
        if (!begins) continue;
        for (let second = 0; second < 256; second++) {
          octets[1] = second;
          const validator = new Utf8Validator();
          if (validator.push(octets, 0, 2) !== canBecomeValid(octets)) expect.fail(octets.toString('hex'));
        }
      }
    }).timeout(60_000);

    it('agrees about all sequences of one, two and three octets with the table that encoding gives', () => {
      // Every way a sequence can begin, and whether it is complete there; as numbers with a 1 in front.
      const complete = new Map<number, boolean>();
      for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
        if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
        // Three octets are all that is looked at: of four-octet sequences every 64th shows every beginning.
        if (codePoint > 0x10000 && codePoint % 64 !== 0) continue;
        const octets = Buffer.from(String.fromCodePoint(codePoint));
        let beginning = 1;
        for (const [i, octet] of octets.entries()) {
          beginning = beginning * 256 + octet;
          complete.set(beginning, i === octets.length - 1);
        }
      }
      const advance = (state: number, octet: number) => {
        const beginning = state * 256 + octet;
        const ends = complete.get(beginning);
        return ends === undefined ? 0 : ends ? 1 : beginning;
      };
      const validator = new Utf8Validator();
      const octets = Buffer.alloc(3);
      const check = (length: number, state: number) => {
        validator.reset();
        const pushed = validator.push(octets, 0, length);
        if (pushed !== state > 0 || (pushed && validator.isComplete !== (state === 1))) {
          expect.fail(octets.toString('hex', 0, length));
        }
      };
      for (let first = 0; first < 256; first++) {
        octets[0] = first;
        const one = advance(1, first);
        check(1, one);
        for (let second = 0; second < 256; second++) {
          octets[1] = second;
          const two = one === 0 ? 0 : advance(one, second);
          check(2, two);
          for (let third = 0; third < 256; third++) {
            octets[2] = third;
            check(3, two === 0 ? 0 : advance(two, third));
          }
        }
      }
    }).timeout(60_000);

    it('agrees about sequences of four octets taken at the edges of every range', () => {
      const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
      for (const first of range(0xe0, 0xff)) {
        for (const second of edges) {
          for (const third of edges) {
            for (const fourth of edges) {
              const octets = Buffer.from([first, second, third, fourth]);
              const expected = isValid(octets);
              if (
                validates(octets) !== expected ||
                (decodeText(octets, 0, 4, -1) !== undefined) !== expected
              ) {
                expect.fail(octets.toString('hex'));
              }
            }
          }
        }
      }
    }).timeout(60_000);

    it('agrees about sequences at the edges of long text, cut anywhere', () => {
      const samples = [...Object.values(VALID).flat(), ...Object.values(INVALID).flat(), ...CUT_OFF];
      for (const sample of samples) {
        for (const octets of surroundings(hex(sample))) {
          const expected = isValid(octets);
          expect(validates(octets), octets.toString('hex')).to.equal(expected);
          for (let cut = 0; cut < octets.length; cut += 1 + Math.floor(octets.length / 40)) {
            const pieces = [octets.subarray(0, cut), octets.subarray(cut)];
            expect(validates(...pieces), `${octets.toString('hex')} cut at ${String(cut)}`).to.equal(
              expected,
            );
          }
        }
      }
    }).timeout(60_000);

    it('agrees about random octets in random pieces', () => {
      const octet = fc.oneof(fc.nat(255), fc.constantFrom(0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xf0, 0xf4));
      const text = fc.string({ unit: 'binary', maxLength: 80 }).map((value) => Buffer.from(value));
      const noise = fc.array(octet, { maxLength: 8 }).map((value) => Buffer.from(value));
      fc.assert(
        fc.property(
          text,
          noise,
          text,
          fc.array(fc.nat(400), { maxLength: 4 }),
          (before, middle, after, cuts) => {
            const octets = Buffer.concat([before, middle, after]);
            const inside = cuts.filter((cut) => cut <= octets.length).sort((a, b) => a - b);
            const bounds = [0, ...inside, octets.length];
            const pieces = bounds.slice(1).map((end, i) => octets.subarray(bounds[i], end));
            const expected = isValid(octets);
            expect(validates(...pieces)).to.equal(expected);
            const wrong = firstWrong(octets);
            if (wrong === -1) return;
            expect(canBecomeValid(octets.subarray(0, wrong))).to.equal(true);
            expect(canBecomeValid(octets.subarray(0, wrong + 1))).to.equal(false);
          },
        ),
        { numRuns: 500 },
      );
    }).timeout(60_000);
  });
});

describe('decodeText', () => {
  const or = (octets: Uint8Array) => octets.reduce((all, octet) => all | octet, 0);

  it('decodes ASCII, whether it is known to be ASCII or not', () => {
    const octets = Buffer.from('xxHello\0\x7f!yy');
    expect(decodeText(octets, 2, 10, 0x7f)).to.equal('Hello\0\x7f!');
    expect(decodeText(octets, 2, 10, -1)).to.equal('Hello\0\x7f!');
    expect(decodeText(octets, 2, 2, 0)).to.equal('');
    expect(decodeText(octets, 2, 2, -1)).to.equal('');
  });

  it('gives all code points back', () => {
    let text = '';
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += codePoint < 0x3000 ? 1 : 7) {
      if (codePoint < 0xd800 || codePoint > 0xdfff) text += String.fromCodePoint(codePoint);
    }
    const octets = Buffer.from(text);
    expect(decodeText(octets, 0, octets.length, or(octets)) === text).to.equal(true);
    expect(decodeText(octets, 0, octets.length, -1) === text).to.equal(true);
  });

  it('gives the text of valid samples and undefined for invalid ones', () => {
    for (const sample of Object.values(VALID).flat()) {
      const octets = hex(sample);
      const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(octets);
      for (const known of [or(octets), -1]) {
        expect(decodeText(octets, 0, octets.length, known), sample).to.equal(expected);
        const inside = Buffer.concat([hex('ff'), octets, hex('ff')]);
        expect(decodeText(inside, 1, octets.length + 1, known), sample).to.equal(expected);
      }
    }
    for (const sample of [...Object.values(INVALID).flat(), ...CUT_OFF]) {
      const octets = hex(sample);
      for (const known of [or(octets), -1]) {
        expect(decodeText(octets, 0, octets.length, known), sample).to.equal(undefined);
      }
    }
  });

  it('keeps a leading byte order mark', () => {
    expect(decodeText(hex('efbbbf61'), 0, 4, 0xff)).to.equal('\ufeffa');
  });

  it('keeps a U+FFFD that was sent', () => {
    expect(decodeText(hex('61efbfbd'), 0, 4, 0xff)).to.equal('a\ufffd');
  });

  it('agrees with the platform about all sequences of two octets', () => {
    const octets = Buffer.alloc(2);
    for (let pair = 0; pair < 65_536; pair++) {
      octets.writeUInt16BE(pair);
      if ((decodeText(octets, 0, 2, -1) !== undefined) !== isValid(octets))
        expect.fail(octets.toString('hex'));
    }
  }).timeout(60_000);
});
