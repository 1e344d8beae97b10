const octets = (count) => `${Math.round(count).toLocaleString('en')} B`;
const times = (ratio) => `${ratio.toFixed(2)}×`;
const MEMORY_TITLES = { heapBytes: 'heap per connection', rssBytes: 'RSS per connection' };

/** How far CPU time may stray and still count as flat, or as linear. */
const FLAT = 1.25;

/** Makes one line: what is asked for, what was found, and whether that will do. */
function verdict(workload, asked, found, isMet) {
  return { workload: workload.name, title: workload.title, asked, found, isMet };
}

/** Compares the CPU time of hawser with that of a peer: `hawser ÷ peer`, from the ratios within rounds. */
const shareOf = (summary, peer) => 1 / summary[peer].ratio.median;

/** Tells how many times the CPU time of raw sockets ws takes, where they were measured: nobody gets much below them. */
function floorOf({ ws, net }) {
  return net === undefined ? '' : ` (raw sockets ${times(ws.ratio.median / net.ratio.median)})`;
}

function ofOne({ workload, summary }) {
  const list = [];
  const { must, mostOfRaw, mostOfEvents, neverBehind, mostMemory = {}, neverMoreThan } = workload;
  if (must !== undefined && summary.ws !== undefined) {
    const { median } = summary.ws.ratio;
    const isMet = median >= must;
    const found = `${times(median)}${isMet ? '' : floorOf(summary)}`;
    list.push(verdict(workload, `ws takes ≥ ${must}× the CPU time`, found, isMet));
  }
  if (mostOfRaw !== undefined && summary.net !== undefined) {
    const share = shareOf(summary, 'net');
    list.push(verdict(workload, `at most ${mostOfRaw}× of raw sockets`, times(share), share <= mostOfRaw));
  }
  if (mostOfEvents !== undefined && summary['hawser-events'] !== undefined) {
    const share = shareOf(summary, 'hawser-events');
    list.push(
      verdict(workload, `at most ${mostOfEvents}× of hawser by events`, times(share), share <= mostOfEvents),
    );
  }
  if (neverBehind !== undefined && summary[neverBehind] !== undefined) {
    const { median } = summary[neverBehind].ratio;
    list.push(verdict(workload, `${neverBehind} takes ≥ 1× the CPU time`, times(median), median >= 1));
  }
  for (const [of, most] of Object.entries(mostMemory)) {
    const found = summary.hawser.perConnection[of];
    list.push(verdict(workload, `${MEMORY_TITLES[of]} ≤ ${octets(most)}`, octets(found), found <= most));
  }
  if (neverMoreThan !== undefined && summary[neverMoreThan.peer] !== undefined) {
    const { peer, of } = neverMoreThan;
    const [own, other] = [summary.hawser.perConnection[of], summary[peer].perConnection[of]];
    const found = `${octets(own)}, ${peer} ${octets(other)}`;
    list.push(verdict(workload, `${MEMORY_TITLES[of]} ≤ that of ${peer}`, found, own <= other));
  }
  const [own, ws] = [summary.hawser.latency, summary.ws?.latency];
  if (own !== undefined && ws !== undefined) {
    const found = `${own.p99.toFixed(2)} ms, ws ${ws.p99.toFixed(2)} ms`;
    list.push(verdict(workload, 'p99 at half load ≤ that of ws', found, own.p99 <= ws.p99));
  }
  return list;
}

/** Lists the points of one kind of growth: how many, and the CPU time of each message. */
export function growthOf(record, axis, peer) {
  return AXES[axis].workloads.flatMap(([name, at]) => {
    const cost = record.summaryOf(name, peer)?.cost.median;
    return cost === undefined ? [] : [{ at, micros: cost, peer }];
  });
}

const KIB = 1024;
const MIB = KIB * KIB;

/** What grows, and the workloads that show it. */
export const AXES = {
  connections: {
    title: 'connections',
    workloads: [1, 10, 100, 1000, 10_000].map((count) => [
      `${count === 10 || count === 10_000 ? 'connections' : 'pingpong'}-${count}`,
      count,
    ]),
  },
  size: {
    title: 'octets of a message',
    workloads: [
      ['size-1k', KIB],
      ['size-8k', 8 * KIB],
      ['binary-64k', 64 * KIB],
      ['size-256k', 256 * KIB],
      ['binary-1m', MIB],
      ['size-4m', 4 * MIB],
      ['binary-16m', 16 * MIB],
    ],
  },
  fragments: {
    title: 'fragments of a message of 1 MiB',
    workloads: [['binary-1m', 1], ...[10, 100, 1000, 10_000].map((count) => [`fragments-${count}`, count])],
  },
  segments: {
    title: 'writes that a message of 1 MiB comes in',
    workloads: [['binary-1m', 1], ...[16, 256, 4096].map((count) => [`segments-${count}`, count])],
  },
};

/** How far CPU time goes apart from 10 connections on; a lone one pays each wake-up alone, as raw sockets do. */
function spreadOf(record, peer) {
  const costs = growthOf(record, 'connections', peer).filter(({ at }) => at > 1);
  const micros = costs.map((point) => point.micros);
  return costs.length < 2 ? undefined : Math.max(...micros) / Math.min(...micros);
}

function ofConnections(record) {
  const spread = spreadOf(record, 'hawser');
  if (spread === undefined) return [];
  const floor = spreadOf(record, 'net');
  const found = `${times(spread)}${floor === undefined ? '' : ` (raw sockets ${times(floor)})`}`;
  const workload = { name: 'connections', title: 'from 10 connections to 10,000' };
  return [verdict(workload, 'CPU time per message within ±25 %', found, spread <= FLAT ** 2)];
}

/** Linear at most: from each point to the next, CPU time grows no faster than what is counted. */
function ofGrowth(record, axis) {
  const points = growthOf(record, axis, 'hawser');
  if (points.length < 3) return [];
  const steps = points.slice(1).map((to, index) => {
    const from = points[index];
    return {
      from: from.at,
      to: to.at,
      grown: to.micros / from.micros,
      excess: (to.micros * from.at) / (from.micros * to.at),
    };
  });
  const worst = steps.reduce((most, step) => (step.excess > most.excess ? step : most));
  const { from, to, grown, excess } = worst;
  const workload = { name: axis, title: AXES[axis].title };
  const found = `at worst ${times(grown)} from ${from.toLocaleString('en')} to ${to.toLocaleString('en')}`;
  return [verdict(workload, 'CPU time grows no faster than linearly', found, excess <= FLAT)];
}

/** Judges everything that was asked for. */
export function judge(record) {
  return [
    ...record.results.flatMap(ofOne),
    ...ofConnections(record),
    ...ofGrowth(record, 'size'),
    ...ofGrowth(record, 'fragments'),
    ...ofGrowth(record, 'segments'),
  ];
}
