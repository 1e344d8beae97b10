import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { LimitError, ProtocolError } from '../../lib/errors.js';
import { FrameParser } from '../../lib/protocol/frame-parser.js';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import {
  MessageAssembler,
  type MessageAssemblerOptions,
  type MessageFragment,
  type MessageSink,
} from '../../lib/protocol/message-assembler.js';
import { PEERS, allCuts, cut, noise, wire, wireFrame, type WireFrame } from './wire.js';

const hex = (text: string) => Buffer.from(text, 'hex');

/** Writes down what it is told; octets as hex, at once, since some may change later. */
class RecordingSink implements MessageSink {
  readonly log: string[] = [];
  readonly binaries: Buffer[] = [];
  readonly pings: Buffer[] = [];
  readonly fragments: MessageFragment[] = [];

  onText(text: string): void {
    this.log.push(`text ${JSON.stringify(text)}`);
  }

  onUtf8(octets: Buffer): void {
    this.binaries.push(octets);
    this.log.push(`utf8 ${octets.toString('hex')}`);
  }

  onBinary(data: Buffer): void {
    this.binaries.push(data);
    this.log.push(`binary ${data.toString('hex')}`);
  }

  onFragment(fragment: MessageFragment): void {
    this.fragments.push(fragment);
    const data =
      typeof fragment.data === 'string' ? JSON.stringify(fragment.data) : fragment.data.toString('hex');
    this.log.push(`fragment ${fragment.type} ${data}${fragment.final ? ' final' : ''}`);
  }

  onCompressed(type: string, octets: Buffer): void {
    this.log.push(`compressed ${type} ${octets.toString('hex')}`);
  }

  onCompressedPiece(type: string, octets: Buffer, endsFrame: boolean, endsMessage: boolean): void {
    const end = endsMessage ? ' final' : endsFrame ? ' end of frame' : '';
    this.log.push(`compressed piece ${type} ${octets.toString('hex')}${end}`);
  }

  onPing(payload: Buffer): void {
    this.pings.push(payload);
    this.log.push(`ping ${payload.toString('hex')}`);
  }

  onPong(payload: Buffer): void {
    this.log.push(`pong ${payload.toString('hex')}`);
  }

  onClose(code: number, reason: string): void {
    this.log.push(`close ${code} ${JSON.stringify(reason)}`);
  }
}

const DEFAULTS: MessageAssemblerOptions = {
  maxMessageBytes: 1_000_000,
  maxEmptyFragments: 1000,
  fragments: false,
};

const HOLDER = { name: 'the connection' };
const OTHER = { name: 'another connection' };

function setUp(options: Partial<MessageAssemblerOptions> = {}, limit = Infinity) {
  const sink = new RecordingSink();
  const failed: object[] = [];
  const budget = new MemoryBudget<object>(limit, (holder) => {
    failed.push(holder);
    if (holder === HOLDER) assembler.discard();
  });
  const assembler = new MessageAssembler<object>(sink, { ...DEFAULTS, ...options }, budget, HOLDER);
  return { sink, budget, assembler, failed };
}

/** Sends frames through a parser, as a connection does. */
function receive(
  frames: readonly WireFrame[] | readonly Buffer[],
  options: Partial<MessageAssemblerOptions> = {},
  key?: number,
) {
  const { sink, budget, assembler } = setUp(options);
  const parser = new FrameParser(assembler, { masked: key !== undefined, compression: false });
  const chunks = frames.map((frame) =>
    Buffer.isBuffer(frame) ? Buffer.from(frame) : wireFrame({ key, ...frame }),
  );
  let error: unknown;
  try {
    for (const chunk of chunks) {
      parser.push(chunk);
      parser.parse(Infinity);
    }
  } catch (thrown) {
    error = thrown;
    assembler.discard();
  }
  return { sink, log: sink.log, error, held: budget.total };
}

/** Hands in one frame as pieces, each in a buffer of its own. */
function feed(
  assembler: MessageAssembler<object>,
  opcode: number,
  fin: boolean,
  ...pieces: readonly Buffer[]
): void {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  assembler.onFrameStart(opcode, fin, false, length);
  pieces.forEach((piece, i) => assembler.onFramePiece(piece, 0, piece.length, 0, 0, i === pieces.length - 1));
}

function expectInvalidUtf8(error: unknown): void {
  expect(error).to.be.instanceOf(ProtocolError);
  expect(error).to.include({ code: 'ERR_WS_INVALID_UTF8', closeCode: 1007 });
}

function expectTooLong(run: () => void, limit: number, actual: number): void {
  expect(run)
    .to.throw(LimitError)
    .that.includes({ limit: 'maxMessageBytes', value: limit, actual, closeCode: 1009 });
}

