import { expect } from 'chai';
import { LimitError } from '../../lib/errors.js';
import { FrameParser } from '../../lib/protocol/frame-parser.js';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import {
  MessageAssembler,
  type MessageSink,
  type MessageType,
} from '../../lib/protocol/message-assembler.js';
import { PEERS, allCuts, noise, wire, type WireFrame } from './wire.js';

const hex = (text: string) => Buffer.from(text, 'hex');
const RSV1 = 4;

/** Writes down what it is told. */
class RecordingSink implements MessageSink {
  readonly log: string[] = [];
  readonly octets: Buffer[] = [];

  onText(text: string): void {
    this.log.push(`text ${text}`);
  }

  onUtf8(octets: Buffer): void {
    this.log.push(`utf8 ${octets.toString('hex')}`);
  }

  onBinary(data: Buffer): void {
    this.log.push(`binary ${data.toString('hex')}`);
  }

  onFragment({ type, data, final }: { type: string; data: string | Buffer; final: boolean }): void {
    this.log.push(`fragment ${type} ${String(data)}${final ? ' final' : ''}`);
  }

  onCompressed(type: MessageType, octets: Buffer): void {
    this.octets.push(octets);
    this.log.push(`compressed ${type} ${octets.toString('hex')}`);
  }

  onCompressedPiece(type: MessageType, octets: Buffer, endsFrame: boolean, endsMessage: boolean): void {
    this.octets.push(octets);
    const end = `${endsFrame ? ' end of frame' : ''}${endsMessage ? ' end of message' : ''}`;
    this.log.push(`piece ${type} ${octets.toString('hex')}${end}`);
  }

  onPing(payload: Buffer): void {
    this.log.push(`ping ${payload.toString('hex')}`);
  }

  onPong(payload: Buffer): void {
    this.log.push(`pong ${payload.toString('hex')}`);
  }

  onClose(code: number): void {
    this.log.push(`close ${code}`);
  }
}

interface Options {
  readonly maxMessageBytes?: number;
  readonly maxEmptyFragments?: number;
  readonly fragments?: boolean;
}

/** Sends chunks through a parser that knows RSV1. */
function receive(chunks: readonly Buffer[], masked: boolean, options: Options = {}) {
  const sink = new RecordingSink();
  let most = 0;
  const budget = new MemoryBudget<object>(Infinity, () => {});
  const all = { maxMessageBytes: 1_000_000, maxEmptyFragments: 10, fragments: false, ...options };
  const assembler = new MessageAssembler<object>(sink, all, budget, sink);
  const parser = new FrameParser(assembler, { masked, compression: true });
  let error: unknown;
  try {
    for (const chunk of chunks) {
      parser.push(Buffer.from(chunk));
      parser.parse(Infinity);
      most = Math.max(most, budget.total);
    }
  } catch (thrown) {
    error = thrown;
    assembler.discard();
  }
  return { sink, log: sink.log, error, held: budget.total, most };
}

/** Joins the pieces of a frame, as if they had come in one. */
function joined(log: readonly string[]): string[] {
  const result: string[] = [];
  let open = '';
  for (const line of log) {
    const match = /^piece (text|binary) ([0-9a-f]*)(.*)$/.exec(line);
    if (match === null) result.push(line);
    else if (match[3] === '') open += match[2]!;
    else {
      result.push(`piece ${match[1]!} ${open}${match[2]!}${match[3]!}`);
      open = '';
    }
  }
  return result;
}

