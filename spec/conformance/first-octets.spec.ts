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
  type Place,
} from './oracle/first-octets.js';
import {
  Differences,
  observeEach,
  withoutStacks,
  type ObservedConnection,
} from './oracle/observed-connection.js';

/*
 * All 65,536 values of a frame's first two octets, in every place and role. The table in oracle/first-octets.ts says
 * what each means; whatever it accepts is completed in each way that makes a difference, and followed by a final
 * continuation, which shows whether the reader believes to be inside of a message.
 *
 * The parser is asked for all of them, with permessage-deflate and without. A connection is asked for all of them once
 * its Close was sent, which no parser knows of, and else for all that the table accepts and a part of what it refuses.
 */

const PAIRS = 0x1_0000;

/** One in so many refused pairs is also tried on a connection; prime to 256, so that it is not always the same octet. */
const SHARE = 13;

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

  onFramePiece(buffer: Buffer, start: number, end: number, _octetsOr: number, last: boolean): void {
    this.#open += buffer.toString('latin1', start, end);
    if (last) this.lines.push(this.#open);
  }

  onControlFrame(opcode: number, buffer: Buffer, start: number, end: number): void {
    this.lines.push(line(opcode, true, false, buffer.toString('latin1', start, end)));
  }
}

function line(opcode: number, fin: boolean, rsv1: boolean, payload: string): string {
  return `${opcode.toString(2).padStart(4, '0')} ${fin ? 'fin' : 'more'}${rsv1 ? ' rsv1' : ''}: ${payload}`;
}

/** Brings a reader to a place. */
function prologue({ role, place, compression }: Context): Buffer {
  if (place === 'inside a text message') return peerFrame(role, 0, '0001', 'ab', compression ? 1 : 0);
  if (place === 'inside a binary message') return peerFrame(role, 0, '0010', 'ab', compression ? 1 : 0);
  return Buffer.alloc(0);
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

const octetsOf = (pair: number): Buffer => Buffer.from(showPair(pair), 'hex');

/** Tells whether a message is unfinished behind a frame. */
function leavesInside(pair: number, { place }: Context): boolean {
  const bits = bitsOf(pair);
  // RFC 6455 §5.4: control frames may come in the middle of a fragmented message, and do not end it.
  return bits[4] === '1' ? place.startsWith('inside') : bits[0] === '0';
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

/** Says what a connection tells and sends, and which rules it may report as broken. */
interface Story {
  readonly told: string;
  readonly sent: string;
  readonly broken: readonly string[];
}

/** What the peer says behind the frame: a final continuation, and Close 1001. */
const epilogueOf = (role: Context['role']): Buffer =>
  Buffer.concat([peerFrame(role, 1, '0000', 'z'), peerFrame(role, 1, '1000', '\x03\xe9')]);

function storyOf(pair: number, completion: Completion | undefined, context: Context): Story {
  const told: string[] = [];
  const sent: string[] = [];
  const isClosing = context.place === 'closing';
  if (isClosing) {
    told.push('closing 1000 local');
    sent.push('close 1000');
  }
  const end = (broken: readonly string[]): Story => ({
    told: told.join(', '),
    sent: sent.join(', '),
    broken,
  });
  const fail = (rules: readonly string[]): Story => {
    // RFC 6455 §7.1.7: a Close says why, unless one was sent; the peer's is never seen.
    if (!isClosing) {
      told.push('closing 1002 local');
      sent.push('close 1002');
    }
    told.push('disconnect 1006');
    return end(rules);
  };
  const close = (code: number, reason: string): Story => {
    if (!isClosing) {
      told.push(`closing ${code} remote`);
      sent.push(code === 1005 ? 'close' : `close ${code}`);
    }
    told.push(`disconnect ${code}${reason === '' ? '' : ` ${reason}`}, clean`);
    return end([]);
  };

  if (completion === undefined) return fail(brokenRules(pair, context));
  const { breaks, payload } = completion;
  if (breaks !== undefined) return fail([breaks]);
  const hex = payload.toString('hex');
  const begun = context.place === 'inside a text message' ? 'text 6162' : 'binary 6162';
  let message = context.place.startsWith('inside') ? begun : undefined;
  switch (bitsOf(pair).slice(4, 8)) {
    case '0000':
      message = `${begun}${hex}`;
      break;
    case '0001':
      message = `text ${hex}`;
      break;
    case '0010':
      message = `binary ${hex}`;
      break;
    case '1000':
      return payload.length === 0 ? close(1005, '') : close(1000, payload.toString('latin1', 2));
    case '1001':
      told.push(`ping ${hex}`.trimEnd());
      // Nothing goes out behind a Close.
      if (!isClosing) sent.push(`pong ${hex}`.trimEnd());
      break;
    case '1010':
      told.push(`pong ${hex}`.trimEnd());
      break;
  }
  if (leavesInside(pair, context)) {
    told.push(`${message}7a`);
    return close(1001, '');
  }
  if (message !== undefined) told.push(message.trimEnd());
  return fail(['ERR_WS_UNEXPECTED_CONTINUATION']);
}

/** Lists what connections are asked: the pairs with each of their completions; what is refused has none. */
function* trials(context: Context, share: number): Generator<[pair: number, completion?: Completion]> {
  for (let pair = 0; pair < PAIRS; pair++) {
    if (brokenRules(pair, context).length > 0) {
      if (pair % share === 0) yield [pair];
    } else {
      for (const completion of completions(pair)) yield [pair, completion];
    }
  }
}

describe("a frame's first two octets, all 65,536 of them", function () {
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

    const places: readonly (readonly [Place, number])[] = [
      ['fresh', SHARE],
      ['inside a text message', SHARE],
      ['inside a binary message', SHARE],
      ['closing', 1],
    ];
    for (const [place, share] of places) {
      const context: Context = { role, place, compression: false };
      it(`are judged by a connection in the ${role} role, ${place}`, async () => {
        const differences = new Differences();
        const begin = (observed: ObservedConnection, [pair, completion]: [number, Completion?]): void => {
          if (place === 'closing') observed.connection.close();
          observed.receive(prologue(context));
          observed.receive(octetsOf(pair));
          if (completion !== undefined) observed.receive(completion.rest);
          observed.receive(epilogueOf(role));
        };
        const count = await observeEach(
          role,
          trials(context, share),
          begin,
          (observed, [pair, completion]) => {
            const what = (): string => `${showPair(pair)} ${completion?.rest.toString('hex', 0, 14) ?? ''}`;
            const story = storyOf(pair, completion, context);
            differences.compare(what, observed.told.join(', '), story.told);
            differences.compare(what, observed.sent.join(', '), story.sent);
            if (story.broken.length === 0) differences.compare(what, observed.broken, undefined);
            else if (!story.broken.includes(String(observed.broken)) || observed.brokenCode !== 1002)
              differences.compare(what, observed.broken, story.broken.join(' or '));
          },
        );
        expect(differences.shown, `${differences.count} differences`).to.deep.equal([]);
        if (place === 'closing') expect(count).to.be.above(PAIRS);
        else expect(count).to.be.above(PAIRS / SHARE);
      });
    }
  }
});
