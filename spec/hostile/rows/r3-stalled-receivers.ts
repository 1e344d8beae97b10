import { Audience } from '../audience.js';
import type { Library } from '../library.js';
import { inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Finding, Row, Scale } from '../row.js';
import { Victim } from '../victim.js';
import type { Orders } from '../victims/orders.js';
import type { Broadcast, BroadcastOrders } from '../victims/repetition.js';

const BOUND = 64 * MEBIBYTE;
/** How much more CPU time a broadcast may take with one receiver in ten stalled. */
const MORE_CPU = { quick: 2.5, full: 1.5 } as const;

/** Says how many receive what, how often. */
interface Programme extends BroadcastOrders {
  readonly receivers: number;
}

const SMALL: Readonly<Record<Scale, Programme>> = {
  quick: { receivers: 50, octets: 1024, messages: 8_000, atOnce: 100, everyMs: 20 },
  full: { receivers: 1_000, octets: 1024, messages: 7_500, atOnce: 50, everyMs: 200 },
};
const LARGE: Readonly<Record<Scale, Programme>> = {
  quick: { receivers: 20, octets: 65_536, messages: 200, atOnce: 6, everyMs: 20 },
  full: { receivers: 20, octets: 65_536, messages: 3_000, atOnce: 6, everyMs: 20 },
};

/** Is what a series of broadcasts did to a victim, and to those who read. */
interface Series extends Broadcast {
  readonly growth: number;
  readonly left: number;
  /** Whether each reader got all. */
  readonly isWhole: boolean;
  readonly timeouts: number;
}

async function broadcast(
  library: Library,
  orders: Partial<Orders>,
  { receivers, ...how }: Programme,
  stallsEach: number,
): Promise<Series> {
  const victim = await Victim.listen(library, { behaviour: 'count', ...orders });
  const audience = await Audience.open(victim.port, receivers, stallsEach);
  await victim.factsOnce(({ connections }) => connections === receivers);
  const before = victim.memory().resident;
  const series = await victim.ask<Broadcast>('broadcast', how);
  const growth = victim.memory().peak - before;
  const octets = series.messages * (how.octets + 4 + (how.octets > 0xffff ? 6 : 0));
  const { least } = await audience.heardAll(octets);
  const { connections, events } = await victim.facts();
  await audience.end();
  await victim.end();
  const timeouts = events['closing 1013 local'] ?? 0;
  return { ...series, growth, left: connections, isWhole: least >= octets, timeouts };
}

/** Tries a policy. @param counts - tells what is wrong with what was counted; empty if nothing is. */
async function tryPolicy(
  library: Library,
  orders: Partial<Orders>,
  scale: Scale,
  programme: Programme,
  counts: (series: Series, stalled: number) => string,
): Promise<Finding> {
  const healthy = await broadcast(library, orders, programme, Infinity);
  const series = await broadcast(library, orders, programme, 10);
  const ratio = series.cpuEach / healthy.cpuEach;
  const wrong = library.name === 'ws' ? '' : counts(series, programme.receivers / 10);
  return {
    held: series.growth <= BOUND && series.isWhole && ratio <= MORE_CPU[scale] && wrong === '',
    figure: [
      `+${inMebibytes(series.growth)} (+${inMebibytes(healthy.growth)} when all read)`,
      `CPU per broadcast ×${ratio.toFixed(2)}`,
      series.isWhole ? 'all to those who read' : 'less to those who read',
      ...(wrong === '' ? [] : [wrong]),
    ].join(', '),
  };
}

const MUST = '+64 MiB at most, the CPU time of a broadcast does not grow, those who read get all';

function disconnected({ left, timeouts }: Series, stalled: number): string {
  return timeouts === stalled && left === 9 * stalled ? '' : `${timeouts} of ${stalled} ended`;
}

function dropped({ dropped: count, taken, messages, left }: Series, stalled: number): string {
  if (left !== 10 * stalled) return `${left} left`;
  return count > 0 && count + taken === messages * left ? '' : `${count} dropped, ${taken} taken`;
}

export const stalledReceivers: readonly Row[] = [
  {
    id: 'R3',
    peer: 'one in ten of 1,000 stops reading during broadcasts of 1 KiB; policy `disconnect`, the default',
    must: `${MUST}; the others are ended`,
    run: (library, scale) =>
      tryPolicy(library, { options: { hardBacklogBytes: MEBIBYTE } }, scale, SMALL[scale], disconnected),
  },
  {
    id: 'R3b',
    peer: 'two of 20 stop reading during broadcasts of 64 KiB, 300 a second; policy `drop`',
    must: `${MUST}; what the others do not get is counted`,
    run: (library, scale) =>
      tryPolicy(
        library,
        { options: { slowConsumer: 'drop', hardBacklogBytes: 4 * MEBIBYTE } },
        scale,
        LARGE[scale],
        dropped,
      ),
  },
  {
    id: 'R3c',
    peer: 'the same; policy `pause`, and 4 MiB for the backlogs of the whole process',
    must: `${MUST}; the others are ended`,
    run: (library, scale) =>
      tryPolicy(
        library,
        { options: { slowConsumer: 'pause' }, limits: { maxBacklogBytes: 4 * MEBIBYTE } },
        scale,
        LARGE[scale],
        disconnected,
      ),
  },
  {
    id: 'R3d',
    peer: 'the same; all options as they are by default',
    must: MUST,
    run: (library, scale) => tryPolicy(library, {}, scale, LARGE[scale], () => ''),
  },
];