for (const { peer, masked, key } of PEERS) {
  describe(`MessageAssembler, compressed messages of ${peer}`, () => {
    const run = (frames: readonly WireFrame[], options: Options = {}) =>
      receive([wire(key, ...frames)], masked, options);

    it('hands them on as they are, text or binary, between others (RFC 7692 §6)', () => {
      const { log } = run([
        { opcode: 1, rsv: RSV1, payload: hex('f248cdc9c90700') },
        { opcode: 1, payload: 'plain' },
        { opcode: 2, rsv: RSV1, payload: hex('ff') },
        { opcode: 1, rsv: RSV1 },
        { opcode: 2, payload: hex('01') },
      ]);
      expect(log).to.deep.equal([
        'compressed text f248cdc9c90700',
        'text plain',
        'compressed binary ff',
        'compressed text ',
        'binary 01',
      ]);
    });

    it('joins their fragments; RSV1 of the first speaks for all (RFC 7692 §6.1)', () => {
      const { log, held } = run([
        { opcode: 1, rsv: RSV1, fin: false, payload: hex('f248cd') },
        { opcode: 9, payload: hex('01') },
        { opcode: 0, fin: false },
        { opcode: 0, payload: hex('c9c90700') },
        { opcode: 1, fin: false, payload: 'pl' },
        { opcode: 0, payload: 'ain' },
        { opcode: 2, rsv: RSV1, fin: false },
        { opcode: 0 },
      ]);
      expect(log).to.deep.equal([
        'ping 01',
        'compressed text f248cdc9c90700',
        'text plain',
        'compressed binary ',
      ]);
      expect(held).to.equal(0);
    });

    it('judges no UTF-8 in them: these are not the octets of the text', () => {
      const { log, error } = run([
        { opcode: 1, rsv: RSV1, payload: hex('ff') },
        { opcode: 1, rsv: RSV1, fin: false, payload: hex('c0') },
        { opcode: 0, payload: hex('fe') },
      ]);
      expect(error).to.equal(undefined);
      expect(log).to.deep.equal(['compressed text ff', 'compressed text c0fe']);
      expect(run([{ opcode: 1, fin: false, payload: hex('c0') }]).error).to.include({ closeCode: 1007 });
    });

    const CORPUS: readonly WireFrame[] = [
      { opcode: 1, rsv: RSV1, payload: hex('f248cdc9c90700') },
      { opcode: 1, rsv: RSV1, fin: false, payload: hex('f248cd') },
      { opcode: 9, payload: 'ping' },
      { opcode: 0, payload: hex('c9c90700') },
      { opcode: 1, payload: 'plain' },
      { opcode: 2, rsv: RSV1, fin: false, payload: noise(20) },
      { opcode: 0, fin: false },
      { opcode: 0 },
    ];

    it('gives the same, cut anywhere', () => {
      for (const fragments of [false, true]) {
        const octets = wire(key, ...CORPUS);
        const whole = receive([octets], masked, { fragments });
        expect(whole.error).to.equal(undefined);
        for (const chunks of allCuts(octets)) {
          const { log, held } = receive(chunks, masked, { fragments });
          const plain = (lines: readonly string[]) =>
            joined(lines).filter((line) => !line.startsWith('frag'));
          expect(plain(log)).to.deep.equal(plain(whole.log));
          expect(held).to.equal(0);
        }
      }
    });

    it('hands them on in pieces with `fragments: true`, and tells where frames and messages end', () => {
      const { log } = run(CORPUS, { fragments: true });
      expect(log).to.deep.equal([
        'piece text f248cdc9c90700 end of frame end of message',
        'piece text f248cd end of frame',
        'ping 70696e67',
        'piece text c9c90700 end of frame end of message',
        'fragment text plain final',
        `piece binary ${noise(20).toString('hex')} end of frame`,
        'piece binary  end of frame',
        'piece binary  end of frame end of message',
      ]);
    });

    describe('limits', () => {
      /** Octets that a compressed message of the greatest length may have: those that cannot be compressed grow. */
      const most = (max: number) => Math.ceil(max * (1 + 1 / 16)) + 64;

      for (const max of [0, 100, 1000, 10_007]) {
        it(`lets a little more than maxMessageBytes announce itself, for ${max}`, () => {
          const fits: WireFrame = { opcode: 2, rsv: RSV1, payload: noise(most(max)) };
          const tooLong: WireFrame = { opcode: 2, rsv: RSV1, payload: noise(most(max) + 1) };
          for (const fragments of [false, true]) {
            expect(run([fits], { maxMessageBytes: max, fragments }).error).to.equal(undefined);
            const { error, log } = run([tooLong], { maxMessageBytes: max, fragments });
            expect(error).to.be.instanceOf(LimitError);
            expect(error).to.include({ limit: 'maxMessageBytes', value: max, actual: most(max) + 1 });
            expect(log).to.deep.equal([]);
          }
          // What is not compressed has the limit itself.
          const plain = run([{ opcode: 2, payload: noise(max + 1) }], { maxMessageBytes: max });
          expect(plain.error).to.include({ limit: 'maxMessageBytes', value: max, actual: max + 1 });
        });
      }

      it('are decided from the header, before the payload comes', () => {
        const frame = wire(key, { opcode: 1, rsv: RSV1, length: most(1000) + 1 });
        const { error, most: held } = receive([frame], masked, { maxMessageBytes: 1000 });
        expect(error).to.include({ limit: 'maxMessageBytes', closeCode: 1009 });
        expect(held).to.equal(0);
      });

      it('are for all fragments together; in pieces for each', () => {
        const half = Math.floor(most(1000) / 2);
        const frames: WireFrame[] = [
          { opcode: 2, rsv: RSV1, fin: false, payload: noise(half) },
          { opcode: 0, fin: false, payload: noise(half) },
          { opcode: 0, payload: noise(2) },
        ];
        expect(run(frames, { maxMessageBytes: 1000 }).error).to.be.instanceOf(LimitError);
        expect(run(frames, { maxMessageBytes: 1000, fragments: true }).error).to.equal(undefined);
      });

      it('hold for empty fragments, too', () => {
        const frames: WireFrame[] = [
          { opcode: 1, rsv: RSV1, fin: false },
          ...Array.from({ length: 10 }, () => ({ opcode: 0, fin: false })),
        ];
        for (const fragments of [false, true])
          expect(run(frames, { fragments }).error).to.include({ limit: 'maxEmptyFragments' });
      });
    });

    it('charges a message in fragments while it holds it, and no piece of one that is handed on', () => {
      const frames: WireFrame[] = [{ opcode: 2, rsv: RSV1, fin: false, payload: noise(9000) }];
      expect(run(frames).most).to.be.within(9000, 18_000);
      expect(run(frames, { fragments: true }).most).to.equal(0);
      const all = run([...frames, { opcode: 0, payload: noise(1) }]);
      expect(all.held).to.equal(0);
      expect(all.sink.octets[0]?.equals(Buffer.concat([noise(9000), noise(1)]))).to.equal(true);
    });
  });
}
