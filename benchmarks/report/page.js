import { PEER_NOTES, WORKLOAD_NOTES } from './notes.js';
import { judge } from './verdicts.js';

/** Load from which a machine counts as busy with other things. */
const BUSY_FROM = 1;

const count = (value, digits = 0) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const micros = (value) => count(value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
const times = (value) => `${value.toFixed(2)}×`;

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

/** Shows a plot in the colours of whoever reads. */
function plot(name, text) {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="plots/${name}.dark.svg">`,
    `  <img alt="${text}" src="plots/${name}.light.svg">`,
    '</picture>',
  ].join('\n');
}

function describe({ machine, versions, settings }) {
  const { date, processor, cores, memoryGiB, system, node, pinned, loadAverage } = machine;
  const { rounds, warmupMs, measureMs } = settings;
  return [
    `Measured on ${date}: ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}; ${pinned ? 'server and load on a core each' : 'server and load share the cores'}. ` +
      `${rounds} rounds, each peer for ${measureMs / 1000} s after ${warmupMs / 1000} s of CPU time of warming up (handshakes: four times that). ` +
      `${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join('; ')}.`,
    ...(loadAverage >= BUSY_FROM
      ? [
          '',
          `**The machine was busy with other things** (load average ${loadAverage} before it began). The ratios were taken within rounds and tell roughly who is cheaper; latencies and messages per second are those of a crowded machine.`,
        ]
      : []),
  ].join('\n');
}

function ratioTable(results) {
  const rows = results
    .filter(({ summary }) => summary.hawser.cpuMicrosPerMessage !== undefined)
    .map(({ workload, summary }) => {
      const { ws } = summary;
      const others = Object.entries(summary)
        .filter(([peer]) => peer !== 'hawser' && peer !== 'ws')
        .map(([peer, { ratio }]) => `${peer} ${times(ratio.median)}`);
      return [
        `${workload.name}: ${workload.title}`,
        micros(summary.hawser.cost.median),
        ws === undefined
          ? '–'
          : `**${times(ws.ratio.median)}** (${ws.ratio.min.toFixed(2)} … ${ws.ratio.max.toFixed(2)})`,
        workload.must === undefined ? '' : `${workload.must}×`,
        workload.aim === undefined
          ? ''
          : typeof workload.aim === 'number'
            ? `${workload.aim}×`
            : workload.aim,
        others.join(', '),
        count(summary.hawser.messagesPerSecond),
        `${Math.round(summary.hawser.loadBusy * 100)} %`,
      ];
    });
  return table(
    ['workload', 'hawser, CPU µs', '`ws`', 'must', 'aim', 'others', 'hawser, messages/s', 'load busy'],
    rows,
  );
}

function memoryTable(results) {
  const rows = results
    .filter(({ summary }) => summary.hawser.perConnection !== undefined)
    .flatMap(({ workload, summary }) =>
      Object.entries(summary).map(([peer, { perConnection }]) => [
        workload.title,
        peer,
        count(perConnection.heapBytes),
        count(perConnection.outsideBytes),
        count(perConnection.rssBytes),
      ]),
    );
  return table(['octets per connection', 'peer', 'heap', 'buffers', 'RSS'], rows);
}

function latencyTable(results) {
  const rows = results
    .filter(({ summary }) => summary.hawser.latency !== undefined)
    .flatMap(({ workload, summary }) =>
      Object.entries(summary).map(([peer, { latency }]) => [
        workload.name,
        peer,
        ...['p50', 'p90', 'p99', 'p999'].map((key) => latency[key].toFixed(2)),
        latency.senderLagP99.toFixed(2),
        count(latency.rate * workload.inFlight),
      ]),
    );
  return table(['ms', 'peer', 'p50', 'p90', 'p99', 'p99.9', 'sender late, p99', 'messages/s'], rows);
}

function verdictTable(verdicts) {
  return table(
    ['what was asked for', 'bound', 'found', ''],
    verdicts.map(({ title, asked, found, isMet }) => [title, asked, found, isMet ? 'met' : '**not met**']),
  );
}

/** Tells in how many workloads raw sockets are cheaper, and by how much. */
function floor(results) {
  const ratios = results.flatMap(({ summary }) =>
    summary.net === undefined ? [] : [summary.net.ratio.median],
  );
  const cheaper = ratios.filter((ratio) => ratio < 1);
  if (cheaper.length === 0) return [];
  const [least, most] = [Math.min(...cheaper), Math.max(...cheaper)].map(times);
  return [
    `- net, in ${cheaper.length} of ${ratios.length} workloads: ${least} to ${most}. ${PEER_NOTES.net}`,
  ];
}

/** Lists where somebody takes less CPU time, or memory, than hawser, by more than chance, and why. */
function losses(results) {
  const lines = [];
  const said = new Set();
  for (const { workload, summary } of results) {
    for (const [peer, { ratio }] of Object.entries(summary)) {
      if (peer === 'hawser' || peer === 'net' || ratio.max >= 1) continue;
      const notes = [WORKLOAD_NOTES[workload.name], PEER_NOTES[peer]].filter(
        (note) => note !== undefined && !said.has(note),
      );
      for (const note of notes) said.add(note);
      lines.push(
        `- ${workload.title}: ${peer} costs ${times(ratio.median)} of hawser. ${notes.join(' ')}`.trimEnd(),
      );
    }
  }
  if (lines.length === 0) lines.push('- To no other library, in these figures.');
  return [...lines, ...floor(results)].join('\n');
}

function peersTable(record) {
  const peers = record.peers.filter((peer) => peer !== 'hawser');
  const rows = record.results.map(({ workload, summary }) => [
    workload.name,
    ...peers.map((peer) => (summary[peer] === undefined ? '' : times(summary[peer].ratio.median))),
  ]);
  return table(['times the cost of hawser', ...peers], rows);
}

function gaps(record) {
  const lines = [
    ...record.absent.map(({ name, reason }) => `- ${name} was not measured: ${reason}.`),
    ...record.gaps.map(
      ({ workload, peer, reason }) => `- ${peer} was not measured in ${workload}: ${reason}.`,
    ),
  ];
  return lines.length === 0 ? [] : ['Left out:', '', ...lines, ''];
}

/**
 * Writes the page of results.
 * @param main the run with the peers that matter to each workload
 * @param [all] another one, with every peer
 */
export function renderPage(main, all) {
  const { results } = main;
  const verdicts = judge(main);
  const unmet = verdicts.filter(({ isMet }) => !isMet).length;
  return [
    '# Results',
    '',
    'Made by `npm run bench:report` from the files in `results/`; do not edit. How it is measured, and how to read it, is told in the [README](README.md).',
    '',
    describe(main),
    '',
    '## CPU time per message',
    '',
    'How many times the CPU time of hawser a peer takes for the same messages: above 1, hawser is cheaper. Medians of the ratios within rounds, and their spread. The upright mark is what is asked of `ws` ÷ hawser.',
    '',
    plot('ratios', 'Times the CPU time of hawser that each peer takes, for each workload'),
    '',
    ratioTable(results.filter(({ workload }) => workload.group !== 'growth')),
    '',
    '## Memory',
    '',
    memoryTable(results),
    '',
    '## Latency',
    '',
    'At a fixed rate, the same for all: half of what `ws` does at most. Counted from when a message was due to be sent, not from when it was; where several are in flight, until the last of them is back. How late the load generator itself was is part of it.',
    '',
    plot('latencies', 'Percentiles of latency at half load, for each workload'),
    '',
    latencyTable(results),
    '',
    '## Growth',
    '',
    plot('growth', 'CPU time as connections, messages and pieces grow'),
    '',
    '## What was asked for',
    '',
    `${verdicts.length - unmet} of ${verdicts.length} bounds are met.`,
    '',
    verdictTable(verdicts),
    '',
    '## Where hawser loses, and why',
    '',
    losses(results),
    '',
    ...gaps(main),
    ...(all === undefined
      ? []
      : [
          '## All peers',
          '',
          describe(all),
          '',
          plot('peers', 'Times the CPU time of hawser that every peer takes'),
          '',
          peersTable(all),
          '',
          'Idle connections are compared by their heap, where the runtime tells it.',
          '',
          ...gaps(all),
        ]),
  ].join('\n');
}
