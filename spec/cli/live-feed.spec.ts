import { expect } from 'chai';
import sinon from 'sinon';
import { LiveFeed } from '../../lib/cli/live-feed.js';
import type { Connection, HandlerArguments, ServerRegistry } from '../../lib/index.js';

describe('LiveFeed', () => {
  let clock: sinon.SinonFakeTimers;
  let broadcasts: unknown[][];
  let feed: LiveFeed;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    broadcasts = [];
    const registry = {
      broadcast: (...args: unknown[]) => broadcasts.push(args),
    } as unknown as ServerRegistry;
    let count = 0;
    feed = new LiveFeed(registry, '/news', () => `news ${String(++count)}`);
  });

  afterEach(() => {
    clock.restore();
  });

  function report(connection: object, type: string): void {
    feed.handler(...([connection as Connection, type, undefined] as unknown as HandlerArguments));
  }

  it('greets who comes with the news, then tells all of them every second', () => {
    const greeted: unknown[][] = [];
    const reader = { send: (...args: unknown[]) => greeted.push(args) };
    report(reader, 'connect');
    report(reader, 'connect');
    expect(greeted).to.deep.equal([
      ['text', 'news 1'],
      ['text', 'news 2'],
    ]);
    clock.tick(2_000);
    expect(broadcasts).to.deep.equal([
      ['text', 'news 3', { path: '/news' }],
      ['text', 'news 4', { path: '/news' }],
    ]);
  });

  it('rests when the last one is gone', () => {
    const reader = { send: () => 0 };
    report(reader, 'connect');
    report(reader, 'connect');
    report(reader, 'disconnect');
    clock.tick(1_000);
    expect(broadcasts).to.have.length(1);
    report(reader, 'text');
    report(reader, 'disconnect');
    expect(clock.countTimers()).to.equal(0);
    report(reader, 'connect');
    clock.tick(1_000);
    expect(broadcasts).to.have.length(2);
  });
});
