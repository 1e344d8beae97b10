import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { globMatch } from '../../lib/connection/glob.js';

type Pair = readonly [pattern: string, subject: string];

/** Expectations come from tclsh 8.6.13; the differential spec below asks the one at hand again. */
const TABLE: readonly (readonly [pattern: string, subject: string, matches: boolean])[] = [
  // Stars and question marks.
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', '/any/thing', true],
  ['**', 'a', true],
  ['?', '', false],
  ['?', '/', true],
  ['/chat/*', '/chat/', true],
  ['/chat/*', '/chat/a/b', true],
  ['/chat/*', '/chat', false],
  ['/chat/*', '/CHAT/a', false],
  ['/chat/?', '/chat/ab', false],
  ['*/b', '/a/b/b', true],
  ['*a*b*', 'xaxbx', true],
  ['*a*b', 'xaxbx', false],
  ['chat.*', 'chat.v1', true],
  ['chat.*', 'chatXv1', false],
  // Sets.
  ['[ab]', 'b', true],
  ['[ab]', 'c', false],
  ['[ab]', '', false],
  ['[ab]', 'ab', false],
  ['[a-c]x', 'bx', true],
  ['[c-a]x', 'bx', true],
  ['[c-a]x', 'dx', false],
  ['[!a]', 'b', false],
  ['[!a]', '!', true],
  ['[!a]', 'a', true],
  ['[^a]', 'b', false],
  ['[^a]', '^', true],
  ['[]', ']', false],
  ['[]', '', false],
  ['[]a]', 'a]', false],
  ['[a', 'a', true],
  ['[a', 'b', false],
  ['[a', 'ax', false],
  ['[ab', 'a', true],
  ['[', '[', false],
  ['[a-', 'a', false],
  ['[a-', '-', false],
  ['[-a]', '-', true],
  ['[-a]', 'a', true],
  ['[a-]', 'a', true],
  ['[a-]', '^', true],
  ['[a-]', '-', false],
  ['[a-]b]', 'b', true],
  ['[xa-]b]', 'xb]', true],
  ['[xa-]b]', 'a', true],
  ['[xa-]b]', 'x', false],
  ['*[xa-]*o]r', 'xar', true],
  ['[*]', '*', true],
  ['[*]', 'a', false],
  ['[?]', 'a', false],
  ['[[]', '[', true],
  // Escapes: outside of sets only.
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['\\?', '?', true],
  ['\\[a]', '[a]', true],
  ['\\a', 'a', true],
  ['\\\\', '\\', true],
  ['a\\', 'a', false],
  ['a\\', 'a\\', false],
  ['*\\', 'a\\', false],
  ['[\\a]', '\\', true],
  ['[\\a]', 'a', true],
  ['[\\]]', '\\]', true],
  ['[\\]]', ']', false],
  // Beyond ASCII.
  ['?', 'é', true],
  ['[à-ï]', 'é', true],
  ['caf\u00e9', 'cafe\u0301', false],
  ['?', '😀', true],
  ['??', '😀', false],
  ['[😀]', '😁', false],
  ['[😀-😂]', '😁', true],
  ['[\uffff-a]', '😁', false],
  ['*😀', 'a😀', true],
];

/**
 * Reads lines of two hex strings (UTF-8 of pattern and subject) and answers each with 1 or 0. Hex keeps quoting out of
 * it. Tcl matches its two inner forms of a string by different code: `string index` brings about the second.
 */
const TCL_PROGRAM = `
  puts [info patchlevel]
  while {[gets stdin line] >= 0} {
    foreach hex [split $line " "] name {pattern subject} {
      set $name [encoding convertfrom utf-8 [binary format H* $hex]]
    }
    set first [string match $pattern $subject]
    string index $pattern 0
    string index $subject 0
    puts "$first [string match $pattern $subject]"
  }
  exit`;

/** Asks one tclsh process about all pairs; skips the test where there is none, except on CI. */
function askTcl(test: Mocha.Context, pairs: readonly Pair[]): boolean[] {
  const hex = (text: string) => Buffer.from(text).toString('hex');
  const lines = pairs.map(([pattern, subject]) => `${hex(pattern)} ${hex(subject)}\n`);
  const { error, stdout, stderr } = spawnSync('tclsh', {
    input: `eval {${TCL_PROGRAM}}\n${lines.join('')}`,
    encoding: 'latin1',
    maxBuffer: 1 << 26,
  });
  if (error !== undefined) {
    if (process.env['CI']) throw error;
    console.log('      missing peer: tclsh (Debian package tcl)');
    test.skip();
  }
  const [version, ...answers] = stdout.trimEnd().split('\n');
  expect(version, stderr).to.match(/^8\.6\.\d+$/);
  expect(answers).to.have.lengthOf(pairs.length);
  return answers.map((answer, index) => {
    // About astral characters the two codes of Tcl differ; the first is what a string just received meets.
    const isAstral = /[\u{10000}-\u{10ffff}]/u.test((pairs[index] as Pair).join(''));
    if (!isAstral)
      expect(answer, `both codes on ${JSON.stringify(pairs[index])}`).to.be.oneOf(['0 0', '1 1']);
    return answer.startsWith('1');
  });
}

/** Makes the same pseudo-random numbers on each run (mulberry32). */
function* random(seed: number): Generator<number, never> {
  for (;;) {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

describe('globMatch', () => {
  for (const [pattern, subject, matches] of TABLE) {
    it(`${JSON.stringify(pattern)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(subject)}`, () => {
      expect(globMatch(pattern, subject)).to.equal(matches);
    });
  }

  describe('beside tclsh', () => {
    it('agrees on the table above', function () {
      expect(
        askTcl(
          this,
          TABLE.map(([pattern, subject]) => [pattern, subject]),
        ),
      ).to.deep.equal(TABLE.map(([, , matches]) => matches));
    });

    it('agrees on 30,000 random pairs', function () {
      this.timeout(20_000);
      const numbers = random(6455);
      const text = (alphabet: readonly string[], maxLength: number) =>
        Array.from(
          { length: Math.floor(numbers.next().value * (maxLength + 1)) },
          () => alphabet[Math.floor(numbers.next().value * alphabet.length)],
        ).join('');
      const all = Array.from('*?[]\\-^!abz/é😀');
      const few = Array.from('*[]-ab');
      const pairs = Array.from({ length: 30_000 }, (_, index): Pair => {
        const isDense = index % 2 === 0;
        return [text(isDense ? few : all, 8), text(isDense ? Array.from('ab]-') : all, 5)];
      });
      const answers = askTcl(this, pairs);
      expect(answers.filter(Boolean).length, 'pairs that match').to.be.greaterThan(1000);
      for (const [index, [pattern, subject]] of pairs.entries()) {
        expect(globMatch(pattern, subject), JSON.stringify([pattern, subject])).to.equal(answers[index]);
      }
    });
  });

  it('ends on patterns that make a backtracking matcher take for ever', () => {
    expect(globMatch(`${'a*'.repeat(30)}b`, 'a'.repeat(10_000))).to.equal(false);
    expect(globMatch(`${'*a'.repeat(30)}b`, 'a'.repeat(10_000))).to.equal(false);
    expect(globMatch(`${'*[a-z]?'.repeat(30)}b`, 'a'.repeat(10_000))).to.equal(false);
    expect(globMatch('*'.repeat(1000), 'a'.repeat(10_000))).to.equal(true);
  });
});
