import { expect } from 'chai';
import { isUtf8 } from 'node:buffer';
import { ProtocolError } from '../../lib/errors.js';
import { FrameParser } from '../../lib/protocol/frame-parser.js';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import { MessageAssembler } from '../../lib/protocol/message-assembler.js';
import { ROLES } from '../wire-peer.js';
import {
  Differences,
  observeEach,
  withoutStacks,
  type ObservedConnection,
} from './oracle/observed-connection.js';
import { REPRESENTATIVES, ROWS, decode, judge, sequences, type Judgement } from './oracle/utf8-table.js';

/*
 * Every UTF-8 sequence of up to four octets, at every cut: a text has to fail at the first octet with which no text can
 * go on (RFC 6455 §8.1, RFC 3629 §4), in whatever pieces it comes.
 *
 * There are 2^32 sequences of four octets. All 65,536 of the first two are tried; behind them, and at every cut, the 24
 * octets that stand for all others (see REPRESENTATIVES).
 */

const KEY = [0xa1, 0xb2, 0xc3, 0xd4];
const ALL = Array.from({ length: 256 }, (_, octet) => octet);
const FOUR = [REPRESENTATIVES, REPRESENTATIVES, REPRESENTATIVES, REPRESENTATIVES];
const INVALID = 'ERR_WS_INVALID_UTF8';

/** Takes what an assembler finds. Also whatever is of no concern here. */
class TextLog {
  text = '';
  onText(text: string): void {
    this.text = text;
  }
  onFragment({ data }: { data: string | Buffer }): void {
    this.text += data.toString();
  }
  onUtf8(octets: Buffer): void {
    this.text = octets.toString();
  }
  onBinary(): void {}
  onPing(): void {}
  onPong(): void {}
  onClose(): void {}
  onCompressed(): void {}
  onCompressedPiece(): void {}
}

const budget = new MemoryBudget<object>(Infinity, () => {});

/** Reads one text message; each step answers with the name of the rule that was broken, or with nothing. */
class TextReader {
  readonly #log = new TextLog();
  readonly #masked: boolean;
  readonly #parser: FrameParser;
  #opcode = 1;
  #offset = 0;

  constructor(masked: boolean, fragments: boolean) {
    this.#masked = masked;
    const limits = { maxMessageBytes: 512, maxEmptyFragments: 0, fragments };
    const assembler = new MessageAssembler(this.#log, limits, budget, this);
    this.#parser = new FrameParser(assembler, { masked, compression: false });
  }

  get text(): string {
    return this.#log.text;
  }

  /** Reads a frame's header; it must do no harm. */
  header(length: number, fin: boolean): string {
    return this.#read(this.#header(length, fin));
  }

  /** Reads octets of the present frame's payload. */
  payload(octets: readonly number[]): string {
    return this.#read(this.#mask(octets));
  }

  /** Reads a frame that comes in one chunk. */
  frame(octets: readonly number[], fin: boolean): string {
    return this.#read([...this.#header(octets.length, fin), ...this.#mask(octets)]);
  }

  #header(length: number, fin: boolean): number[] {
    const first = (fin ? 0x80 : 0) | this.#opcode;
    const bit = this.#masked ? 0x80 : 0;
    const field = length < 126 ? [bit | length] : [bit | 126, length >> 8, length & 0xff];
    this.#opcode = 0;
    this.#offset = 0;
    return [first, ...field, ...(this.#masked ? KEY : [])];
  }

  #mask(octets: readonly number[]): readonly number[] {
    const start = this.#offset;
    this.#offset += octets.length;
    return this.#masked ? octets.map((octet, i) => octet ^ KEY[(start + i) % 4]!) : octets;
  }

  #read(chunk: readonly number[]): string {
    try {
      this.#parser.push(Buffer.from(chunk));
      this.#parser.parse(Infinity);
      return '';
    } catch (error) {
      return error instanceof ProtocolError && error.closeCode === 1007 ? error.code : String(error);
    }
  }
}

/** Lists the ways to cut a sequence, none included, into pieces. */
function cuts(octets: readonly number[]): (readonly number[])[][] {
  const ways: (readonly number[])[][] = [];
  for (let places = 0; places < 1 << (octets.length - 1); places++) {
    const pieces: number[][] = [[]];
    for (const [index, octet] of octets.entries()) {
      pieces.at(-1)!.push(octet);
      if (((places >> index) & 1) === 1 && index < octets.length - 1) pieces.push([]);
    }
    ways.push(pieces);
  }
  return ways;
}

/** Is how a message that comes in pieces is read: as chunks of one frame, or as frames. */
type Way = 'chunks' | 'frames';

const show = (pieces: readonly (readonly number[])[]): string =>
  pieces.map((piece) => Buffer.from(piece).toString('hex')).join('-');

/** Is what has to become of a message: what the table says of it, and its text if it is one. */
interface Verdict extends Judgement {
  readonly text: string;
}

