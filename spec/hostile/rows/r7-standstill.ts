import { pause } from '../attack/attacker.js';
import { Companion } from '../companion.js';
import type { Library } from '../library.js';
import type { Finding, Row, Scale } from '../row.js';
import { Victim } from '../victim.js';

const PEERS = 100;

/** Are the times of a scale, in milliseconds; those of the report are the defaults of a server. */
const TIMES = {
  quick: { options: { keepalive: 0.3, pongTimeoutMs: 600 }, cycle: 300, stop: 2_500, lateMs: 200 },
  full: { options: {}, cycle: 30_000, stop: 120_000, lateMs: 200 },
} as const;

/** Starts a victim, and peers that answer its pings after a while. */
async function begin(library: Library, scale: Scale): Promise<{ victim: Victim; peers: Companion[] }> {
  const { options, lateMs } = TIMES[scale];
  const victim = await Victim.listen(library, { behaviour: 'count', options });
  const orders = { port: victim.port, count: PEERS / 2, lateMs };
  const peers = [1, 2].map(() => new Companion('attack/late-answers', orders));
  await Promise.all(peers.map((peer) => peer.ask('open')));
  return { victim, peers };
}

/** Waits for the pings after whatever has happened, and tells how many peers were lost. */
async function conclude(scale: Scale, victim: Victim, peers: readonly Companion[]): Promise<Finding> {
  const { cycle, lateMs } = TIMES[scale];
  type Life = { pings: number; lost: number };
  const before = await Promise.all(peers.map((peer) => peer.ask<Life>('lived')));
  await pause(cycle + 3 * lateMs + 500);
  const after = await Promise.all(peers.map((peer) => peer.ask<Life>('lived')));
  const { connections } = await victim.facts();
  const pings = after.reduce((sum, life, index) => sum + life.pings - before[index]!.pings, 0);
  const lost = after.reduce((sum, life) => sum + life.lost, 0);
  await Promise.all(peers.map((peer) => peer.end()));
  await victim.end();
  return {
    held: lost === 0 && connections === PEERS && pings > 0,
    figure: `${lost} of ${PEERS} lost, ${pings} pings after it`,
  };
}

async function standStill(library: Library, scale: Scale): Promise<Finding> {
  const { cycle, stop, lateMs } = TIMES[scale];
  const { victim, peers } = await begin(library, scale);
  // Into the first pings, whose answers are on their way.
  await pause(cycle + lateMs / 2);
  const [asleep] = peers;
  asleep!.signal('SIGSTOP');
  victim.signal('SIGSTOP');
  await pause(stop);
  victim.signal('SIGCONT');
  // Whoever stood still as well needs a moment longer.
  await pause(100);
  asleep!.signal('SIGCONT');
  return conclude(scale, victim, peers);
}

/** Needs no more time in the report: it is the clock that makes the time. */
async function moveClock(library: Library): Promise<Finding> {
  const { victim, peers } = await begin(library, 'quick');
  for (const hours of [1, -2, 48]) {
    await pause(TIMES.quick.cycle);
    await victim.ask('jump', hours * 3_600_000);
  }
  return conclude('quick', victim, peers);
}

const NO_KEEPALIVE = 'has no keepalive';

export const standstills: readonly Row[] = [
  {
    id: 'R7',
    peer: 'our process stops for two minutes (SIGSTOP), and half of its peers with it',
    must: 'peers are pinged again; none that is well is lost',
    withoutWs: NO_KEEPALIVE,
    removal: {
      file: 'connection/keepalive-controller.ts',
      code: 'this.#stalledUntil = now;',
      instead: '',
    },
    run: standStill,
  },
  {
    id: 'R7b',
    peer: 'the clock on the wall jumps, by an hour and by days, forwards and back',
    must: 'no peer is lost, and each is pinged in time',
    withoutWs: NO_KEEPALIVE,
    removal: {
      file: 'connection/keepalive-controller.ts',
      code: 'clock: func(() => performance.now()),',
      instead: 'clock: func(() => Date.now()),',
    },
    run: moveClock,
  },
];
