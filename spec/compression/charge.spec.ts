import { expect } from 'chai';
import { Charge } from '../../lib/compression/charge.js';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';

describe('Charge', () => {
  it('charges what changes, beside what the holder is charged for otherwise', () => {
    const budget = new MemoryBudget<object>(Infinity, () => undefined);
    const holder = {};
    budget.charge(holder, 5);
    const [one, other] = [new Charge(budget, holder), new Charge(budget, holder)];
    one.set(100);
    one.set(100);
    other.add(10);
    other.add(20);
    expect(budget.heldBy(holder)).to.equal(135);
    one.set(40);
    expect(budget.heldBy(holder)).to.equal(75);
    one.close();
    expect(budget.heldBy(holder)).to.equal(35);
    other.set(0);
    expect(budget.heldBy(holder)).to.equal(5);
  });

  it('gives back once, and counts nothing later', () => {
    const budget = new MemoryBudget<object>(Infinity, () => undefined);
    const charge = new Charge(budget, {});
    charge.set(100);
    charge.close();
    charge.close();
    charge.set(50);
    charge.add(50);
    expect(budget.total).to.equal(0);
  });

  it('may fail its holder, who gives up the charge meanwhile', () => {
    let failures = 0;
    const budget = new MemoryBudget<object>(99, () => {
      failures += 1;
      charge.close();
    });
    const charge = new Charge(budget, {});
    charge.set(100);
    expect(failures).to.equal(1);
    charge.set(0);
    charge.set(100);
    expect([failures, budget.total]).to.deep.equal([1, 0]);
  });
});
