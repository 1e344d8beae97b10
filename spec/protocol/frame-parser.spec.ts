import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { ProtocolError } from '../../lib/errors.js';
import { FrameParser, type FrameSink } from '../../lib/protocol/frame-parser.js';
import { collectGarbage } from '../garbage-collection.js';
import { PEERS, allCuts, allDoubleCuts, noise, wire, wireFrame, type WireFrame } from './wire.js';

/** A frame as the sink saw it, its pieces joined. */
interface SeenFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv1: boolean;
  /** Hex. */
  readonly payload: string;
}

/** Joins the pieces of frames again, and holds the parser to the promises of the interface. */
class RecordingSink implements FrameSink {
  readonly frames: SeenFrame[] = [];
  readonly masked: boolean;
  calls: string[] = [];
  /** Runs within each call, after it was recorded. */
  during: (call: string) => void = () => {};
  #open: { opcode: number; fin: boolean; rsv1: boolean; length: number; payload: Buffer[] } | undefined;

  constructor(masked: boolean) {
    this.masked = masked;
  }

  /** The frame that is not complete, if there is one. */
  get partial(): SeenFrame | undefined {
    if (this.#open === undefined) return undefined;
    const { opcode, fin, rsv1, payload } = this.#open;
    return { opcode, fin, rsv1, payload: Buffer.concat(payload).toString('hex') };
  }

  onFrame(
    opcode: number,
    fin: boolean,
    rsv1: boolean,
    buffer: Buffer,
    start: number,
    end: number,
    or: number,
  ): void {
    expect(this.#open, 'a frame inside of another').to.equal(undefined);
    expect(opcode).to.be.below(8);
    this.#checkOr(buffer, start, end, or);
    this.frames.push({ opcode, fin, rsv1, payload: buffer.toString('hex', start, end) });
    this.#called('frame');
  }

  onFrameStart(opcode: number, fin: boolean, rsv1: boolean, length: number): void {
    expect(this.#open, 'a frame inside of another').to.equal(undefined);
    expect(length, 'an empty frame is whole').to.be.above(0);
    this.#open = { opcode, fin, rsv1, length, payload: [] };
    this.#called('start');
  }

  onFramePiece(buffer: Buffer, start: number, end: number, key: number, offset: number, last: boolean): void {
    const open = this.#open!;
    expect(end, 'an empty piece').to.be.above(start);
    expect(offset).to.equal(open.payload.reduce((sum, piece) => sum + piece.length, 0));
    if (!this.masked) expect(key).to.equal(0);
    const keyOctets = [key >>> 24, key >>> 16, key >>> 8, key];
    const piece = Buffer.from(buffer.subarray(start, end));
    open.payload.push(piece.map((octet, at) => octet ^ keyOctets[(offset + at) % 4]!) as Buffer);
    const seen = open.payload.reduce((sum, piece) => sum + piece.length, 0);
    expect(last).to.equal(seen === open.length);
    if (last) {
      this.frames.push(this.partial!);
      this.#open = undefined;
    }
    this.#called(last ? 'last piece' : 'piece');
  }

  onControlFrame(opcode: number, buffer: Buffer, start: number, end: number): void {
    expect(opcode).to.be.within(8, 10);
    expect(this.#open, 'a control frame inside of a frame').to.equal(undefined);
    this.frames.push({ opcode, fin: true, rsv1: false, payload: buffer.toString('hex', start, end) });
    this.#called('control');
  }

  #checkOr(buffer: Buffer, start: number, end: number, or: number): void {
    if (!this.masked) expect(or).to.equal(-1);
    else expect((or & 0x80) !== 0).to.equal(buffer.subarray(start, end).some((octet) => octet >= 0x80));
  }

  #called(call: string): void {
    this.calls.push(call);
    this.during(call);
  }
}

interface Setup {
  readonly masked: boolean;
  readonly compression?: boolean;
}

function setUp({ masked, compression = false }: Setup) {
  const sink = new RecordingSink(masked);
  const parser = new FrameParser(sink, { masked, compression });
  return { sink, parser };
}

/** Parses chunks and tells everything that can be seen from outside. */
function outcomeOf(setup: Setup, chunks: readonly Buffer[], maxFrames = Infinity) {
  const { sink, parser } = setUp(setup);
  let error: ProtocolError | undefined;
  try {
    for (const chunk of chunks) {
      parser.push(Buffer.from(chunk));
      while (parser.hasRest) parser.parse(maxFrames);
    }
  } catch (thrown) {
    if (!(thrown instanceof ProtocolError)) throw thrown;
    error = thrown;
  }
  return {
    frames: sink.frames,
    partial: sink.partial,
    error: error && { code: error.code, message: error.message, closeCode: error.closeCode },
  };
}

function expectViolation(setup: Setup, octets: Buffer, code: string): void {
  const { error } = outcomeOf(setup, [octets]);
  expect(error?.code, octets.toString('hex', 0, 20)).to.equal(code);
  expect(error?.closeCode).to.equal(1002);
}

const LENGTHS = [0, 1, 2, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537, 200_000];

/** Streams that are right, and streams that are wrong somewhere; each short enough to be cut everywhere. */
const CORPUS: Readonly<Record<string, readonly WireFrame[]>> = {
  'an empty text': [{ opcode: 1 }],
  'an empty text, then another': [{ opcode: 1 }, { opcode: 1, payload: 'x' }],
  'a text': [{ opcode: 1, payload: 'Hello' }],
  'a text that is not ASCII': [{ opcode: 1, payload: 'Grüße, κόσμε' }],
  'two binaries': [
    { opcode: 2, payload: noise(3) },
    { opcode: 2, payload: noise(9) },
  ],
  '125, 126 and 127 octets': [125, 126, 127].map((length) => ({ opcode: 2, payload: noise(length) })),
  fragments: [
    { opcode: 1, fin: false, payload: 'He' },
    { opcode: 0, fin: false, payload: 'll' },
    { opcode: 0, payload: 'o' },
    { opcode: 2, payload: 'next' },
  ],
  'empty fragments': [{ opcode: 1, fin: false }, { opcode: 0, fin: false }, { opcode: 0 }],
  'control frames between fragments': [
    { opcode: 2, fin: false, payload: 'one' },
    { opcode: 9, payload: 'ping' },
    { opcode: 0, fin: false, payload: 'two' },
    { opcode: 10 },
    { opcode: 8, payload: Buffer.from('03e8', 'hex') },
    { opcode: 0, payload: 'three' },
  ],
  'a ping of 125 octets': [{ opcode: 9, payload: noise(125) }],
  'reserved bits behind a message': [
    { opcode: 1, payload: 'ok' },
    { opcode: 1, rsv: 4, payload: 'no' },
  ],
  'a reserved opcode': [
    { opcode: 9, payload: 'p' },
    { opcode: 3, payload: 'x' },
  ],
  'a reserved control opcode': [{ opcode: 11 }],
  'a fragmented ping': [{ opcode: 9, fin: false, payload: 'p' }],
  'a ping of 126 octets': [{ opcode: 9, payload: noise(126) }],
  'a continuation of nothing': [
    { opcode: 1, payload: 'x' },
    { opcode: 0, payload: 'y' },
  ],
  'a message inside of another': [
    { opcode: 1, fin: false, payload: 'x' },
    { opcode: 2, payload: 'y' },
  ],
  'a 16-bit length that is not minimal': [{ opcode: 2, payload: noise(5), lengthBits: 16 }],
  'a 64-bit length that is not minimal': [{ opcode: 2, payload: noise(5), lengthBits: 64 }],
  'a length with the top bit set': [{ opcode: 2, length: 1n << 63n, payload: noise(3) }],
  'a frame that is not complete': [
    { opcode: 1, payload: 'x' },
    { opcode: 2, length: 70_000, payload: noise(9) },
  ],
  'a ping that is not complete': [{ opcode: 9, length: 20, payload: noise(9) }],
};

/**
 * Says what RFC 6455 forbids about the first two octets of a frame, as a table of its own: which rules they break,
 * by the codes of the errors.
 */
function brokenRules(
  first: number,
  second: number,
  context: { readonly insideMessage: boolean; readonly masked: boolean; readonly compression: boolean },
): Set<string> {
  const opcode = first % 16;
  const fin = first >= 128;
  const [rsv1, rsv2, rsv3] = [64, 32, 16].map((bit) => Math.floor(first / bit) % 2 === 1);
  const isControl = [8, 9, 10].includes(opcode);
  const startsMessage = [1, 2].includes(opcode);
  const broken = new Set<string>();
  const forbid = (code: string, isBroken: boolean | undefined) => isBroken === true && broken.add(code);
  forbid('ERR_WS_UNEXPECTED_RSV', rsv2);
  forbid('ERR_WS_UNEXPECTED_RSV', rsv3);
  // RFC 7692 §6: "Per-message Compressed" is the first fragment's bit; control frames have none.
  forbid('ERR_WS_UNEXPECTED_RSV', rsv1 === true && !(context.compression && startsMessage));
  forbid('ERR_WS_RESERVED_OPCODE', opcode !== 0 && !startsMessage && !isControl);
  forbid('ERR_WS_FRAGMENTED_CONTROL', isControl && !fin);
  forbid('ERR_WS_CONTROL_TOO_LONG', isControl && second % 128 > 125);
  forbid('ERR_WS_UNEXPECTED_CONTINUATION', opcode === 0 && !context.insideMessage);
  forbid('ERR_WS_UNFINISHED_MESSAGE', startsMessage && context.insideMessage);
  forbid('ERR_WS_MASK_REQUIRED', context.masked && second < 128);
  forbid('ERR_WS_MASK_FORBIDDEN', !context.masked && second >= 128);
  return broken;
}

describe('FrameParser', () => {
  for (const { peer, masked, key } of PEERS) {
    const role = { masked };

    describe(`reading ${peer}`, () => {
      describe('frames (RFC 6455 §5.2)', () => {
        it('hands over a frame that is whole in its chunk by offsets, without a copy', () => {
          const { sink, parser } = setUp(role);
          const chunk = wire(key, { opcode: 1, payload: 'Hello' });
          const onFrame = sinon.spy(sink, 'onFrame');
          parser.push(chunk);
          parser.parse(Infinity);
          expect(onFrame.callCount).to.equal(1);
          const [opcode, fin, rsv1, buffer, start, end] = onFrame.args[0]!;
          expect([opcode, fin, rsv1]).to.deep.equal([1, true, false]);
          expect(buffer).to.equal(chunk);
          expect(buffer.toString('latin1', start, end)).to.equal('Hello');
          expect(end).to.equal(chunk.length);
        });

        it('reads every length, at the ends of each encoding', () => {
          for (const length of LENGTHS) {
            const payload = noise(length);
            const { frames } = outcomeOf(role, [wire(key, { opcode: 2, payload })]);
            expect(frames, String(length)).to.deep.equal([
              { opcode: 2, fin: true, rsv1: false, payload: payload.toString('hex') },
            ]);
          }
        });

        it('reads every opcode, with and without FIN, in any order the rules allow', () => {
          const frames: readonly WireFrame[] = [
            { opcode: 1, payload: 'a' },
            { opcode: 2, payload: 'b' },
            { opcode: 8, payload: 'cd' },
            { opcode: 9, payload: 'e' },
            { opcode: 10, payload: 'f' },
            { opcode: 2, fin: false, payload: 'g' },
            { opcode: 9, payload: 'h' },
            { opcode: 0, fin: false, payload: 'i' },
            { opcode: 0, payload: 'j' },
            { opcode: 1, fin: false },
            { opcode: 0 },
          ];
          const seen = outcomeOf(role, [wire(key, ...frames)]).frames;
          expect(seen.map(({ opcode, fin, payload }) => ({ opcode, fin, payload }))).to.deep.equal(
            frames.map(({ opcode, fin = true, payload = '' }) => ({
              opcode,
              fin,
              payload: Buffer.from(payload).toString('hex'),
            })),
          );
        });

        it('hands over RSV1 of either data opcode when compression was negotiated', () => {
          for (const opcode of [1, 2]) {
            const octets = wire(key, { opcode, rsv: 4, fin: false, payload: 'x' }, { opcode: 0 });
            const { frames } = outcomeOf({ masked, compression: true }, [octets]);
            expect(frames.map(({ rsv1 }) => rsv1)).to.deep.equal([true, false]);
          }
        });

        it('announces a frame that goes on in another chunk, then hands over its pieces as they come', () => {
          const { sink, parser } = setUp(role);
          const payload = noise(1000);
          const octets = wire(key, { opcode: 2, fin: false, payload });
          for (const end of [octets.length - 900, octets.length - 1]) {
            parser.push(
              Buffer.from(octets.subarray(end === octets.length - 1 ? octets.length - 900 : 0, end)),
            );
            parser.parse(Infinity);
          }
          expect(sink.calls).to.deep.equal(['start', 'piece', 'piece']);
          expect(sink.partial?.payload).to.equal(payload.toString('hex', 0, 999));
          parser.push(Buffer.from(octets.subarray(octets.length - 1)));
          parser.parse(Infinity);
          expect(sink.calls).to.deep.equal(['start', 'piece', 'piece', 'last piece']);
          expect(sink.frames[0]?.payload).to.equal(payload.toString('hex'));
        });

        it('announces a frame as soon as its header is complete, before any payload', () => {
          for (const length of [1, 126, 65_536]) {
            const { sink, parser } = setUp(role);
            const header = wire(key, { opcode: 2, length });
            parser.push(Buffer.from(header.subarray(0, -1)));
            parser.parse(Infinity);
            expect(sink.calls).to.deep.equal([]);
            parser.push(Buffer.from(header.subarray(-1)));
            parser.parse(Infinity);
            expect(sink.calls).to.deep.equal(['start']);
          }
        });

        it('collects a control frame, so that it is always whole', () => {
          const { sink, parser } = setUp(role);
          const payload = noise(125);
          for (const octet of wire(key, { opcode: 9, payload })) {
            expect(sink.calls).to.deep.equal([]);
            parser.push(Buffer.from([octet]));
            parser.parse(Infinity);
          }
          expect(sink.calls).to.deep.equal(['control']);
          expect(sink.frames[0]?.payload).to.equal(payload.toString('hex'));
        });
      });

      describe('lengths (RFC 6455 §5.2)', () => {
        it('announces lengths up to 2^63-1 and allocates nothing for them', () => {
          const stubs = (['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat'] as const).map((name) =>
            sinon.spy(Buffer, name),
          );
          try {
            for (const length of [2n ** 31n, 2n ** 32n + 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n]) {
              const { sink, parser } = setUp(role);
              const onFrameStart = sinon.spy(sink, 'onFrameStart');
              const header = wireFrame({ opcode: 2, key, length, payload: 'first octets' });
              for (const stub of stubs) stub.resetHistory();
              parser.push(header);
              parser.parse(Infinity);
              expect(onFrameStart.args).to.deep.equal([[2, true, false, Number(length)]]);
              expect(stubs.map((stub) => stub.callCount)).to.deep.equal([0, 0, 0, 0]);
            }
          } finally {
            sinon.restore();
          }
        });

        it('holds no more than a control frame of what comes in pieces', () => {
          const allocated = sinon.spy(Buffer, 'allocUnsafeSlow');
          try {
            const octets = wire(key, { opcode: 9, payload: noise(125) }, { opcode: 2, payload: noise(1000) });
            const { parser } = setUp(role);
            for (const octet of octets) {
              parser.push(Buffer.from([octet]));
              parser.parse(Infinity);
            }
            expect(allocated.args).to.deep.equal([[125]]);
          } finally {
            sinon.restore();
          }
        });

        it('refuses every 16-bit length below 126', () => {
          for (let length = 0; length < 126; length++) {
            expectViolation(
              role,
              wireFrame({ opcode: 2, key, length, lengthBits: 16 }),
              'ERR_WS_LENGTH_NOT_MINIMAL',
            );
          }
          expect(
            outcomeOf(role, [wireFrame({ opcode: 2, key, length: 126, lengthBits: 16 })]).error,
          ).to.equal(undefined);
        });

        it('refuses 64-bit lengths below 65,536', () => {
          for (const length of [0, 1, 125, 126, 127, 255, 256, 65_534, 65_535]) {
            expectViolation(
              role,
              wireFrame({ opcode: 2, key, length, lengthBits: 64 }),
              'ERR_WS_LENGTH_NOT_MINIMAL',
            );
          }
          for (const length of [65_536, 2 ** 32, 2 ** 32 + 1]) {
            const { error } = outcomeOf(role, [wireFrame({ opcode: 2, key, length, lengthBits: 64 })]);
            expect(error).to.equal(undefined);
          }
        });

        it('refuses 64-bit lengths with the top bit set', () => {
          for (const length of [2n ** 63n, 2n ** 63n + 5n, 2n ** 64n - 1n]) {
            expectViolation(role, wireFrame({ opcode: 2, key, length }), 'ERR_WS_LENGTH_TOP_BIT');
          }
        });
      });

      describe('rules about the first two octets', () => {
        const cases: readonly (readonly [string, string, readonly WireFrame[]])[] = [
          ['RSV1 without compression', 'ERR_WS_UNEXPECTED_RSV', [{ opcode: 1, rsv: 4 }]],
          ['RSV2', 'ERR_WS_UNEXPECTED_RSV', [{ opcode: 1, rsv: 2 }]],
          ['RSV3', 'ERR_WS_UNEXPECTED_RSV', [{ opcode: 2, rsv: 1 }]],
          ['RSV1 on a control frame', 'ERR_WS_UNEXPECTED_RSV', [{ opcode: 9, rsv: 4 }]],
          ['opcode 3', 'ERR_WS_RESERVED_OPCODE', [{ opcode: 3 }]],
          ['opcode 7', 'ERR_WS_RESERVED_OPCODE', [{ opcode: 7 }]],
          ['opcode 11', 'ERR_WS_RESERVED_OPCODE', [{ opcode: 11 }]],
          ['opcode 15', 'ERR_WS_RESERVED_OPCODE', [{ opcode: 15 }]],
          ['a fragmented ping', 'ERR_WS_FRAGMENTED_CONTROL', [{ opcode: 9, fin: false }]],
          ['a fragmented Close', 'ERR_WS_FRAGMENTED_CONTROL', [{ opcode: 8, fin: false }]],
          ['a pong of 126 octets', 'ERR_WS_CONTROL_TOO_LONG', [{ opcode: 10, length: 126 }]],
          ['a ping of 65,536 octets', 'ERR_WS_CONTROL_TOO_LONG', [{ opcode: 9, length: 65_536 }]],
          ['a continuation of nothing', 'ERR_WS_UNEXPECTED_CONTINUATION', [{ opcode: 0 }]],
          [
            'a continuation of a message that is finished',
            'ERR_WS_UNEXPECTED_CONTINUATION',
            [{ opcode: 1, fin: false }, { opcode: 0 }, { opcode: 0 }],
          ],
          [
            'a message inside of a fragmented one',
            'ERR_WS_UNFINISHED_MESSAGE',
            [{ opcode: 1, fin: false }, { opcode: 1 }],
          ],
          [
            'a message inside of a fragmented one, behind a ping',
            'ERR_WS_UNFINISHED_MESSAGE',
            [{ opcode: 2, fin: false }, { opcode: 9 }, { opcode: 1 }],
          ],
        ];
        for (const [what, code, frames] of cases) {
          it(`refuses ${what}`, () => expectViolation(role, wire(key, ...frames), code));
        }

        it('refuses a continuation with RSV1 also when compression was negotiated (RFC 7692 §6.1)', () => {
          const octets = wire(key, { opcode: 1, rsv: 4, fin: false }, { opcode: 0, rsv: 4 });
          expectViolation({ masked, compression: true }, octets, 'ERR_WS_UNEXPECTED_RSV');
        });

        it('refuses RSV2 and RSV3 also beside an RSV1 that was negotiated', () => {
          for (const rsv of [2, 1, 6, 5]) {
            const octets = wire(key, { opcode: 1, rsv });
            expectViolation({ masked, compression: true }, octets, 'ERR_WS_UNEXPECTED_RSV');
          }
        });

        it('lets a message go on behind a Close: who reads the frames decides what that means', () => {
          const octets = wire(key, { opcode: 2, fin: false }, { opcode: 8 }, { opcode: 0 });
          expect(outcomeOf(role, [octets])).to.deep.include({ error: undefined });
          const begun = wire(key, { opcode: 2, fin: false }, { opcode: 8 }, { opcode: 2 });
          expectViolation(role, begun, 'ERR_WS_UNFINISHED_MESSAGE');
        });

        it(`refuses frames that are ${masked ? 'not masked' : 'masked'} (RFC 6455 §5.1)`, () => {
          const wrong = masked ? undefined : 0x01020304;
          const code = masked ? 'ERR_WS_MASK_REQUIRED' : 'ERR_WS_MASK_FORBIDDEN';
          for (const opcode of [1, 2, 8, 9, 10]) expectViolation(role, wire(wrong, { opcode }), code);
        });

        it('refuses a reserved opcode from two octets, whatever length they announce', () => {
          const { sink, parser } = setUp(role);
          parser.push(Buffer.from([0x83, masked ? 0xff : 0x7f]));
          expect(() => parser.parse(Infinity)).to.throw(ProtocolError, '0x03');
          expect(sink.calls).to.deep.equal([]);
        });

        for (const compression of [false, true]) {
          it(`judges all 65,536 pairs as RFC 6455 does, compression ${compression ? 'on' : 'off'}`, function () {
            this.timeout(60_000);
            const { stackTraceLimit } = Error;
            Error.stackTraceLimit = 0;
            try {
              for (const begun of [undefined, 1, 2]) {
                const prefix = begun === undefined ? [] : [{ opcode: begun, fin: false, payload: 'x' }];
                judgeAllPairs(wire(key, ...prefix), {
                  masked,
                  compression,
                  insideMessage: prefix.length > 0,
                });
              }
            } finally {
              Error.stackTraceLimit = stackTraceLimit;
            }
          });
        }
      });

      describe('cuts', () => {
        for (const [name, frames] of Object.entries(CORPUS)) {
          it(`gives the same for ${name}, cut anywhere`, () => {
            const octets = wire(key, ...frames);
            const whole = outcomeOf(role, [octets]);
            for (const chunks of allCuts(octets)) {
              const where = chunks.map((chunk) => chunk.length).join('+');
              expect(outcomeOf(role, chunks), where).to.deep.equal(whole);
              expect(outcomeOf(role, chunks, 1), `${where}, frame by frame`).to.deep.equal(whole);
            }
            if (octets.length > 60) return;
            for (const chunks of allDoubleCuts(octets)) {
              const where = chunks.map((chunk) => chunk.length).join('+');
              expect(outcomeOf(role, chunks), where).to.deep.equal(whole);
            }
          });
        }

        it('gives the same for any frames, cut at random', () => {
          const frame = fc.record({
            opcode: fc.constantFrom(0, 1, 2, 8, 9, 10, 10, 3),
            fin: fc.boolean(),
            payload: fc.uint8Array({ maxLength: 300 }),
          });
          const stream = fc.array(frame, { minLength: 1, maxLength: 8 });
          fc.assert(
            fc.property(stream, fc.array(fc.nat(), { maxLength: 10 }), (frames, places) => {
              const octets = wire(key, ...frames);
              const ends = places.map((place) => place % octets.length).sort((a, b) => a - b);
              const chunks = [...ends, octets.length].map((end, i) => octets.subarray(ends[i - 1] ?? 0, end));
              expect(outcomeOf(role, chunks)).to.deep.equal(outcomeOf(role, [octets]));
            }),
          );
        });
      });

      describe('parse', () => {
        const three = () =>
          wire(key, { opcode: 1, payload: 'a' }, { opcode: 9 }, { opcode: 2, payload: 'c' });

        it('tells how many frames were completed', () => {
          const { parser } = setUp(role);
          expect(parser.parse(Infinity)).to.equal(0);
          parser.push(Buffer.alloc(0));
          expect(parser.parse(Infinity)).to.equal(0);
          parser.push(Buffer.concat([three(), wire(key, { opcode: 2, length: 9 })]));
          expect(parser.parse(Infinity)).to.equal(3);
          parser.push(Buffer.alloc(4));
          expect(parser.parse(Infinity), 'one that goes on').to.equal(0);
          parser.push(Buffer.alloc(5));
          expect(parser.parse(Infinity)).to.equal(1);
        });

        it('tells how much of a data frame is missing', () => {
          const { parser } = setUp(role);
          const data = wire(key, { opcode: 2, payload: 'abcde' });
          const ping = wire(key, { opcode: 9, payload: 'abc' });
          const missing = (octets: Buffer) => {
            parser.push(Buffer.from(octets));
            parser.parse(Infinity);
            return parser.missing;
          };
          expect(parser.missing).to.equal(0);
          expect(missing(data.subarray(0, 1)), 'a part of the header').to.equal(0);
          expect(missing(data.subarray(1, -5)), 'the whole header').to.equal(5);
          expect(missing(data.subarray(-5, -1))).to.equal(1);
          expect(missing(data.subarray(-1))).to.equal(0);
          expect(missing(ping.subarray(0, -1)), 'a control frame').to.equal(0);
        });

        it('counts a control frame when the last of its pieces is there', () => {
          const { parser } = setUp(role);
          const ping = wire(key, { opcode: 9, payload: 'abc' });
          for (let at = 0; at < ping.length; at += 1) {
            parser.push(Buffer.from(ping.subarray(at, at + 1)));
            expect(parser.parse(Infinity)).to.equal(at === ping.length - 1 ? 1 : 0);
          }
        });

        it('stops after as many frames as it may, and goes on from there', () => {
          const { sink, parser } = setUp(role);
          parser.push(three());
          expect(parser.parse(2)).to.equal(2);
          expect([sink.frames.length, parser.hasRest]).to.deep.equal([2, true]);
          expect(parser.parse(2)).to.equal(1);
          expect([sink.frames.length, parser.hasRest]).to.deep.equal([3, false]);
        });

        it('stops after the present frame when the sink says so', () => {
          const { sink, parser } = setUp(role);
          sink.during = () => parser.stop();
          parser.push(three());
          for (let frames = 1; frames <= 3; frames++) {
            expect(parser.parse(Infinity)).to.equal(1);
            expect([sink.frames.length, parser.hasRest]).to.deep.equal([frames, frames < 3]);
          }
        });

        it('stops between the pieces of a frame when the sink says so', () => {
          const { sink, parser } = setUp(role);
          const octets = wire(key, { opcode: 2, payload: 'abc' }, { opcode: 1, payload: 'd' });
          sink.during = () => parser.stop();
          parser.push(Buffer.from(octets.subarray(0, masked ? 7 : 3)));
          parser.parse(Infinity);
          expect([sink.calls, parser.hasRest]).to.deep.equal([['start'], true]);
          parser.parse(Infinity);
          expect([sink.calls, parser.hasRest]).to.deep.equal([['start', 'piece'], false]);
          parser.push(Buffer.from(octets.subarray(masked ? 7 : 3)));
          parser.parse(Infinity);
          expect([sink.calls.length, parser.hasRest]).to.deep.equal([3, true]);
          parser.parse(Infinity);
          expect(sink.frames.map(({ payload }) => payload)).to.deep.equal(['616263', '64']);
        });

        it('is not stopped by what was said before it', () => {
          const { sink, parser } = setUp(role);
          parser.stop();
          parser.push(three());
          parser.parse(Infinity);
          expect(sink.frames).to.have.length(3);
        });

        it('puts a chunk behind what is left of the one before', () => {
          const { sink, parser } = setUp(role);
          const octets = three();
          parser.push(Buffer.from(octets.subarray(0, -2)));
          parser.parse(1);
          parser.push(Buffer.from(octets.subarray(-2, -1)));
          parser.push(Buffer.from(octets.subarray(-1)));
          expect(parser.parse(Infinity)).to.equal(2);
          expect(sink.frames.map(({ payload }) => payload)).to.deep.equal(['61', '', '63']);
        });

        it('takes what the sink pushes behind what is there', () => {
          const { sink, parser } = setUp(role);
          const payloads = ['one', 'two', 'three'];
          sink.during = () => {
            const payload = payloads.shift();
            if (payload !== undefined) parser.push(wire(key, { opcode: 2, payload }));
          };
          parser.push(three());
          expect(parser.parse(Infinity)).to.equal(6);
          expect(sink.frames.map(({ payload }) => Buffer.from(payload, 'hex').toString())).to.deep.equal([
            'a',
            '',
            'c',
            'one',
            'two',
            'three',
          ]);
        });

        it('takes what the sink pushes at the start and between the pieces of a frame', () => {
          const { sink, parser } = setUp(role);
          const octets = wire(key, { opcode: 2, payload: 'abcdef' });
          const rest = [...octets.subarray(masked ? 7 : 3)];
          sink.during = () => {
            const octet = rest.shift();
            if (octet !== undefined) parser.push(Buffer.from([octet]));
          };
          parser.push(Buffer.from(octets.subarray(0, masked ? 7 : 3)));
          parser.parse(Infinity);
          expect(sink.frames[0]?.payload).to.equal('616263646566');
        });

        it('lets go of a chunk that is used up', async () => {
          const { parser } = setUp(role);
          const chunk = (() => {
            const octets = three();
            parser.push(octets);
            parser.parse(Infinity);
            return new WeakRef(octets);
          })();
          await collectGarbage();
          expect(chunk.deref()).to.equal(undefined);
          expect(parser.hasRest).to.equal(false);
        });

        it('lets through what the sink throws', () => {
          const { sink, parser } = setUp(role);
          sink.during = () => {
            throw new RangeError('of the sink');
          };
          parser.push(three());
          expect(() => parser.parse(Infinity)).to.throw(RangeError, 'of the sink');
          expect(sink.calls).to.have.length(1);
        });
      });
    });
  }
});

/** Compares the parser with the table, for each pair of octets behind some that are right. */
function judgeAllPairs(
  prefix: Buffer,
  context: { readonly insideMessage: boolean; readonly masked: boolean; readonly compression: boolean },
): void {
  const silent: FrameSink = {
    onFrame() {},
    onFrameStart() {},
    onFramePiece() {},
    onControlFrame() {},
  };
  let accepted = 0;
  for (let pair = 0; pair < 65_536; pair++) {
    const [first, second] = [pair >>> 8, pair & 0xff];
    const parser = new FrameParser(silent, context);
    const broken = brokenRules(first, second, context);
    parser.push(Buffer.concat([prefix, Buffer.from([first, second])]));
    let code: string | undefined;
    try {
      parser.parse(Infinity);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.closeCode !== 1002) throw error;
      code = error.code;
    }
    if (code === undefined) accepted += 1;
    const right = code === undefined ? broken.size === 0 : broken.has(code);
    if (!right) {
      expect.fail(`${first.toString(16)} ${second.toString(16)}: ${String(code)}, not ${[...broken].join()}`);
    }
  }
  // Control frames: 3 opcodes with FIN, 126 lengths. Data: 2 opcodes outside of a message, 1 inside; FIN; 128 lengths.
  const compressed = context.compression && !context.insideMessage ? 2 * 2 * 128 : 0;
  expect(accepted).to.equal(3 * 126 + (context.insideMessage ? 1 : 2) * 2 * 128 + compressed);
}
