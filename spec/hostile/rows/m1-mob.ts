import { pause } from '../attack/attacker.js';
import { Bystanders } from '../bystanders.js';
import { Companion } from '../companion.js';
import type { Library } from '../library.js';
import { FRUGAL, inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Finding, Row, Scale } from '../row.js';
import { Victim } from '../victim.js';

const PEAK = 512 * MEBIBYTE;
/** Octets by which the process may be larger afterwards: heap after a collection, and all that is resident, free or not. */
const MORE_HEAP = 8 * MEBIBYTE;
const MORE_RESIDENT = 256 * MEBIBYTE;
const SEED = 1;

const PARTIES: Readonly<Record<Scale, { hostile: number; good: number; milliseconds: number }>> = {
  quick: { hostile: 100, good: 20, milliseconds: 5_000 },
  full: { hostile: 1_000, good: 100, milliseconds: 120_000 },
};

async function endure(library: Library, scale: Scale): Promise<Finding> {
  const { hostile, good, milliseconds } = PARTIES[scale];
  const options = { perMessageDeflate: true };
  const nodeArguments = ['--max-old-space-size=256', '--expose-gc'];
  const victim = await Victim.listen(
    library,
    { behaviour: 'echo', options, environment: FRUGAL },
    nodeArguments,
  );
  const bystanders = await Bystanders.open(victim.url, good, 100);
  await pause(1_000);
  const idle = { heap: (await victim.facts()).heapUsed, resident: victim.memory().resident };
  await bystanders.trips();
  const mob = new Companion('attack/mob', { port: victim.port, count: hostile, seed: SEED });
  await mob.ask('begin');
  await Promise.race([pause(milliseconds), victim.ended]);
  const trips = victim.isAlive ? await bystanders.trips() : undefined;
  const deeds = await mob.ask<Record<string, number>>('end');
  await mob.end();
  const facts = await victim
    .factsOnce((now) => now.connections === good && now.heapUsed <= idle.heap + MORE_HEAP, 120_000)
    .catch(() => undefined);
  if (facts === undefined || trips === undefined) {
    const { status, signal } = await victim.ended;
    await bystanders.end();
    return { held: false, figure: `exit ${status ?? String(signal)}` };
  }
  const { peak, resident } = victim.memory();
  const after = await bystanders.trips();
  await bystanders.end();
  await victim.end();
  const heap = facts.heapUsed - idle.heap;
  const grown = resident - idle.resident;
  const lost = trips.lost + after.lost;
  const things = Object.values(deeds).reduce((sum, number) => sum + number, 0);
  return {
    held:
      peak < PEAK &&
      lost === 0 &&
      trips.count > 0 &&
      after.count > 0 &&
      facts.connections === good &&
      heap <= MORE_HEAP &&
      grown <= MORE_RESIDENT,
    figure: [
      `${things} attacks, peak ${inMebibytes(peak)}`,
      `${trips.count} trips of others (p99 ${trips.p99.toFixed(0)} ms), ${lost} lost`,
      `afterwards heap ${heap < 0 ? '−' : '+'}${inMebibytes(Math.abs(heap))}, resident +${inMebibytes(Math.max(0, grown))}`,
      ...(facts.connections === good ? [] : [`${facts.connections} connections`]),
    ].join('; '),
  };
}

export const mob: Row = {
  id: 'M1',
  peer: '1,000 at once, each with one attack after another from all kinds, for two minutes; `--max-old-space-size=256`',
  must: 'the process lives and never has 512 MiB; 100 others are served, none is lost; afterwards it is back: heap +8 MiB, resident, with what glibc keeps free for later, +256 MiB at most',
  run: endure,
};
