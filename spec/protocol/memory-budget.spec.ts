import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import { collectGarbage } from '../garbage-collection.js';

interface Peer {
  readonly name: string;
}

const [a, b, c]: [Peer, Peer, Peer] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

function budgetOf(limit: number) {
  const onExceeded = sinon.fake<[Peer, number, number], void>();
  return { budget: new MemoryBudget<Peer>(limit, onExceeded), onExceeded };
}

describe('MemoryBudget', () => {
  describe('accounting', () => {
    it('adds up what each holder is charged', () => {
      const { budget } = budgetOf(100);
      budget.charge(a, 10);
      budget.charge(b, 20);
      budget.charge(a, 5);
      expect([budget.heldBy(a), budget.heldBy(b), budget.heldBy(c), budget.total]).to.deep.equal([
        15, 20, 0, 35,
      ]);
    });

    it('takes back what is charged less', () => {
      const { budget } = budgetOf(100);
      budget.charge(a, 30);
      budget.charge(a, -10);
      expect([budget.heldBy(a), budget.total]).to.deep.equal([20, 20]);
      budget.charge(a, -20);
      expect([budget.heldBy(a), budget.total]).to.deep.equal([0, 0]);
    });

    it('never lets a holder hold less than nothing', () => {
      const { budget } = budgetOf(100);
      budget.charge(b, 50);
      budget.charge(a, -10);
      budget.charge(b, -60);
      expect([budget.heldBy(a), budget.heldBy(b), budget.total]).to.deep.equal([0, 0, 0]);
    });

    it('releases all of a holder, once', () => {
      const { budget } = budgetOf(100);
      budget.charge(a, 30);
      budget.charge(b, 1);
      budget.release(a);
      budget.release(a);
      expect([budget.heldBy(a), budget.total]).to.deep.equal([0, 1]);
    });

    it('counts once what holders have in common', () => {
      const { budget } = budgetOf(100);
      budget.charge(a, 40);
      budget.charge(b, 40);
      budget.overlap(40);
      expect([budget.heldBy(a), budget.heldBy(b), budget.total]).to.deep.equal([40, 40, 40]);
      budget.overlap(-40);
      expect(budget.total).to.equal(80);
    });

    it('forgets a holder that holds nothing any more', async () => {
      const { budget } = budgetOf(100);
      const holders: WeakRef<Peer>[] = [];
      (() => {
        const charged = { name: 'charged' };
        const released = { name: 'released' };
        holders.push(new WeakRef(charged), new WeakRef(released));
        for (const holder of [charged, released]) budget.charge(holder, 10);
        budget.charge(charged, -10);
        budget.release(released);
      })();
      await collectGarbage();
      expect(holders.map((holder) => holder.deref())).to.deep.equal([undefined, undefined]);
    });

    it('tells the limit', () => {
      expect(budgetOf(100).budget.limit).to.equal(100);
    });
  });

  describe('when the limit is passed', () => {
    it('fails nobody at the limit itself', () => {
      const { budget, onExceeded } = budgetOf(100);
      budget.charge(a, 60);
      budget.charge(b, 40);
      expect(onExceeded.callCount).to.equal(0);
    });

    it('fails the largest holder, not the one that passed it', () => {
      const { budget, onExceeded } = budgetOf(100);
      budget.charge(b, 30);
      budget.charge(a, 60);
      budget.charge(c, 11);
      expect(onExceeded.args).to.deep.equal([[a, 60, 100]]);
      expect([budget.heldBy(a), budget.total]).to.deep.equal([0, 41]);
    });

    it('fails a holder that passes it alone', () => {
      const { budget, onExceeded } = budgetOf(100);
      budget.charge(a, 101);
      expect(onExceeded.args).to.deep.equal([[a, 101, 100]]);
      expect(budget.total).to.equal(0);
    });

    it('fails, of holders that hold the same, the one that has held the longest', () => {
      const { budget, onExceeded } = budgetOf(100);
      for (const holder of [c, a, b]) budget.charge(holder, 40);
      expect(onExceeded.args).to.deep.equal([[c, 40, 100]]);
    });

    it('fails the largest one after the other until the rest is within the limit', () => {
      const { budget, onExceeded } = budgetOf(100);
      budget.charge(a, 30);
      budget.charge(b, 40);
      budget.charge(c, 25);
      budget.limit = 30;
      expect(onExceeded.args).to.deep.equal([
        [b, 40, 30],
        [a, 30, 30],
      ]);
      expect([budget.total, budget.limit]).to.deep.equal([25, 30]);
    });

    it('has released the holder before it tells', () => {
      const seen: number[] = [];
      const budget = new MemoryBudget<Peer>(10, (largest) => {
        seen.push(budget.heldBy(largest), budget.total);
        budget.release(largest);
        budget.charge(largest, -11);
      });
      budget.charge(a, 11);
      expect(seen).to.deep.equal([0, 0]);
      expect(budget.total).to.equal(0);
    });

    it('goes on when the failed one makes others charge', () => {
      const failed: string[] = [];
      const budget = new MemoryBudget<Peer>(10, (largest) => {
        failed.push(largest.name);
        if (largest === a) budget.charge(b, 8);
      });
      budget.charge(b, 3);
      budget.charge(a, 9);
      expect(failed).to.deep.equal(['a', 'b']);
      expect(budget.total).to.equal(0);
    });

    it('keeps its books when telling throws', () => {
      const budget = new MemoryBudget<Peer>(10, () => {
        throw new Error('a listener of the application');
      });
      budget.charge(b, 4);
      expect(() => {
        budget.charge(a, 11);
      }).to.throw('a listener');
      expect([budget.heldBy(a), budget.total]).to.deep.equal([0, 4]);
    });

    it('fails nobody when nobody holds anything', () => {
      const { budget, onExceeded } = budgetOf(10);
      budget.limit = -1;
      expect(onExceeded.callCount).to.equal(0);
    });
  });

  it('holds its total and its limit through any sequence of charges', () => {
    const peers = [a, b, c];
    const steps = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: -60, max: 60 }), fc.boolean()));
    fc.assert(
      fc.property(steps, (sequence) => {
        const held = new Map<Peer, number>();
        const sum = () => [...held.values()].reduce((total, octets) => total + octets, 0);
        const budget = new MemoryBudget<Peer>(100, (largest, octets) => {
          expect(octets).to.equal(Math.max(...held.values()));
          expect(held.get(largest)).to.equal(octets);
          expect(sum()).to.be.above(100);
          held.delete(largest);
        });
        for (const [index, delta, releases] of sequence) {
          const peer = peers[index]!;
          if (releases) {
            held.delete(peer);
            budget.release(peer);
          } else {
            held.set(peer, Math.max(0, (held.get(peer) ?? 0) + delta));
            budget.charge(peer, delta);
          }
          expect(budget.total).to.equal(sum());
          expect(budget.total).to.be.at.most(100);
          for (const each of peers) expect(budget.heldBy(each)).to.equal(held.get(each) ?? 0);
        }
      }),
    );
  });
});
