import { expect } from 'chai';
import { unfinishedBudget, type BudgetHolder } from '../../lib/connection/process-limits.js';
import { lendReader, returnReader } from '../../lib/connection/reader-pool.js';
import type { MessageSink } from '../../lib/protocol/message-assembler.js';
import { collectGarbage } from '../garbage-collection.js';

const LIMITS = { maxMessageBytes: 1000, maxEmptyFragments: 2, fragments: false };
const RULES = { masked: false, compression: false };

const holder = (): BudgetHolder => ({ fail: () => undefined }) as unknown as BudgetHolder;

function sinkOf(log: string[]): MessageSink {
  return { onText: (text: string) => void log.push(text) } as unknown as MessageSink;
}

describe('lendReader', () => {
  it('lends what came back last, to read for somebody else', () => {
    const first: string[] = [];
    const reader = lendReader(sinkOf(first), LIMITS, holder(), RULES);
    reader.push(Buffer.from('810141', 'hex'));
    reader.parse(1);
    returnReader(reader);
    const second: string[] = [];
    expect(lendReader(sinkOf(second), LIMITS, holder(), RULES)).to.equal(reader);
    reader.push(Buffer.from('810142', 'hex'));
    reader.parse(1);
    expect([first, second]).to.deep.equal([['A'], ['B']]);
    returnReader(reader);
  });

  it('lends to several at once', () => {
    const readers = Array.from({ length: 40 }, () => lendReader(sinkOf([]), LIMITS, holder(), RULES));
    expect(new Set(readers).size).to.equal(40);
    readers.forEach(returnReader);
    expect(unfinishedBudget.total).to.equal(0);
  });

  it('keeps nobody alive', async () => {
    const gone = (() => {
      const log = ['somebody'];
      returnReader(lendReader(sinkOf(log), LIMITS, holder(), RULES));
      return new WeakRef(log);
    })();
    await collectGarbage();
    expect(gone.deref()).to.equal(undefined);
  });
});
