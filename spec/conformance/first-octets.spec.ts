import { expect } from 'chai';
import { ProtocolError } from '../../lib/errors.js';
import { FrameParser, type FrameSink } from '../../lib/protocol/frame-parser.js';
import { ROLES } from '../wire-peer.js';
import {
  bitsOf,
  brokenRules,
  completions,
  peerFrame,
  showPair,
  type Completion,
  type Context,
} from './oracle/first-octets.js';
import { leavesInside, octetsOf, prologue } from './oracle/frame-stories.js';
import { Differences, withoutStacks } from './oracle/observed-connection.js';

/*
 * All 65,536 values of a frame's first two octets, in every place and role. The table in oracle/first-octets.ts says
 * what each means; whatever it accepts is completed in each way that makes a difference, and followed by a final
 * continuation, which shows whether the reader believes to be inside of a message.
 *
 * The parser is asked here; connections, which know what was sent as well, in first-octets-connection.spec.ts.
 */

const PAIRS = 0x1_0000;

/** Keeps the frames that a parser finds, a line each. */
class FrameLog implements FrameSink {
  readonly lines: string[] = [];
  #open = '';

  onFrame(opcode: number, fin: boolean, rsv1: boolean, buffer: Buffer, start: number, end: number): void {
    this.lines.push(line(opcode, fin, rsv1, buffer.toString('latin1', start, end)));
  }

  onFrameStart(opcode: number, fin: boolean, rsv1: boolean): void {
    this.#open = line(opcode, fin, rsv1, '');
  }

  onFramePiece(buffer: Buffer, start: number, end: number, key: number, offset: number, last: boolean): void {
    const keyOctets = [key >>> 24, key >>> 16, key >>> 8, key];
    const unmasked = buffer
      .subarray(start, end)
      .map((octet, at) => octet ^ keyOctets[(offset + at) % 4]!) as Buffer;
    this.#open += unmasked.toString('latin1');
    if (last) this.lines.push(this.#open);
  }

  onControlFrame(opcode: number, buffer: Buffer, start: number, end: number): void {
    this.lines.push(line(opcode, true, false, buffer.toString('latin1', start, end)));
  }
}

function line(opcode: number, fin: boolean, rsv1: boolean, payload: string): string {
  return `${opcode.toString(2).padStart(4, '0')} ${fin ? 'fin' : 'more'}${rsv1 ? ' rsv1' : ''}: ${payload}`;
}

/** Is a parser at a place; its answers name the rule that it reports as broken. */
class Reader {
  readonly #log = new FrameLog();
  readonly #parser: FrameParser;

  constructor(context: Context) {
    const { role, compression } = context;
    this.#parser = new FrameParser(this.#log, { masked: role === 'server', compression });
    if (context.place !== 'fresh') this.read(prologue(context));
    this.#log.lines.length = 0;
  }

  /** Reads a chunk. */
  read(chunk: Buffer): string {
    try {
      this.#parser.push(Buffer.from(chunk));
      this.#parser.parse(Infinity);
      return '';
    } catch (error) {
      return error instanceof ProtocolError && error.closeCode === 1002 ? error.code : String(error);
    }
  }

  takeFrames(): string {
    return this.#log.lines.splice(0).join('; ');
  }
}

function readCompletion(
  pair: number,
  { rest, decisive, breaks, payload }: Completion,
  context: Context,
  differences: Differences,
): void {
  const what = (): string => `${showPair(pair)} ${rest.toString('hex', 0, 14)} (${rest.length})`;
  const reader = new Reader(context);
  // What the payload of a Close means is not the parser's business.
  const expected = breaks === 'ERR_WS_CLOSE_TRUNCATED' ? '' : (breaks ?? '');
  const answer = reader.read(Buffer.concat([octetsOf(pair), rest.subarray(0, decisive)]));
  differences.compare(what, answer, expected);
  if (expected !== '') return;
  const bits = bitsOf(pair);
  const found = line(
    Number.parseInt(bits.slice(4, 8), 2),
    bits[0] === '1',
    bits[1] === '1',
    payload.toString('latin1'),
  );
  differences.compare(what, reader.takeFrames(), found);
  const epilogue = reader.read(peerFrame(context.role, 1, '0000', 'z'));
  const isInside = leavesInside(pair, context);
  differences.compare(
    () => `a continuation behind ${what()}`,
    epilogue,
    isInside ? '' : 'ERR_WS_UNEXPECTED_CONTINUATION',
  );
  if (isInside)
    differences.compare(() => `a continuation behind ${what()}`, reader.takeFrames(), '0000 fin: z');
}

describe("a frame's first two octets, all 65,536 of them, for the parser", function () {
  this.timeout(120_000);
  withoutStacks();

  for (const role of ROLES) {
    for (const compression of [false, true]) {
      for (const place of ['fresh', 'inside a text message', 'inside a binary message'] as const) {
        const context = { role, place, compression };
        it(`are judged by the ${role}'s parser, ${place}, ${compression ? 'with' : 'without'} permessage-deflate`, () => {
          const differences = new Differences();
          let accepted = 0;
          for (let pair = 0; pair < PAIRS; pair++) {
            const broken = brokenRules(pair, context);
            // The two octets alone, so that what they break is known before any other octet.
            const answer = new Reader(context).read(octetsOf(pair));
            if (broken.length > 0) {
              if (!broken.includes(answer))
                differences.compare(() => showPair(pair), answer, broken.join(' or '));
            } else {
              accepted += 1;
              differences.compare(() => showPair(pair), answer, '');
              for (const completion of completions(pair))
                readCompletion(pair, completion, context, differences);
            }
          }
          expect(differences.shown, `${differences.count} differences`).to.deep.equal([]);
          // By hand: 3 control opcodes with 126 lengths; and with 128, text and binary or the continuation, FIN or not.
          const data = place !== 'fresh' ? 2 : compression ? 8 : 4;
          expect(accepted).to.equal(3 * 126 + data * 128);
        });
      }
    }
  }
});
