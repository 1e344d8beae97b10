import { expect } from 'chai';
import type { Socket } from 'node:net';
import sinon, { type SinonFakeTimers } from 'sinon';
import { WaitingLine, type Waiting } from '../../lib/server/waiting-line.js';

describe('WaitingLine', () => {
  let clock: SinonFakeTimers;
  let line: WaitingLine;
  let destroyed: string[];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    line = new WaitingLine();
    destroyed = [];
  });

  afterEach(() => clock.restore());

  /** Lets something wait that tells when it is destroyed. */
  function add(name: string, timeoutMs: number): Waiting {
    const destroy = (): void => void destroyed.push(name);
    return line.add({ destroy } as unknown as Socket, name, timeoutMs);
  }

  const names = (): unknown[] => Array.from(line, ({ place }) => place);

  it('destroys each whose time is up, not sooner, and forgets it', () => {
    add('a', 100);
    clock.tick(30);
    add('b', 100);
    clock.tick(69);
    expect([destroyed, line.length]).to.deep.equal([[], 2]);
    clock.tick(1);
    expect([destroyed, names(), line.length]).to.deep.equal([['a'], ['b'], 1]);
    clock.tick(29);
    expect(destroyed).to.deep.equal(['a']);
    clock.tick(1);
    expect([destroyed, names(), line.length]).to.deep.equal([['a', 'b'], [], 0]);
  });

  it('has one timer, whoever comes and goes', () => {
    for (let count = 0; count < 10; count++) {
      const one = add('a', 100);
      const other = add('b', 100);
      expect(clock.countTimers()).to.equal(1);
      line.remove(one);
      line.remove(other);
      clock.tick(1);
    }
    expect([clock.countTimers(), line.length, line.first]).to.deep.equal([1, 0, undefined]);
    add('c', 100);
    clock.tick(99);
    expect([destroyed, clock.countTimers()]).to.deep.equal([[], 1]);
    clock.tick(1);
    expect([destroyed, clock.countTimers()]).to.deep.equal([['c'], 0]);
  });

  it('lets go from anywhere in the line, once', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => add(name, 100)) as [
      Waiting,
      Waiting,
      Waiting,
      Waiting,
    ];
    const left: [Waiting, string[]][] = [
      [b, ['a', 'c', 'd']],
      [b, ['a', 'c', 'd']],
      [a, ['c', 'd']],
      [d, ['c']],
      [c, []],
    ];
    for (const [waiting, rest] of left) {
      line.remove(waiting);
      expect([names(), line.length, line.first?.place]).to.deep.equal([rest, rest.length, rest[0]]);
    }
    expect(add('e', 100)).to.equal(line.first);
    clock.tick(100);
    expect(destroyed).to.deep.equal(['e']);
  });

  it('puts those first who may wait a shorter time', () => {
    for (const [name, timeoutMs] of Object.entries({ c: 300, d: 300, a: 100, b: 200, e: 400 }))
      add(name, timeoutMs);
    expect(names()).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
    clock.tick(100);
    expect(destroyed).to.deep.equal(['a']);
    clock.tick(200);
    expect(destroyed).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('lets nobody wait any more once it is cleared, and has no timer then', () => {
    add('a', 100);
    add('b', 100);
    line.clear();
    expect([names(), clock.countTimers()]).to.deep.equal([[], 0]);
    clock.tick(1_000);
    expect(destroyed).to.deep.equal([]);
    add('c', 100);
    clock.tick(100);
    expect(destroyed).to.deep.equal(['c']);
  });

  it('holds no process open', () => {
    clock.restore();
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    add('a', 100_000);
    const during = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    line.clear();
    expect(during).to.equal(before);
  });
});
