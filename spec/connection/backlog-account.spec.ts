import { expect } from 'chai';
import sinon from 'sinon';
import { BacklogAccount } from '../../lib/connection/backlog-account.js';
import { backlogBudget, processLimits, type BudgetHolder } from '../../lib/connection/process-limits.js';

const MiB = 1024 * 1024;

class Owner implements BudgetHolder {
  readonly fail = sinon.fake();
  readonly endSlowConsumer = sinon.fake();
}

describe('BacklogAccount', () => {
  const accounts: BacklogAccount[] = [];

  afterEach(() => {
    for (const account of accounts.splice(0)) account.close();
    processLimits({ maxBacklogBytes: 256 * MiB });
    expect(backlogBudget.total).to.equal(0);
  });

  function open(soft = MiB, owner = new Owner()): BacklogAccount {
    const account = new BacklogAccount(owner, soft);
    accounts.push(account);
    return account;
  }

  it('counts a backlog from 64 KiB on, and no more once it is below', () => {
    const account = open();
    account.update(65_535, 0);
    expect(backlogBudget.total).to.equal(0);
    account.update(65_536, 0);
    expect(backlogBudget.total).to.equal(65_536);
    account.update(100_000, 0);
    expect(backlogBudget.total).to.equal(100_000);
    account.update(65_535, 34_465);
    expect(backlogBudget.total).to.equal(0);
  });

  it('counts from the soft limit on, where that is less', () => {
    const account = open(1_000);
    account.update(999, 0);
    expect(backlogBudget.total).to.equal(0);
    account.update(1_000, 0);
    expect(backlogBudget.total).to.equal(1_000);
  });

  it('counts what waits for many once, whatever the order in which they take it', () => {
    const frame = Buffer.alloc(70_000);
    const own = 10_000;
    const all = [open(), open(), open()];
    for (const account of all) {
      account.update(own, 0);
      account.share(frame, own + frame.length);
      account.update(own + frame.length, 0);
    }
    expect(backlogBudget.total).to.equal(3 * own + frame.length);
    all[1]!.update(0, own + frame.length);
    expect(backlogBudget.total).to.equal(2 * own + frame.length);
    all[0]!.close();
    expect(backlogBudget.total).to.equal(own + frame.length);
    all[2]!.update(0, own + frame.length);
    expect(backlogBudget.total).to.equal(0);
  });

  it('counts a frame that waits twice for the same peer once', () => {
    const frame = Buffer.alloc(70_000);
    const account = open();
    for (const end of [70_000, 140_000]) account.share(frame, end);
    account.update(140_000, 0);
    expect(backlogBudget.total).to.equal(70_000);
    account.update(70_000, 70_000);
    expect(backlogBudget.total).to.equal(70_000);
    account.share(frame, 210_000);
    account.update(140_000, 70_000);
    expect(backlogBudget.total).to.equal(70_000);
  });

  it('forgets thousands of shared frames as they are taken', () => {
    const frames = Array.from({ length: 5_000 }, () => Buffer.alloc(20));
    const [one, other] = [open(), open()];
    for (const account of [one, other]) {
      frames.forEach((frame, index) => account.share(frame, (index + 1) * 20));
      account.update(100_000, 0);
    }
    expect(backlogBudget.total).to.equal(100_000);
    one.update(80_000, 20_000);
    expect(backlogBudget.total).to.equal(100_000);
    other.update(0, 100_000);
    expect(backlogBudget.total).to.equal(80_000);
    one.update(70_000, 30_000);
    expect(backlogBudget.total).to.equal(70_000);
  });

  it('does not end anybody for a broadcast that fits once', () => {
    processLimits({ maxBacklogBytes: 200_000 });
    const frame = Buffer.alloc(150_000);
    const owners = [new Owner(), new Owner(), new Owner()];
    for (const owner of owners) {
      const account = open(MiB, owner);
      account.share(frame, frame.length);
      account.update(frame.length, 0);
    }
    expect(owners.map(({ endSlowConsumer }) => endSlowConsumer.callCount)).to.deep.equal([0, 0, 0]);
    const last = new Owner();
    open(MiB, last).update(190_000, 0);
    expect(last.endSlowConsumer.callCount).to.equal(1);
  });
});
