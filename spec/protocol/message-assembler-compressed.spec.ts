import { expect } from 'chai';
import { LimitError, type WebSocketError } from '../../lib/errors.js';
import { FrameParser } from '../../lib/protocol/frame-parser.js';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import { MessageAssembler, type MessageSink } from '../../lib/protocol/message-assembler.js';
import { PEERS, allCuts, wire, type WireFrame } from './wire.js';

const RSV1 = 4;

interface Limits {
  readonly maxMessageBytes?: number;
  readonly fragments?: boolean;
}

/** Writes down what the sink is told of data, in words; octets as hex. */
function recordingSink(log: string[]): MessageSink {
  return {
    onText: (text) => log.push(`text ${text}`),
    onBinary: (data) => log.push(`binary ${data.toString('hex')}`),
    onFragment: ({ type, data, final }) =>
      log.push(`fragment ${type} ${Buffer.from(data).toString('hex')}${final ? ' final' : ''}`),
    onCompressed: (type, octets) => log.push(`compressed ${type} ${octets.toString('hex')}`),
    onCompressedPiece: (type, octets, endsFrame, endsMessage) =>
      log.push(
        `piece ${type} ${octets.toString('hex')}${endsFrame ? ' frame' : ''}${endsMessage ? ' message' : ''}`,
      ),
    onPing: (payload) => log.push(`ping ${payload.toString('hex')}`),
    onPong: () => undefined,
    onClose: () => undefined,
  };
}

/** Parses chunks with compression negotiated; gives what the sink was told, and the violation. */
function receive(chunks: readonly Buffer[], masked: boolean, limits: Limits = {}) {
  const { maxMessageBytes = 1_000_000, fragments = false } = limits;
  const log: string[] = [];
  const budget = new MemoryBudget<object>(Infinity, () => undefined);
  const options = { maxMessageBytes, fragments, maxEmptyFragments: 10 };
  const assembler = new MessageAssembler(recordingSink(log), options, budget, {});
  const parser = new FrameParser(assembler, { masked, compression: true });
  let error: WebSocketError | undefined;
  try {
    for (const chunk of chunks) {
      parser.push(Buffer.from(chunk));
      parser.parse(Infinity);
    }
  } catch (thrown) {
    error = thrown as WebSocketError;
  }
  return { log, error };
}

for (const { peer, masked, key } of PEERS) {
  describe(`MessageAssembler, compressed messages of ${peer} (RFC 7692 §6.2)`, () => {
    // No UTF-8, so that it shows when octets are taken for the text that they will become.
    const octets = Buffer.from('c1ff00fe', 'hex');

    for (const [opcode, type] of [
      [1, 'text'],
      [2, 'binary'],
    ] as const) {
      it(`hands over ${type} as it came, whole or cut anywhere`, () => {
        const stream = wire(key, { opcode, rsv: RSV1, payload: octets }, { opcode: 9, payload: '!' });
        for (const chunks of [[stream], ...allCuts(stream)]) {
          expect(receive(chunks, masked)).to.deep.equal({
            log: [`compressed ${type} c1ff00fe`, 'ping 21'],
            error: undefined,
          });
        }
      });

      it(`joins the frames of ${type}, of which only the first says that it is compressed`, () => {
        const frames: WireFrame[] = [
          { opcode, rsv: RSV1, fin: false, payload: octets.subarray(0, 1) },
          { opcode: 9, payload: '!' },
          { opcode: 0, fin: false, payload: octets.subarray(1, 3) },
          { opcode: 0, payload: octets.subarray(3) },
          { opcode, payload: 'plain' },
          { opcode, fin: false, payload: 'pl' },
          { opcode: 0, payload: 'ain' },
        ];
        const plain = type === 'text' ? 'text plain' : 'binary 706c61696e';
        const stream = wire(key, ...frames);
        for (const chunks of [[stream], ...allCuts(stream)]) {
          expect(receive(chunks, masked)).to.deep.equal({
            log: ['ping 21', `compressed ${type} c1ff00fe`, plain, plain],
            error: undefined,
          });
        }
      });

      it(`hands over pieces of ${type} with \`fragments\`, and says what ends with each`, () => {
        const frames: WireFrame[] = [
          { opcode, rsv: RSV1, fin: false, payload: octets.subarray(0, 2) },
          { opcode: 0, payload: octets.subarray(2) },
          { opcode, payload: 'a' },
        ];
        const stream = wire(key, ...frames);
        // One octet of the payload of the second frame is in another chunk.
        const place = stream.length - wire(key, frames[2]!).length - 1;
        const chunks = [stream.subarray(0, place), stream.subarray(place)];
        expect(receive(chunks, masked, { fragments: true })).to.deep.equal({
          log: [
            `piece ${type} c1ff frame`,
            `piece ${type} 00`,
            `piece ${type} fe frame message`,
            `fragment ${type} 61 final`,
          ],
          error: undefined,
        });
      });
    }

    describe('of a length that no message of the limit can have', () => {
      // 160 octets that cannot be compressed have 160 + 160 / 16 + 64 at most.
      const limits = { maxMessageBytes: 160 };
      const MOST = 234;

      const expectTooLong = (error: WebSocketError | undefined, actual: number) => {
        expect(error).to.be.instanceOf(LimitError);
        expect(error).to.include({ limit: 'maxMessageBytes', value: 160, actual, closeCode: 1009 });
      };

      it('are refused when they come in one piece', () => {
        const frame = (length: number) => wire(key, { opcode: 2, rsv: RSV1, payload: Buffer.alloc(length) });
        expect(receive([frame(MOST)], masked, limits).error).to.equal(undefined);
        expectTooLong(receive([frame(MOST + 1)], masked, limits).error, MOST + 1);
      });

      it('are refused from the header', () => {
        for (const fragments of [false, true]) {
          const header = (length: number) => wire(key, { opcode: 2, rsv: RSV1, length });
          expect(receive([header(MOST)], masked, { ...limits, fragments }).error).to.equal(undefined);
          expectTooLong(receive([header(MOST + 1)], masked, { ...limits, fragments }).error, MOST + 1);
        }
      });

      it('are refused at the frame that makes them so', () => {
        const frames = (last: number) =>
          wire(
            key,
            { opcode: 1, rsv: RSV1, fin: false, payload: Buffer.alloc(200) },
            { opcode: 0, payload: Buffer.alloc(last) },
          );
        expect(receive([frames(MOST - 200)], masked, limits).log).to.deep.equal([
          `compressed text ${'00'.repeat(MOST)}`,
        ]);
        expectTooLong(receive([frames(MOST - 199)], masked, limits).error, MOST + 1);
      });

      it('are no reason to take longer messages that are not compressed', () => {
        for (const payload of [Buffer.alloc(161), Buffer.alloc(MOST)]) {
          expectTooLong(receive([wire(key, { opcode: 2, payload })], masked, limits).error, payload.length);
        }
        const behind = wire(
          key,
          { opcode: 2, rsv: RSV1, payload: octets },
          { opcode: 2, fin: false, length: 161 },
        );
        expectTooLong(receive([behind], masked, limits).error, 161);
      });
    });
  });
}

describe('MessageAssembler, fragments of text', () => {
  it('says what is wrong with them', () => {
    const stream = wire(undefined, { opcode: 1, fin: false, payload: Buffer.from('ff', 'hex') });
    const { error } = receive([stream], false, { fragments: true });
    expect(error?.message).to.equal('the text message is not valid UTF-8');
  });
});