function verdictOf(octets: readonly number[]): Verdict {
  const judgement = judge(octets);
  const isText = judgement.wrongAt === undefined && judgement.isComplete;
  return { ...judgement, text: isText ? decode(octets) : '' };
}

/** Reads a message in pieces, and compares at which of them it fails with what has to be. */
function tryPieces(
  pieces: readonly (readonly number[])[],
  { wrongAt = Infinity, isComplete, text }: Verdict,
  way: Way,
  reader: TextReader,
  differences: Differences,
): void {
  const what = (index: number): string => `${show(pieces)} in ${way}, piece ${index}`;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (way === 'chunks') differences.compare(() => what(-1), reader.header(length, true), '');
  let seen = 0;
  for (const [index, piece] of pieces.entries()) {
    const isLast = index === pieces.length - 1;
    const answer = way === 'chunks' ? reader.payload(piece) : reader.frame(piece, isLast);
    const isWrong = wrongAt < seen + piece.length || (isLast && !isComplete);
    differences.compare(() => what(index), answer, isWrong ? INVALID : '');
    if (answer !== '' || isWrong) return;
    seen += piece.length;
  }
  differences.compare(() => what(pieces.length), reader.text, text);
}

/** Gives the octets of all characters, as the rows of the table have them, in texts of some 256 octets. */
function* texts(): Generator<readonly number[]> {
  let text: number[] = [];
  for (const row of ROWS) {
    for (const octets of rowOctets(row)) {
      text.push(...octets);
      if (text.length >= 256) {
        yield text;
        text = [];
      }
    }
  }
  yield text;
}

function* rowOctets([range, ...rest]: (typeof ROWS)[number]): Generator<readonly number[]> {
  if (range === undefined) {
    yield [];
    return;
  }
  for (let octet = range[0]; octet <= range[1]; octet++)
    for (const behind of rowOctets(rest)) yield [octet, ...behind];
}