/** Joins neighbouring fragments of one message. */
function joined(log: readonly string[]): string[] {
  const result: string[] = [];
  let open = '';
  for (const line of log) {
    const match = /^fragment (text|binary) (.*?)( final)?$/.exec(line);
    if (match === null) {
      result.push(line);
      continue;
    }
    const [, type, data, final] = match;
    open += type === 'text' ? (JSON.parse(data!) as string) : data!;
    if (final === undefined) continue;
    result.push(`${type!} ${open}`);
    open = '';
  }
  return [...result, open];
}

const CORPUS: Readonly<Record<string, readonly WireFrame[]>> = {
  'messages of both kinds': [
    { opcode: 1, payload: 'Grüße 👋' },
    { opcode: 2, payload: noise(40) },
    { opcode: 1 },
    { opcode: 2 },
  ],
  'a text in fragments, cut inside of its characters': [
    { opcode: 1, fin: false, payload: hex('e282') },
    { opcode: 0, fin: false, payload: hex('acf09f') },
    { opcode: 9, payload: 'ping' },
    { opcode: 0, fin: false },
    { opcode: 0, payload: hex('918b') },
  ],
  'a binary in fragments': [
    { opcode: 2, fin: false, payload: noise(30) },
    { opcode: 10, payload: 'pong' },
    { opcode: 0, fin: false, payload: noise(60) },
    { opcode: 0 },
  ],
  'a Close': [{ opcode: 8, payload: Buffer.concat([hex('0fa0'), Buffer.from('tschüß')]) }],
  'text that is wrong in its middle': [{ opcode: 1, payload: hex('616263e28228646566') }],
  'text that is wrong in a later fragment': [
    { opcode: 1, fin: false, payload: hex('61e2') },
    { opcode: 0, fin: false, payload: hex('82ac62c0') },
  ],
  'text that ends inside of a character': [{ opcode: 1, payload: hex('61f09f91') }],
  'a frame over the limit': [
    { opcode: 1, payload: 'ok' },
    { opcode: 2, payload: noise(201) },
  ],
  'fragments over the limit': [
    { opcode: 2, fin: false, payload: noise(200) },
    { opcode: 0, payload: noise(1) },
  ],
  'a Close that is wrong': [{ opcode: 8, payload: 'x' }],
};

/** Texts that are no UTF-8; each breaks at one certain octet. */
const INVALID_UTF8 = [
  ...['80', 'bf', '61c080', 'c1bf', 'e08080', 'e09fbf', 'f08080af', 'f08fbfbf', 'f4908080', 'f5808080'],
  ...[
    'eda080',
    'edbfbf',
    'cebae1bdb9cf83cebcceb5eda080656469746564',
    'fe',
    'ff',
    'c328',
    'e28228',
    'f0288cbc',
  ],
  ...['f09028bc', 'f0908c28', 'fc80808080af', `${'61'.repeat(100)}c3a9ff${'62'.repeat(100)}`],
];

