import { load } from './build.js';

const { MemoryBudget } = await load('protocol/memory-budget.js');

function charging(holders) {
  return () => {
    const budget = new MemoryBudget(2 ** 28, () => undefined);
    const all = Array.from({ length: holders }, () => ({}));
    for (const holder of all) budget.charge(holder, 4096);
    return (count) => {
      for (let i = 0; i < count; i++) budget.charge(all[i % holders], i % 2 === 0 ? 4096 : -4096);
    };
  };
}

export const cases = [
  { title: 'a charge, among 1 holder', prepare: charging(1) },
  { title: 'a charge, among 1001 holders', prepare: charging(1001) },
];
