import { expect } from 'chai';
import fc from 'fast-check';
import { type Due, DueQueue } from '../../lib/connection/due-queue.js';

interface Item extends Due {
  readonly name: number;
}

const item = (name: number): Item => ({ name, dueAt: NaN, heapIndex: -1 });

/** Takes everything out, first due first. */
function drain(queue: DueQueue<Item>): number[] {
  const times: number[] = [];
  for (let first = queue.peek(); first !== undefined; first = queue.peek()) {
    times.push(first.dueAt);
    queue.remove(first);
  }
  return times;
}

describe('DueQueue', () => {
  it('is empty at first', () => {
    const queue = new DueQueue<Item>();
    expect(queue.size).to.equal(0);
    expect(queue.peek()).to.equal(undefined);
  });

  it('shows the item that is due first, and keeps it', () => {
    const queue = new DueQueue<Item>();
    const [late, early] = [item(1), item(2)];
    queue.schedule(late, 20);
    queue.schedule(early, 10);
    expect(queue.peek()).to.equal(early);
    expect(queue.peek()).to.equal(early);
    expect(queue.size).to.equal(2);
    expect(early.dueAt).to.equal(10);
  });

  it('gives all items, and no others', () => {
    const queue = new DueQueue<Item>();
    const items = [3, 1, 2].map(item);
    for (const one of items) queue.schedule(one, one.name);
    expect([...queue]).to.have.members(items);
    queue.remove(items[0]!);
    expect([...queue]).to.have.members(items.slice(1));
  });

  it('moves an item that is queued already, forth and back', () => {
    const queue = new DueQueue<Item>();
    const items = [10, 20, 30, 40, 50].map((dueAt) => {
      const one = item(dueAt);
      queue.schedule(one, dueAt);
      return one;
    });
    queue.schedule(items[0] as Item, 45);
    expect(queue.peek()).to.equal(items[1]);
    queue.schedule(items[4] as Item, 5);
    expect(queue.peek()).to.equal(items[4]);
    expect(queue.size).to.equal(5);
    expect(drain(queue)).to.deep.equal([5, 20, 30, 40, 45]);
  });

  it('ignores the removal of an item that is not queued', () => {
    const queue = new DueQueue<Item>();
    const [inside, outside] = [item(1), item(2)];
    const other = item(3);
    queue.schedule(inside, 1);
    queue.schedule(other, 2);
    queue.remove(outside);
    queue.remove(inside);
    queue.remove(inside);
    expect(queue.size).to.equal(1);
    queue.schedule(inside, 3);
    expect(queue.peek()).to.equal(other);
    expect(drain(queue)).to.deep.equal([2, 3]);
  });

  it('fills the hole of a removed item from above as well as from below', () => {
    // The last item (6) is due before the one above the place of 12, which is 10.
    const queue = new DueQueue<Item>();
    const items = new Map(
      [1, 10, 2, 12, 11, 3, 4, 14, 15, 16, 17, 20, 21, 5, 6].map((dueAt) => [dueAt, item(dueAt)]),
    );
    for (const [dueAt, one] of items) queue.schedule(one, dueAt);
    queue.remove(items.get(12) as Item);
    expect(drain(queue)).to.deep.equal([1, 2, 3, 4, 5, 6, 10, 11, 14, 15, 16, 17, 20, 21]);
  });

  it('forgets all items at once, which may be queued again', () => {
    const queue = new DueQueue<Item>();
    const items = [1, 2, 3].map(item);
    for (const one of items) queue.schedule(one, one.name);
    queue.clear();
    expect(queue.size).to.equal(0);
    expect(items.map(({ heapIndex }) => heapIndex)).to.deep.equal([-1, -1, -1]);
    for (const one of items) queue.schedule(one, -one.name);
    expect(drain(queue)).to.deep.equal([-3, -2, -1]);
  });

  it('agrees with a sorted list, whatever is scheduled, moved and removed', () => {
    const act = fc.oneof(
      fc.record({ name: fc.nat(30), dueAt: fc.nat(50) }),
      fc.record({ name: fc.nat(30), dueAt: fc.constant(undefined) }),
    );
    fc.assert(
      fc.property(fc.array(act, { minLength: 50, maxLength: 300 }), (acts) => {
        const queue = new DueQueue<Item>();
        const items = Array.from({ length: 31 }, (_, name) => item(name));
        const model = new Map<number, number>();
        for (const { name, dueAt } of acts) {
          if (dueAt === undefined) {
            queue.remove(items[name] as Item);
            model.delete(name);
          } else {
            queue.schedule(items[name] as Item, dueAt);
            model.set(name, dueAt);
          }
          expect(queue.size).to.equal(model.size);
          expect(queue.peek()?.dueAt ?? Infinity).to.equal(Math.min(Infinity, ...model.values()));
        }
        expect(drain(queue)).to.deep.equal([...model.values()].sort((a, b) => a - b));
      }),
    );
  });
});