describe('UTF-8, sequence by sequence (RFC 6455 §8.1, RFC 3629 §4)', function () {
  this.timeout(120_000);
  withoutStacks();

  const expectNone = ({ shown, count }: Differences): void => {
    expect(shown, `${count} differences`).to.deep.equal([]);
  };

  describe('the table', () => {
    it('has a row for every character: all code points but the surrogates', () => {
      const size = ROWS.map((row) => row.reduce((product, [low, high]) => product * (high - low + 1), 1));
      expect(size.reduce((sum, one) => sum + one)).to.equal(0x11_0000 - 0x800);
    });

    it('has fourteen classes of octets, with 24 ends', () => {
      expect(Buffer.from(REPRESENTATIVES).toString('hex')).to.equal(
        '007f808f909fa0bfc0c1c2dfe0e1ecedeeeff0f1f3f4f5ff',
      );
    });

    it('agrees with Node on whole texts', () => {
      const differences = new Differences();
      for (const octets of sequences(FOUR)) {
        const { wrongAt, isComplete } = judge(octets);
        const whole = wrongAt === undefined && isComplete;
        differences.compare(() => show([octets]), whole, isUtf8(Buffer.from(octets)));
        if (whole) differences.compare(() => show([octets]), decode(octets), Buffer.from(octets).toString());
      }
      expectNone(differences);
    });
  });

  for (const role of ROLES) {
    const masked = role === 'server';

    const newReader = (fragments = false): TextReader => new TextReader(masked, fragments);

    // Handing on in fragments begins once a frame is unmasked, so that one role will do.
    for (const fragments of masked ? [false, true] : [false]) {
      it(`fails at the first wrong octet, at every cut, in the ${role} role${fragments ? ', handed on in fragments' : ''}`, () => {
        const differences = new Differences();
        let count = 0;
        for (const octets of sequences(FOUR)) {
          const verdict = verdictOf(octets);
          for (const pieces of cuts(octets)) {
            tryPieces(pieces, verdict, 'chunks', newReader(fragments), differences);
            tryPieces(pieces, verdict, 'frames', newReader(fragments), differences);
            count += 2;
          }
        }
        expectNone(differences);
        expect(count).to.be.above(100_000);
      });
    }

    it(`fails for all 65,536 first two octets, and what stands behind them, in the ${role} role`, () => {
      const differences = new Differences();
      // A character that is whole leaves no trace: what follows it was tried as a first octet.
      const walks = [
        sequences([ALL, ALL]),
        sequences([ALL.filter((octet) => octet >= 0xe0), ALL, REPRESENTATIVES]),
        sequences([ALL.filter((octet) => octet >= 0xf0), ALL, REPRESENTATIVES, REPRESENTATIVES]),
      ];
      for (const walk of walks) {
        for (const octets of walk) {
          const verdict = verdictOf(octets);
          const apart = octets.map((octet) => [octet]);
          tryPieces([octets], verdict, 'frames', newReader(), differences);
          tryPieces(apart, verdict, 'chunks', newReader(), differences);
        }
      }
      expectNone(differences);
    });

    it(`fails whatever follows the wrong octet in the ${role} role`, () => {
      const differences = new Differences();
      for (const octets of sequences(FOUR)) {
        const verdict = verdictOf(octets);
        if (verdict.wrongAt === undefined) continue;
        for (const tail of [[0x41], [0xbf, 0xbf]])
          for (const way of ['chunks', 'frames'] as const) {
            tryPieces([[...octets, ...tail]], verdict, way, newReader(), differences);
            // Known before the message goes on.
            tryPieces([octets, tail], verdict, way, newReader(), differences);
            if (masked) tryPieces([octets, tail], verdict, way, newReader(true), differences);
          }
      }
      expectNone(differences);
    });

    it(`fails at the first wrong octet of a long text in the ${role} role`, () => {
      const differences = new Differences();
      const latin = Array.from({ length: 66 }, (_, i) => 0x61 + (i % 26));
      const greek = Array.from({ length: 130 }, (_, i) => (i % 2 === 0 ? 0xce : 0xb1));
      const [three, leads] = [FOUR.slice(1), REPRESENTATIVES.filter((octet) => octet >= 0xf0)];
      for (const octets of [...sequences(three), ...sequences([leads, ...three])]) {
        const [head, last] = [octets.slice(0, -1), octets.slice(-1)];
        // What has to become of the octets with a text in front of them, and with one behind them too.
        const alone = verdictOf(octets);
        const followed = verdictOf([...octets, 0x61]);
        for (const text of [latin.slice(0, 61), latin.slice(0, 64), greek]) {
          const behind = (verdict: Verdict, more = ''): Verdict => ({
            ...verdict,
            wrongAt: verdict.wrongAt === undefined ? undefined : text.length + verdict.wrongAt,
            text: decode(text) + verdict.text + more,
          });
          const more = decode(latin.slice(1));
          if (head.length > 0) {
            // All that may still become a text, and then the octet that decides.
            tryPieces([[...text, ...head], last], behind(alone), 'chunks', newReader(), differences);
            const rest = [...last, ...latin];
            tryPieces([[...text, ...head], rest], behind(followed, more), 'chunks', newReader(), differences);
          }
          tryPieces(
            [text, [...octets, ...latin]],
            behind(followed, more),
            'frames',
            newReader(),
            differences,
          );
          tryPieces(
            [[...text, ...octets], latin],
            behind(followed, more),
            'frames',
            newReader(),
            differences,
          );
          tryPieces(
            [[...text, ...octets, ...latin]],
            behind(followed, more),
            'frames',
            newReader(),
            differences,
          );
        }
      }
      expectNone(differences);
    });

    it(`takes every character there is, the replacement character too, in the ${role} role`, () => {
      const differences = new Differences();
      let count = 0;
      for (const octets of texts()) {
        const text = decode(octets);
        count += [...text].length;
        const verdict = { wrongAt: undefined, isComplete: true, text };
        tryPieces([octets], verdict, 'frames', newReader(), differences);
        tryPieces([octets.slice(0, 1), octets.slice(1)], verdict, 'chunks', newReader(), differences);
        tryPieces(
          [[...octets, 0x80]],
          { ...verdict, wrongAt: octets.length },
          'frames',
          newReader(),
          differences,
        );
      }
      expectNone(differences);
      expect(count).to.equal(0x11_0000 - 0x800);
    });

    it(`fails a connection in the ${role} role with 1007 as soon as the wrong octet is there`, async () => {
      const differences = new Differences();
      const wrong = [...sequences(FOUR.slice(1))].filter((octets) => judge(octets).wrongAt !== undefined);
      const key = masked ? KEY : [0, 0, 0, 0];
      const begin = (observed: ObservedConnection, octets: readonly number[]): void => {
        // More is announced than ever comes.
        const header = masked ? [0x81, 0x80 | 100, ...KEY] : [0x81, 100];
        observed.receive(Buffer.from(header));
        for (const [index, octet] of octets.entries()) {
          differences.compare(() => `${show([octets])} before ${index}`, observed.told.join(), '');
          observed.receive(Buffer.from([octet ^ key[index % 4]!]));
        }
        differences.compare(() => show([octets]), observed.told.join(), 'closing 1007 local');
      };
      const count = await observeEach(role, wrong, begin, (observed, octets) => {
        differences.compare(() => show([octets]), observed.sent.join(), 'close 1007');
        differences.compare(
          () => show([octets]),
          observed.told.join(', '),
          'closing 1007 local, disconnect 1006',
        );
        differences.compare(() => show([octets]), observed.broken, INVALID);
      });
      expectNone(differences);
      expect(count).to.equal(wrong.length).and.to.be.above(1000);
    });
  }
});
