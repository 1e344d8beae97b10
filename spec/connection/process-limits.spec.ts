import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import sinon from 'sinon';
import {
  backlogBudget,
  processLimits,
  unfinishedBudget,
  type BudgetHolder,
} from '../../lib/connection/process-limits.js';
import { InvalidOptionError, LimitError } from '../../lib/errors.js';

const MiB = 1024 * 1024;
const USUAL = { maxUnfinishedBytes: 256 * MiB, maxBacklogBytes: 256 * MiB };

class Holder implements BudgetHolder {
  readonly fail = sinon.fake();
  readonly endSlowConsumer = sinon.fake();
}

describe('processLimits', () => {
  afterEach(() => {
    processLimits(USUAL);
    expect([unfinishedBudget.total, backlogBudget.total]).to.deep.equal([0, 0]);
  });

  it('tells the limits, 256 MiB each unless changed', () => {
    expect(processLimits()).to.deep.equal(USUAL);
    expect(processLimits({})).to.deep.equal(USUAL);
  });

  it('tells a quarter of the heap limit each where that is less', () => {
    const program =
      "import { processLimits } from './lib/index.js'; console.log(JSON.stringify(processLimits()))";
    const run = spawnSync(
      process.execPath,
      ['--max-old-space-size=256', '--import', 'tsx', '--input-type=module', '--eval', program],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8' },
    );
    const { maxUnfinishedBytes, maxBacklogBytes } = JSON.parse(run.stdout) as typeof USUAL;
    // V8 counts what is young in besides: up to 48 MiB in Node 20, 192 in Node 24.
    expect(maxUnfinishedBytes).to.be.within(64 * MiB, 128 * MiB);
    expect(maxBacklogBytes).to.equal(maxUnfinishedBytes);
  }).timeout(60_000);

  it('changes what is given and leaves the rest', () => {
    expect(processLimits({ maxUnfinishedBytes: 5 })).to.deep.equal({ ...USUAL, maxUnfinishedBytes: 5 });
    expect(processLimits({ maxBacklogBytes: Infinity })).to.deep.equal({
      maxUnfinishedBytes: 5,
      maxBacklogBytes: Infinity,
    });
    expect([unfinishedBudget.limit, backlogBudget.limit]).to.deep.equal([5, Infinity]);
    expect(processLimits({ maxUnfinishedBytes: undefined }).maxUnfinishedBytes).to.equal(5);
    expect(processLimits(processLimits())).to.deep.equal(processLimits());
  });

  it('refuses bad values and unknown limits, and changes nothing then', () => {
    for (const limits of [
      { maxUnfinishedBytes: 5, maxBacklogBytes: -1 },
      { maxUnfinishedBytes: 5, maxBacklogBytes: 1.5 },
      { maxUnfinishedBytes: 5, maxBacklogBytes: '5' },
      { maxUnfinishedBytes: NaN },
      { maxUnfinishedBytes: 5, maxBacklog: 5 },
      null,
      5,
    ]) {
      expect(() => processLimits(limits as object), JSON.stringify(limits)).to.throw(InvalidOptionError);
      expect(processLimits()).to.deep.equal(USUAL);
    }
  });

  it('says which limits there are none of', () => {
    expect(() => processLimits({ maxBacklogByte: 5 } as object)).to.throw(
      InvalidOptionError,
      'maxBacklogByte: expected nothing (ProcessLimits has no such option), got 5; did you mean maxBacklogBytes?',
    );
    expect(() => processLimits([] as object)).to.throw(
      InvalidOptionError,
      /^ProcessLimits: expected an object/,
    );
  });

  it('fails with 1009 whoever holds most of unfinished messages', () => {
    const [small, large] = [new Holder(), new Holder()];
    processLimits({ maxUnfinishedBytes: 100 });
    unfinishedBudget.charge(large, 60);
    unfinishedBudget.charge(small, 41);
    expect([small.fail.callCount, large.fail.callCount, large.endSlowConsumer.callCount]).to.deep.equal([
      0, 1, 0,
    ]);
    const [error] = large.fail.firstCall.args as [LimitError];
    expect(error).to.be.instanceOf(LimitError);
    expect(error).to.include({ limit: 'maxUnfinishedBytes', value: 100, actual: 60, closeCode: 1009 });
    unfinishedBudget.release(small);
  });

  it('ends whoever has the largest backlog', () => {
    const [small, large] = [new Holder(), new Holder()];
    backlogBudget.charge(small, 50);
    backlogBudget.charge(large, 60);
    processLimits({ maxBacklogBytes: 100 });
    expect([small, large].map(({ endSlowConsumer }) => endSlowConsumer.callCount)).to.deep.equal([0, 1]);
    expect(large.fail.callCount).to.equal(0);
    backlogBudget.release(small);
  });
});
