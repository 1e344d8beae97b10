import { channel } from 'node:diagnostics_channel';
import type { RootHookObject, Suite, Test } from 'mocha';

/*
 * Root hooks: a spec that leaves a handle, a timer or a listener behind fails. Each test is compared with the moment
 * before it, so the report names the test; each outermost `describe` with the moment before the run, so what its
 * `before` opens, its `after` has to close.
 */

/** Bounds the wait for handles that are still closing; in turns of the event loop and then in naps of 10 ms. */
const GRACE_TURNS = 20;
const GRACE_NAPS = 200;

const CHANNELS = [
  'hawser:connection:open',
  'hawser:connection:close',
  'hawser:connection:ping',
  'hawser:connection:pong',
  'hawser:connection:error',
  'tracing:hawser:handshake:start',
  'tracing:hawser:handshake:end',
  'tracing:hawser:handshake:asyncStart',
  'tracing:hawser:handshake:asyncEnd',
  'tracing:hawser:handshake:error',
];

// Taken before any spec can install a fake clock.
const { setTimeout: nativeSetTimeout, setImmediate: nativeSetImmediate, Date: NativeDate } = globalThis;

/** Counts what is open now, by kind. */
async function takeCensus(): Promise<ReadonlyMap<string, number>> {
  // mocha starts a timer for a hook once it has the hook's promise: so it is counted in every census, not in some.
  await Promise.resolve();
  const census = new Map<string, number>();
  const count = (kind: string, amount = 1): void => {
    if (amount > 0) census.set(kind, (census.get(kind) ?? 0) + amount);
  };
  for (const resource of process.getActiveResourcesInfo()) {
    // Requests end by themselves; it is handles and timers that stay.
    if (!/Req/.test(resource)) count(resource);
  }
  for (const name of process.eventNames())
    count(`listener of process '${String(name)}'`, process.listenerCount(name));
  for (const name of CHANNELS) if (channel(name).hasSubscribers) count(`subscriber of '${name}'`);
  if (globalThis.setTimeout !== nativeSetTimeout || globalThis.Date !== NativeDate) count('fake clock');
  return census;
}

/** Says what there is now and was not before; empty if there is nothing more. */
async function describeSurplus(before: ReadonlyMap<string, number>): Promise<string> {
  const surplus: string[] = [];
  for (const [kind, amount] of await takeCensus()) {
    const more = amount - (before.get(kind) ?? 0);
    if (more > 0) surplus.push(more === 1 ? kind : `${more} × ${kind}`);
  }
  return surplus.join(', ');
}

/** Waits until nothing is left over, within the grace; returns what stayed. */
async function settle(before: ReadonlyMap<string, number>): Promise<string> {
  for (let turn = 0; turn < GRACE_TURNS + GRACE_NAPS; turn++) {
    if ((await describeSurplus(before)) === '') return '';
    await new Promise<void>((resolve) => {
      if (turn < GRACE_TURNS) nativeSetImmediate(resolve);
      // The nap's own timer is counted until its callback has returned.
      else nativeSetTimeout(() => nativeSetImmediate(resolve), 10);
    });
  }
  return describeSurplus(before);
}

let beforeRun: ReadonlyMap<string, number> = new Map();
let beforeTest: ReadonlyMap<string, number> = new Map();
let leftBehind: string[] = [];

/** Judges an outermost suite once its own `after` hooks are done. */
async function checkSuite(): Promise<void> {
  const tests = leftBehind;
  leftBehind = [];
  const stayed = await settle(beforeRun);
  // What one suite left behind is not the next one's fault.
  beforeRun = await takeCensus();
  if (tests.length > 0) throw new Error(`left something behind:\n${tests.join('\n')}`);
  if (stayed !== '') throw new Error(`the suite's before and after hooks left behind: ${stayed}`);
}

export const mochaHooks: RootHookObject = {
  async beforeAll(this: Mocha.Context) {
    beforeRun = await takeCensus();
    // A hook that is added last runs last. A failure here fails the suite; in a root `afterEach` it would end the run.
    const root = (this.test as Test).parent as Suite;
    for (const suite of root.suites) suite.afterAll('nothing is left behind', checkSuite);
  },

  async beforeEach(this: Mocha.Context) {
    const test = this.currentTest as unknown as { currentRetry(): number; fullTitle(): string };
    if (test.currentRetry() > 0) console.log(`failed, and is tried again: ${test.fullTitle()}`);
    beforeTest = await takeCensus();
  },

  async afterEach(this: Mocha.Context) {
    const stayed = await settle(beforeTest);
    if (this.currentTest?.state === undefined) {
      // A try that failed, and is told with the next one: what it left open is no one else's fault either.
      beforeRun = await takeCensus();
      return;
    }
    if (stayed !== '') leftBehind.push(`  ${this.currentTest?.fullTitle() ?? ''}: ${stayed}`);
  },
};
