import { expect } from 'chai';
import type { MessageSink } from '../../lib/protocol/message-assembler.js';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import { MessageReader } from '../../lib/protocol/message-reader.js';
import { collectGarbage } from '../garbage-collection.js';

const LIMITS = { maxMessageBytes: 1000, maxEmptyFragments: 2, fragments: false };
const MASKED = { masked: true, compression: false };
const PLAIN = { masked: false, compression: false };
const hex = (octets: string): Buffer => Buffer.from(octets, 'hex');

/** Notes what it is told. */
function sinkOf(log: string[]): MessageSink {
  const note = (what: string) => (data: unknown) => void log.push(`${what} ${String(data)}`);
  return {
    onText: note('text'),
    onUtf8: note('utf8'),
    onBinary: (data) => void log.push(`binary ${data.toString('hex')}`),
    onFragment: ({ data }) => void log.push(`fragment ${String(data)}`),
    onCompressed: note('compressed'),
    onCompressedPiece: note('piece'),
    onPing: note('ping'),
    onPong: note('pong'),
    onClose: note('close'),
  };
}

function setUp(limits = LIMITS, rules = PLAIN) {
  const log: string[] = [];
  const holder = {};
  const budget = new MemoryBudget<object>(1_000_000, () => undefined);
  const reader = new MessageReader<object>(sinkOf(log), limits, budget, holder, rules);
  const read = (octets: string): void => {
    reader.push(hex(octets));
    reader.parse(Infinity);
  };
  return { log, holder, budget, reader, read };
}

describe('MessageReader', () => {
  it('turns octets into messages', () => {
    const { log, read } = setUp();
    read('8103414243' + '82020102' + '8901ff');
    expect(log).to.deep.equal(['text ABC', 'binary 0102', 'ping \ufffd']);
  });

  it('is at rest only between two messages', () => {
    for (const [octets, isAtRest] of [
      ['', true],
      ['8100', true],
      ['81', false],
      ['8102', false],
      ['810241', false],
      ['81024142', true],
      ['010141', false],
      ['010141' + '8000', true],
      ['010141' + '8900', false],
      ['8901', false],
      ['890100', true],
    ] as const) {
      const { reader, read } = setUp();
      read(octets);
      expect(reader.isAtRest, octets).to.equal(isAtRest);
    }
    const { reader } = setUp();
    reader.push(hex('81008100'));
    expect([reader.isAtRest, reader.hasRest]).to.deep.equal([false, true]);
    reader.parse(1);
    expect([reader.isAtRest, reader.hasRest]).to.deep.equal([false, true]);
    reader.parse(1);
    expect([reader.isAtRest, reader.hasRest]).to.deep.equal([true, false]);
  });

  it('is never at rest where messages come in fragments: characters may be cut', () => {
    expect(setUp({ ...LIMITS, fragments: true }).reader.isAtRest).to.equal(false);
  });

  it('goes on with another connection, by its own rules and limits', () => {
    const { log, reader, read } = setUp(LIMITS, MASKED);
    read('8181' + '01020304' + '40');
    reader.end();
    const other: string[] = [];
    reader.begin(sinkOf(other), { ...LIMITS, maxMessageBytes: 4 }, {}, PLAIN);
    read('810142');
    read('0102' + '4344');
    reader.push(hex('45'));
    reader.parse(Infinity);
    expect(() => {
      read('8004' + '41414141');
    }).to.throw(/RSV|reserved|opcode|length|message/i);
    expect(log).to.deep.equal(['text A']);
    expect(other).to.deep.equal(['text B']);
  });

  it('keeps nobody alive once it has ended', async () => {
    const budget = new MemoryBudget<object>(1_000_000, () => undefined);
    const { reader, gone } = (() => {
      const sink = sinkOf([]);
      const holder = {};
      return {
        reader: new MessageReader<object>(sink, LIMITS, budget, holder, PLAIN),
        gone: [new WeakRef<object>(sink), new WeakRef<object>(holder)],
      };
    })();
    reader.push(hex('810141'));
    reader.parse(Infinity);
    reader.end();
    await collectGarbage();
    expect(gone.map((one) => one.deref())).to.deep.equal([undefined, undefined]);
    expect(reader.isAtRest).to.equal(true);
  });

  it('reads what comes in pieces without a mask after it read masked ones', () => {
    const { reader, read } = setUp(LIMITS, MASKED);
    read('8282' + 'ffffffff');
    read('0102');
    reader.end();
    const other: string[] = [];
    reader.begin(sinkOf(other), LIMITS, {}, PLAIN);
    read('8202');
    read('0102');
    expect(other).to.deep.equal(['binary 0102']);
  });

  it('charges who it reads for, and gives back what it is made to forget', () => {
    const { budget, holder, reader, read } = setUp();
    read('0103414243');
    expect(budget.heldBy(holder)).to.be.above(0);
    reader.discard();
    expect(budget.heldBy(holder)).to.equal(0);
  });

  it('stops behind the present frame when it is told', () => {
    const log: string[] = [];
    const sink = sinkOf(log);
    const budget = new MemoryBudget<object>(1_000_000, () => undefined);
    const reader = new MessageReader<object>(
      { ...sink, onPing: () => reader.stop() },
      LIMITS,
      budget,
      {},
      PLAIN,
    );
    reader.push(hex('8900' + '810141'));
    reader.parse(Infinity);
    expect([log, reader.hasRest]).to.deep.equal([[], true]);
    reader.parse(Infinity);
    expect(log).to.deep.equal(['text A']);
  });

  it('tells nothing more once it is discarded, be it within a call', () => {
    const log: string[] = [];
    const reader: MessageReader<object> = new MessageReader<object>(
      { ...sinkOf(log), onPing: () => reader.discard() },
      LIMITS,
      new MemoryBudget<object>(1_000_000, () => undefined),
      {},
      PLAIN,
    );
    reader.push(hex('8900' + '810141'));
    reader.parse(Infinity);
    expect(log).to.deep.equal([]);
  });
});
