import { expect } from 'chai';
import { JobSlots, type Place } from '../../lib/compression/job-slots.js';
import { settled } from '../wire-peer.js';

/** Is a job that goes on until it is told how it ends. */
class Job {
  isRunning = false;
  resolve!: (value: string) => void;
  reject!: (error: Error) => void;

  readonly run = (): Promise<string> => {
    this.isRunning = true;
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  };
}

describe('JobSlots', () => {
  function begin(count: number, jobs: number) {
    const slots = new JobSlots(count);
    const all = Array.from({ length: jobs }, () => new Job());
    const results = all.map(({ run }) => slots.run(run));
    const running = () => all.map(({ isRunning }) => isRunning);
    return { slots, all, results, running };
  }

  it('runs as many at once as it has slots, and the others in the order in which they asked', async () => {
    const { all, results, running } = begin(2, 4);
    expect(running()).to.deep.equal([true, true, false, false]);
    await settled(1);
    expect(running()).to.deep.equal([true, true, false, false]);
    all[1]!.resolve('second');
    expect(await results[1]).to.equal('second');
    await settled(1);
    expect(running()).to.deep.equal([true, true, true, false]);
    all[0]!.resolve('first');
    all[2]!.resolve('third');
    await settled(1);
    expect(running()).to.deep.equal([true, true, true, true]);
    all[3]!.resolve('fourth');
    expect(await Promise.all(results)).to.deep.equal(['first', 'second', 'third', 'fourth']);
  });

  it('gives a slot on when a job fails, or throws at once', async () => {
    const { slots, all, results } = begin(1, 2);
    all[0]!.reject(new Error('no'));
    expect(await results[0]!.catch(String)).to.equal('Error: no');
    await settled(1);
    all[1]!.resolve('yes');
    expect(await results[1]).to.equal('yes');
    const thrown = slots.run(() => {
      throw new Error('at once');
    });
    expect(await thrown.catch(String)).to.equal('Error: at once');
    expect(await slots.run(async () => 'next')).to.equal('next');
  });

  it('gives a slot to who waited, not to who comes just then', async () => {
    const { slots, all, results, running } = begin(1, 2);
    all[0]!.resolve('first');
    await results[0];
    const late = new Job();
    const last = slots.run(late.run);
    await settled(1);
    expect([...running(), late.isRunning]).to.deep.equal([true, true, false]);
    all[1]!.resolve('second');
    await settled(1);
    expect(late.isRunning).to.equal(true);
    late.resolve('third');
    expect(await Promise.all([...results, last])).to.deep.equal(['first', 'second', 'third']);
  });

  it('never runs more than that, whatever the order of asking and ending', async () => {
    const slots = new JobSlots(3);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        slots.run(async () => {
          order.push(index);
          running += 1;
          most = Math.max(most, running);
          await settled((index * 7) % 5);
          running -= 1;
        }),
      ),
    );
    expect(most).to.equal(3);
    expect(order).to.deep.equal(Array.from({ length: 40 }, (_, index) => index));
    // All slots are free again.
    const after = [1, 2, 3].map(() => new Job());
    const results = after.map(({ run }) => slots.run(run));
    expect(after.map(({ isRunning }) => isRunning)).to.deep.equal([true, true, true]);
    for (const job of after) job.resolve('');
    await Promise.all(results);
  });

  it('lets one that waits leave: it never runs, and the others keep their order', async () => {
    const slots = new JobSlots(1);
    const all = [1, 2, 3, 4].map(() => new Job());
    const places: Place[] = all.map(() => ({}));
    const results = all.map(({ run }, index) =>
      slots.run(run, places[index]).catch((error: unknown) => String(error)),
    );
    expect(places.map(({ leave }) => leave !== undefined)).to.deep.equal([false, true, true, true]);
    const { leave } = places[1]!;
    leave!(new Error('gone'));
    expect(await results[1]).to.equal('Error: gone');
    all[0]!.resolve('first');
    await results[0];
    await settled(1);
    expect(all.map(({ isRunning }) => isRunning)).to.deep.equal([true, false, true, false]);
    // Too late for one that runs.
    expect(places[2]!.leave).to.equal(undefined);
    places[3]!.leave!(new Error('gone as well'));
    all[2]!.resolve('third');
    expect(await Promise.all(results)).to.deep.equal([
      'first',
      'Error: gone',
      'third',
      'Error: gone as well',
    ]);
    const after = new Job();
    const result = slots.run(after.run);
    expect(after.isRunning).to.equal(true);
    after.resolve('');
    await result;
  });
});