describe('MessageAssembler', () => {
  for (const { peer, key } of PEERS) {
    describe(`reading ${peer}`, () => {
      describe('messages (RFC 6455 §5.4, §5.6)', () => {
        it('gives messages in one frame', () => {
          const payload = noise(300);
          const { log } = receive(
            [
              { opcode: 1, payload: 'ascii' },
              { opcode: 1, payload: 'ünï 👋' },
              { opcode: 1 },
              { opcode: 2, payload },
              { opcode: 2 },
            ],
            {},
            key,
          );
          expect(log).to.deep.equal([
            'text "ascii"',
            'text "ünï 👋"',
            'text ""',
            `binary ${payload.toString('hex')}`,
            'binary ',
          ]);
        });

        it('keeps a byte order mark', () => {
          expect(receive([{ opcode: 1, payload: '\ufeffa' }], {}, key).log).to.deep.equal(['text "\ufeffa"']);
        });

        it('joins fragments, with control frames between them', () => {
          const { log } = receive(
            [
              { opcode: 1, fin: false, payload: 'one ' },
              { opcode: 9, payload: hex('01') },
              { opcode: 0, fin: false, payload: 'zwölf ' },
              { opcode: 10, payload: hex('02') },
              { opcode: 0, payload: 'three' },
              { opcode: 2, fin: false },
              { opcode: 0, payload: hex('ff') },
            ],
            {},
            key,
          );
          expect(log).to.deep.equal(['ping 01', 'pong 02', 'text "one zwölf three"', 'binary ff']);
        });

        it('joins fragments that are all empty', () => {
          const { log } = receive(
            [{ opcode: 1, fin: false }, { opcode: 0, fin: false }, { opcode: 0 }],
            {},
            key,
          );
          expect(log).to.deep.equal(['text ""']);
        });

        it('gives a message with every octet of a large frame that comes in pieces', () => {
          const payload = noise(150_000);
          const chunks = cut(wire(key, { opcode: 2, payload }), 1000, 20_000, 85_536, 149_999);
          const { sink } = receive(chunks, {}, key);
          expect(sink.binaries).to.have.length(1);
          expect(sink.binaries[0]?.equals(payload)).to.equal(true);
        });

        it('gives a large text that comes in pieces, ASCII or not', () => {
          for (const text of ['ascii '.repeat(5000), 'grüße '.repeat(5000)]) {
            const chunks = cut(wire(key, { opcode: 1, payload: text }), 999, 4567, 20_001);
            expect(receive(chunks, {}, key).log).to.deep.equal([`text ${JSON.stringify(text)}`]);
          }
        });

        it('decodes a text whose last piece alone is ASCII', () => {
          const frames = [
            { opcode: 1, fin: false, payload: 'é' },
            { opcode: 0, payload: 'a' },
            { opcode: 1, fin: false, payload: 'b' },
            { opcode: 0, payload: 'c' },
          ];
          expect(receive(frames, {}, key).log).to.deep.equal(['text "éa"', 'text "bc"']);
        });
      });

      describe('control frames (RFC 6455 §5.5)', () => {
        it('gives the payload of pings and pongs', () => {
          const frames = [{ opcode: 9, payload: noise(125) }, { opcode: 9 }, { opcode: 10, payload: 'x' }];
          const { log } = receive(frames, {}, key);
          expect(log).to.deep.equal([`ping ${noise(125).toString('hex')}`, 'ping ', 'pong 78']);
        });

        it('gives code and reason of a Close, 1005 for an empty one', () => {
          const payload = Buffer.concat([hex('03e9'), Buffer.from('bye')]);
          expect(receive([{ opcode: 8, payload }], {}, key).log).to.deep.equal(['close 1001 "bye"']);
          expect(receive([{ opcode: 8 }], {}, key).log).to.deep.equal(['close 1005 ""']);
        });

        it('refuses a Close that is wrong', () => {
          for (const [payload, closeCode] of [
            ['03', 1002],
            ['03ec', 1002],
            ['03e8ff', 1007],
          ] as const) {
            const { error } = receive([{ opcode: 8, payload: hex(payload) }], {}, key);
            expect(error, payload).to.include({ closeCode });
          }
        });
      });

      describe('cuts', () => {
        for (const [name, frames] of Object.entries(CORPUS)) {
          for (const fragments of [false, true]) {
            it(`gives the same for ${name}, cut anywhere${fragments ? ', in fragments' : ''}`, () => {
              const options = { maxMessageBytes: 200, fragments };
              const octets = wire(key, ...frames);
              const whole = receive([octets], options, key);
              const outcome = ({ log, error, held }: ReturnType<typeof receive>) => ({
                // What is wrong may be noticed after a part was handed on.
                log: error === undefined ? joined(log) : joined(log).slice(0, -1),
                error: error instanceof Error ? error.message : error,
                held,
              });
              expect(whole.held).to.equal(0);
              for (const chunks of allCuts(octets)) {
                const where = chunks.map((chunk) => chunk.length).join('+');
                expect(outcome(receive(chunks, options, key)), where).to.deep.equal(outcome(whole));
              }
            });
          }
        }
      });

      describe('UTF-8 (RFC 6455 §8.1)', () => {
        for (const fragments of [false, true]) {
          it(`fails with 1007 at the first wrong octet${fragments ? ', in fragments' : ''}`, () => {
            for (const text of INVALID_UTF8) {
              const octets = hex(text);
              const wrongAt = firstWrongOctet(octets);
              // One frame that announces more than ever comes, octet by octet.
              const stream = wire(key, {
                opcode: 1,
                payload: Buffer.concat([octets, noise(9)]),
                length: 99_999,
              });
              const header = stream.length - octets.length - 9;
              const chunks = (count: number) => cut(stream.subarray(0, header + count), header);
              for (let count = 1; count <= wrongAt; count++) {
                expect(receive(chunks(count), { fragments }, key).error, `${text}, ${count}`).to.equal(
                  undefined,
                );
              }
              expectInvalidUtf8(receive(chunks(wrongAt + 1), { fragments }, key).error);
              const single = Array.from({ length: wrongAt + 1 }, (_, i) => i + header);
              expectInvalidUtf8(
                receive(cut(stream.subarray(0, header + wrongAt + 1), ...single), {}, key).error,
              );
            }
          });

          it(`fails with 1007 when a text ends inside of a character${fragments ? ', in fragments' : ''}`, () => {
            for (const text of ['c3', '61e2', '61e282', 'f09f91', 'f09f']) {
              const whole = receive([{ opcode: 1, payload: hex(text) }], { fragments }, key);
              const cutUp = receive(
                [{ opcode: 1, fin: false, payload: hex(text) }, { opcode: 0 }],
                { fragments },
                key,
              );
              for (const { log, error } of [whole, cutUp]) {
                expectInvalidUtf8(error);
                expect(log.filter((line) => line.includes('final'))).to.deep.equal([]);
              }
            }
          });
        }

        it('fails a frame that is whole in its chunk', () => {
          for (const text of INVALID_UTF8) {
            const { log, error } = receive([{ opcode: 1, payload: hex(text) }], {}, key);
            expectInvalidUtf8(error);
            expect(log).to.deep.equal([]);
          }
        });

        it('takes a character that is cut between fragments, at each octet, around a ping', () => {
          const octets = Buffer.from('aé€👋z');
          for (let place = 0; place <= octets.length; place++) {
            const { log } = receive(
              [
                { opcode: 1, fin: false, payload: octets.subarray(0, place) },
                { opcode: 9 },
                { opcode: 0, payload: octets.subarray(place) },
                { opcode: 1, payload: 'next' },
              ],
              {},
              key,
            );
            expect(log, String(place)).to.deep.equal(['ping ', 'text "aé€👋z"', 'text "next"']);
          }
        });

        it('lets any octets through in a binary message', () => {
          for (const text of INVALID_UTF8) {
            const { log, error } = receive(
              [
                { opcode: 2, fin: false, payload: hex(text) },
                { opcode: 0, payload: hex(text) },
              ],
              {},
              key,
            );
            expect([error, log]).to.deep.equal([undefined, [`binary ${text}${text}`]]);
          }
        });
      });
    });
  }

  describe('maxMessageBytes', () => {
    it('takes a message of exactly the limit and refuses one octet more, in one frame', () => {
      for (const limit of [0, 1, 100, 126, 70_000]) {
        for (const opcode of [1, 2]) {
          const payload = Buffer.alloc(limit, 'x');
          const { log, error } = receive([{ opcode, payload }], { maxMessageBytes: limit });
          expect([error, log.length]).to.deep.equal([undefined, 1]);
          const { sink, assembler } = setUp({ maxMessageBytes: limit });
          const longer = Buffer.alloc(limit + 1, 'x');
          expectTooLong(
            () => assembler.onFrame(opcode, true, false, longer, 0, longer.length, -1),
            limit,
            limit + 1,
          );
          expect(sink.log).to.deep.equal([]);
        }
      }
    });

    it('refuses from the header, before any payload', () => {
      const { assembler, budget } = setUp({ maxMessageBytes: 100 });
      expectTooLong(() => assembler.onFrameStart(2, true, false, 101), 100, 101);
      expectTooLong(() => assembler.onFrameStart(1, false, false, 2 ** 63), 100, 2 ** 63);
      expect(budget.total).to.equal(0);
    });

    it('counts all fragments of a message, and starts anew with the next', () => {
      const { sink, assembler } = setUp({ maxMessageBytes: 100 });
      for (let message = 0; message < 3; message++) {
        feed(assembler, 2, false, noise(60));
        feed(assembler, 0, true, noise(40));
      }
      expect(sink.log).to.have.length(3);
      feed(assembler, 2, false, noise(60));
      feed(assembler, 0, false, noise(40));
      expectTooLong(() => assembler.onFrameStart(0, true, false, 1), 100, 101);
    });

    it('holds for each frame alone with `fragments: true`', () => {
      const { sink, assembler } = setUp({ maxMessageBytes: 100, fragments: true });
      feed(assembler, 2, false, noise(100));
      for (let i = 0; i < 20; i++) feed(assembler, 0, false, noise(100));
      feed(assembler, 0, true, noise(100));
      expect(sink.log).to.have.length(22);
      expectTooLong(() => assembler.onFrameStart(2, false, false, 101), 100, 101);
      const payload = noise(101);
      expectTooLong(() => assembler.onFrame(2, true, false, payload, 0, 101, -1), 100, 101);
    });

    it('may be Infinity', () => {
      const { assembler } = setUp({ maxMessageBytes: Infinity });
      assembler.onFrameStart(2, true, false, 2 ** 62);
      assembler.onFramePiece(noise(10), 0, 10, 0, 0, false);
      feed(setUp({ maxMessageBytes: Infinity }).assembler, 2, false, noise(10));
    });
  });

  describe('maxEmptyFragments', () => {
    const expectTooMany = (run: () => void, limit: number) =>
      expect(run)
        .to.throw(LimitError)
        .that.includes({ limit: 'maxEmptyFragments', value: limit, closeCode: 1008 });
    const empty = Buffer.alloc(0);

    for (const fragments of [false, true]) {
      describe(`with \`fragments: ${fragments}\``, () => {
        it('takes as many in a row and refuses one more', () => {
          for (const limit of [1, 2, 7]) {
            const { assembler } = setUp({ maxEmptyFragments: limit, fragments });
            feed(assembler, 2, false, empty);
            for (let i = 1; i < limit; i++) feed(assembler, 0, false, empty);
            expectTooMany(() => feed(assembler, 0, false, empty), limit);
          }
        });

        it('counts the last fragment of a message as well', () => {
          const { assembler } = setUp({ maxEmptyFragments: 2, fragments });
          feed(assembler, 2, false, empty);
          feed(assembler, 0, false, empty);
          expectTooMany(() => feed(assembler, 0, true, empty), 2);
        });

        it('counts anew behind an octet and behind a message', () => {
          const { sink, assembler } = setUp({ maxEmptyFragments: 2, fragments });
          for (let message = 0; message < 3; message++) {
            feed(assembler, 1, false, empty);
            feed(assembler, 0, false, empty);
            feed(assembler, 0, false, Buffer.from('x'));
            feed(assembler, 0, false, empty);
            feed(assembler, 0, true, empty);
          }
          expect(sink.log.filter((line) => !line.endsWith('"x"') || !fragments)).to.have.length(3);
        });

        it('may be 0, and lets empty messages through even so', () => {
          const { sink, assembler } = setUp({ maxEmptyFragments: 0, fragments });
          for (let message = 0; message < 5; message++) assembler.onFrame(2, true, false, empty, 0, 0, -1);
          expect(sink.log).to.have.length(5);
          expectTooMany(() => feed(assembler, 2, false, empty), 0);
        });
      });
    }

    it('sets no bound to fragments that are not empty', () => {
      const { sink, assembler } = setUp({ maxEmptyFragments: 1 });
      feed(assembler, 2, false, hex('00'));
      for (let i = 0; i < 20_000; i++) feed(assembler, 0, false, hex('01'));
      feed(assembler, 0, true, hex('02'));
      expect(sink.binaries[0]?.length).to.equal(20_002);
    });
  });

  describe('what is held of unfinished messages', () => {
    it('is nothing for messages in one frame, and nothing with `fragments: true`', () => {
      const { assembler, budget } = setUp();
      const charge = sinon.spy(budget, 'charge');
      assembler.onFrame(2, true, false, noise(5000), 0, 5000, -1);
      expect(charge.callCount).to.equal(0);
      const inFragments = setUp({ fragments: true });
      feed(inFragments.assembler, 1, false, Buffer.from('aé').subarray(0, 2));
      feed(inFragments.assembler, 0, false, Buffer.from('é').subarray(1), Buffer.from('b'));
      expect(inFragments.budget.total).to.equal(0);
    });

    it('is charged when it comes, and released when the message is done', () => {
      for (const opcode of [1, 2]) {
        const { assembler, budget, sink } = setUp();
        assembler.onFrameStart(opcode, false, false, 9000);
        expect(budget.total, 'a header alone').to.equal(0);
        assembler.onFramePiece(Buffer.alloc(9000), 0, 5000, 0, 0, false);
        expect(budget.heldBy(HOLDER)).to.equal(10_000);
        assembler.onFramePiece(Buffer.alloc(9000), 5000, 9000, 0, 5000, true);
        expect(budget.heldBy(HOLDER)).to.equal(10_000);
        feed(assembler, 0, false, Buffer.alloc(1000));
        expect(budget.heldBy(HOLDER), 'there was just enough room').to.equal(10_000);
        feed(assembler, 0, true, Buffer.alloc(1));
        expect([sink.log.length, budget.total]).to.deep.equal([1, 0]);
      }
    });

    it('is never more than a last frame announced', () => {
      const { assembler, budget } = setUp();
      assembler.onFrameStart(2, true, false, 150);
      assembler.onFramePiece(noise(150), 0, 1, 0, 0, false);
      expect(budget.total).to.equal(150);
      assembler.discard();
      assembler.onFrameStart(2, false, false, 6000);
      expect(budget.total).to.equal(0);
    });

    it('begins with 4 KiB', () => {
      const { assembler, budget } = setUp();
      feed(assembler, 2, false, noise(1));
      expect(budget.total).to.equal(4096);
    });

    it('is never more than the limit of a message', () => {
      const { assembler, budget } = setUp({ maxMessageBytes: 9000 });
      feed(assembler, 2, false, noise(5000));
      expect(budget.total).to.equal(9000);
      feed(assembler, 0, true, noise(4000));
      expect(budget.total).to.equal(0);
    });

    it('is at most twice what came, or 4 KiB, and four times what is large, whatever the pieces', () => {
      const fragment = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(fc.array(fragment, { minLength: 1, maxLength: 12 }), (fragments) => {
          const { assembler, budget, sink } = setUp();
          let came = 0;
          fragments.forEach((pieces, i) => {
            const fin = i === fragments.length - 1;
            assembler.onFrameStart(
              i === 0 ? 2 : 0,
              fin,
              false,
              pieces.reduce((sum, piece) => sum + piece),
            );
            pieces.forEach((piece, j) => {
              const last = j === pieces.length - 1;
              came += piece;
              assembler.onFramePiece(noise(piece), 0, piece, 0, 0, last);
              if (fin && last) return;
              expect(budget.total).to.be.within(came, Math.max(4096, came * (came < 32_768 ? 2 : 4)));
            });
          });
          expect(budget.total).to.equal(0);
          expect(sink.binaries[0]?.equals(Buffer.concat(fragments.flat().map(noise)))).to.equal(true);
        }),
      );
    });

    it('grows faster once it is large', () => {
      const { assembler, budget } = setUp({ maxMessageBytes: 10_000_000 });
      feed(assembler, 2, false, noise(32_767));
      expect(budget.total).to.equal(65_534);
      feed(assembler, 0, false, noise(32_767));
      expect(budget.total).to.equal(65_534);
      feed(assembler, 0, false, noise(1));
      expect(budget.total).to.equal(65_535 * 4);
    });

    it('is copied a bounded number of times: one-octet fragments cost linear time', function () {
      this.timeout(20_000);
      const copy = sinon.spy(Buffer.prototype, 'copy');
      try {
        const { assembler, budget } = setUp();
        const octet = hex('2a');
        const count = 50_000;
        let most = 0;
        feed(assembler, 2, false, octet);
        for (let i = 2; i < count; i++) {
          feed(assembler, 0, false, octet);
          most = Math.max(most, budget.total);
        }
        feed(assembler, 0, true, octet);
        const copied = (copy.returnValues as number[]).reduce((sum, octets) => sum + octets, 0);
        expect(copied).to.be.within(count, 3 * count);
        expect(most).to.be.within(count, 4 * count);
      } finally {
        sinon.restore();
      }
    });

    it('is released when the connection goes, once', () => {
      const { assembler, budget } = setUp();
      budget.charge(OTHER, 77);
      feed(assembler, 2, false, noise(5000));
      assembler.discard();
      assembler.discard();
      expect([budget.heldBy(HOLDER), budget.total]).to.deep.equal([0, 77]);
    });

    it('is released when the message fails and is discarded', () => {
      for (const fail of [
        (assembler: MessageAssembler<object>) => feed(assembler, 0, false, hex('ff')),
        (assembler: MessageAssembler<object>) => assembler.onFrameStart(0, true, false, 2_000_000),
        (assembler: MessageAssembler<object>) => assembler.onControlFrame(8, hex('00'), 0, 1),
      ]) {
        const { assembler, budget } = setUp();
        feed(assembler, 1, false, Buffer.alloc(5000, 'x'));
        expect(budget.total).to.equal(10_000);
        expect(() => fail(assembler)).to.throw();
        assembler.discard();
        expect(budget.total).to.equal(0);
      }
    });

    it('is given up when it is the largest of a process that holds too much; no message follows', () => {
      const allocated = sinon.spy(Buffer, 'allocUnsafeSlow');
      try {
        for (const opcode of [1, 2]) {
          const { assembler, budget, failed, sink } = setUp({}, 12_000);
          feed(assembler, opcode, false, Buffer.alloc(4000));
          allocated.resetHistory();
          // The whole of the last fragment is there, and no room for it.
          feed(assembler, 0, true, Buffer.alloc(9000));
          expect(failed).to.deep.equal([HOLDER]);
          expect([sink.log, budget.total, allocated.callCount]).to.deep.equal([[], 0, 0]);
        }
      } finally {
        sinon.restore();
      }
    });

    it('is free for the garbage collector once it is discarded', async () => {
      const grown: WeakRef<Buffer>[] = [];
      const { allocUnsafeSlow } = Buffer;
      sinon.stub(Buffer, 'allocUnsafeSlow').callsFake((length) => {
        const buffer = allocUnsafeSlow(length);
        grown.push(new WeakRef(buffer));
        return buffer;
      });
      const { assembler } = setUp();
      feed(assembler, 2, false, noise(100_000));
      sinon.restore();
      assembler.discard();
      await collectGarbage();
      expect(grown.map((buffer) => buffer.deref())).to.deep.equal([undefined]);
      // Here, so that the assembler itself is not garbage.
      assembler.discard();
    });

    it('is left alone when another one is the largest', () => {
      const { assembler, budget, failed, sink } = setUp({}, 12_000);
      budget.charge(OTHER, 9000);
      feed(assembler, 2, false, noise(4000));
      expect(failed).to.deep.equal([OTHER]);
      expect(budget.heldBy(HOLDER)).to.equal(8000);
      feed(assembler, 0, true, hex('ff'));
      expect([sink.binaries[0]?.length, budget.total]).to.deep.equal([4001, 0]);
    });
  });

  it('decodes what was found to be ASCII while it was unmasked the fast way', () => {
    const decode = sinon.spy(Buffer.prototype, 'toString');
    try {
      const text = 'a text that is longer than some others';
      for (const before of [
        [],
        [
          { opcode: 1, fin: false, payload: 'nicht nur ' },
          { opcode: 0, payload: 'ä' },
        ],
      ]) {
        decode.resetHistory();
        const frames = [...before, { opcode: 1, fin: false, payload: text }, { opcode: 0, payload: '!' }];
        receive(frames, {}, 0x01020304);
        expect(decode.lastCall.args[0]).to.equal('latin1');
      }
    } finally {
      sinon.restore();
    }
  });

  describe('octets that outlive the call', () => {
    it('are copied when they are few, so that they pin no chunk', () => {
      const { sink, assembler } = setUp();
      const chunk = noise(65_536);
      for (const length of [0, 1, 1000, 4095]) {
        assembler.onFrame(2, true, false, chunk, 10, 10 + length, -1);
        assembler.onControlFrame(9, chunk, 10, 10 + Math.min(length, 125));
      }
      const expected = sink.log.slice();
      chunk.fill(0);
      expect([...sink.binaries, ...sink.pings].filter(({ buffer }) => buffer === chunk.buffer)).to.deep.equal(
        [],
      );
      expect(sink.binaries.map((data) => `binary ${data.toString('hex')}`)).to.deep.equal(
        expected.filter((line) => line.startsWith('binary')),
      );
    });

    it('stay in their chunk when they are a quarter of what it pins', () => {
      const { sink, assembler } = setUp();
      const chunk = Buffer.from(new ArrayBuffer(10_000));
      assembler.onFrame(2, true, false, chunk, 5, 5 + 2500, -1);
      assembler.onFrame(2, true, false, chunk, 5, 5 + 2499, -1);
      expect(sink.binaries.map(({ buffer }) => buffer === chunk.buffer)).to.deep.equal([true, false]);
      expect([sink.binaries[0]?.byteOffset, sink.binaries[0]?.length]).to.deep.equal([5, 2500]);
      const quarter = Buffer.from(new ArrayBuffer(4 * 4096));
      assembler.onFrame(2, true, false, quarter, 0, 4096, -1);
      expect(sink.binaries.pop()?.buffer).to.equal(quarter.buffer);
      const larger = Buffer.from(new ArrayBuffer(40_001));
      assembler.onFrame(2, true, false, larger, 0, 10_000, -1);
      assembler.onFrame(2, true, false, larger, 0, 10_001, -1);
      expect(sink.binaries.map(({ buffer }) => buffer === larger.buffer).slice(2)).to.deep.equal([
        false,
        true,
      ]);
    });

    it('stay in their chunk when it is no larger than what a small Buffer pins', () => {
      const { sink, assembler } = setUp();
      const chunk = Buffer.from(new ArrayBuffer(8192));
      assembler.onFrame(2, true, false, chunk, 5, 6, -1);
      const larger = Buffer.from(new ArrayBuffer(8193));
      assembler.onFrame(2, true, false, larger, 5, 6, -1);
      expect(sink.binaries[0]?.buffer).to.equal(chunk.buffer);
      expect(sink.binaries[1]?.buffer).to.not.equal(larger.buffer);
    });

    it('are judged by the memory that they would pin, not by the view on it', () => {
      const { sink, assembler } = setUp();
      const memory = Buffer.from(new ArrayBuffer(1_000_000));
      const chunk = memory.subarray(500_000, 505_000);
      assembler.onFrame(2, true, false, chunk, 0, 5000, -1);
      expect(sink.binaries[0]?.buffer).to.not.equal(memory.buffer);
      expect(sink.binaries[0]?.length).to.equal(5000);
    });

    it('never lie where the parser collects the next frame', () => {
      const { sink, assembler } = setUp();
      const parser = new FrameParser(assembler, { masked: false, compression: false });
      for (const payload of ['first', 'other', 'third']) {
        for (const octet of wire(undefined, { opcode: 9, payload })) {
          parser.push(Buffer.from([octet]));
          parser.parse(Infinity);
        }
      }
      expect(sink.pings.map(String)).to.deep.equal(['first', 'other', 'third']);
    });

    it('never lie where the next message grows', () => {
      const { sink, assembler } = setUp();
      for (const fill of [1, 2, 3]) {
        feed(assembler, 2, false, Buffer.alloc(3000, fill));
        feed(assembler, 0, true, Buffer.alloc(3000, fill));
      }
      expect(sink.binaries.map((data) => [data.length, data[0], data[5999]])).to.deep.equal([
        [6000, 1, 1],
        [6000, 2, 2],
        [6000, 3, 3],
      ]);
    });
  });

  describe("`textAs: 'buffer'`", () => {
    const asBuffer = { textAs: 'buffer' as const };

    it('hands on the octets of a text, in one frame or several', () => {
      const text = Buffer.from('aé€👋z');
      for (let place = 0; place <= text.length; place++) {
        const fragments = [
          { opcode: 1, fin: false, payload: text.subarray(0, place) },
          { opcode: 0, payload: text.subarray(place) },
        ];
        expect(receive(fragments, asBuffer).log).to.deep.equal([`utf8 ${text.toString('hex')}`]);
      }
      for (const key of [undefined, 0x01020304]) {
        expect(receive([{ opcode: 1, payload: text }, { opcode: 1 }], asBuffer, key).log).to.deep.equal([
          `utf8 ${text.toString('hex')}`,
          'utf8 ',
        ]);
      }
    });

    it('refuses what is no UTF-8 all the same', () => {
      for (const wrong of ['ff', '61c3', 'eda080']) {
        for (const key of [undefined, 0x01020304]) {
          const { error, log } = receive([{ opcode: 1, payload: hex(wrong) }], asBuffer, key);
          expect(error).to.have.property('code', 'ERR_WS_INVALID_UTF8');
          expect(error).to.have.property('message', 'the text message is not valid UTF-8');
          expect(log).to.deep.equal([]);
        }
      }
    });

    it('leaves binary messages as they are', () => {
      expect(receive([{ opcode: 2, payload: hex('ff') }], asBuffer).log).to.deep.equal(['binary ff']);
    });

    it('copies few octets of a large chunk', () => {
      const { sink, assembler } = setUp(asBuffer);
      const chunk = Buffer.alloc(65_536, 'a');
      assembler.onFrame(1, true, false, chunk, 10, 20, 0);
      expect(sink.binaries[0]?.buffer).to.not.equal(chunk.buffer);
      expect(String(sink.binaries[0])).to.equal('aaaaaaaaaa');
    });
  });

  describe('`fragments: true`', () => {
    const inFragments = { fragments: true };

    it('hands on each piece as it comes', () => {
      const { sink, assembler } = setUp(inFragments);
      feed(assembler, 2, false, hex('01'), hex('0203'));
      expect(sink.log).to.deep.equal(['fragment binary 01', 'fragment binary 0203']);
      assembler.onControlFrame(9, hex('aa'), 0, 1);
      feed(assembler, 0, true, hex('04'), hex('05'));
      expect(sink.log.slice(2)).to.deep.equal(['ping aa', 'fragment binary 04', 'fragment binary 05 final']);
      feed(assembler, 1, true, Buffer.from('te'), Buffer.from('xt'));
      expect(sink.log.slice(5)).to.deep.equal(['fragment text "te"', 'fragment text "xt" final']);
    });

    it('hands on a message in one frame as its only fragment', () => {
      const frames = [
        { opcode: 1, payload: 'é' },
        { opcode: 2, payload: hex('00') },
        { opcode: 1 },
        { opcode: 2 },
      ];
      expect(receive(frames, inFragments).log).to.deep.equal([
        'fragment text "é" final',
        'fragment binary 00 final',
        'fragment text "" final',
        'fragment binary  final',
      ]);
    });

    it('says nothing of empty fragments but the last', () => {
      for (const [opcode, type] of [
        [1, 'text ""'],
        [2, 'binary '],
      ] as const) {
        const frames = [{ opcode, fin: false }, { opcode: 0, fin: false }, { opcode: 0 }];
        expect(receive(frames, inFragments).log).to.deep.equal([`fragment ${type} final`]);
      }
    });

    it('cuts text between characters', () => {
      const octets = Buffer.from('aé€👋z');
      for (let place = 0; place <= octets.length; place++) {
        const { sink } = receive(
          [
            { opcode: 1, fin: false, payload: octets.subarray(0, place) },
            { opcode: 0, payload: octets.subarray(place) },
          ],
          inFragments,
        );
        const texts = sink.fragments.map(({ data }) => data as string);
        expect(texts.join('')).to.equal('aé€👋z');
        for (const text of texts) expect(Buffer.from(text).toString(), String(place)).to.equal(text);
      }
    });

    it('gives octets that nobody else changes', () => {
      const { sink, assembler } = setUp(inFragments);
      const chunk = Buffer.concat([hex('010203'), noise(65_536)]);
      feed(assembler, 2, false, chunk.subarray(0, 3));
      chunk.fill(0);
      expect((sink.fragments[0]?.data as Buffer).toString('hex')).to.equal('010203');
    });
  });
});

/** Runs the garbage collector; what a turn of the event loop keeps alive is let go before. */
async function collectGarbage(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Finds the first octet that no text can have there, by the decoder of the Encoding Standard. */
function firstWrongOctet(octets: Buffer): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let i = 0; i < octets.length; i++) {
    try {
      decoder.decode(octets.subarray(i, i + 1), { stream: true });
    } catch {
      return i;
    }
  }
  throw new Error(`${octets.toString('hex')} can be the beginning of a text`);
}
