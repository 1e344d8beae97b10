const number = (value, digits) =>
  value === undefined
    ? '–'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (share) => (share === undefined ? '–' : `${Math.round(share * 100)} %`);
const digitsFor = (value) => (value === undefined || value >= 100 ? 0 : value >= 10 ? 1 : 2);
const micros = (value) => number(value, digitsFor(value));

const COLUMNS = {
  cpu: [
    ['CPU µs/message', ({ cost }) => micros(cost.median)],
    ['min … max', ({ cost }) => `${micros(cost.min)} … ${micros(cost.max)}`],
    ['ratio', ({ ratio }) => `${number(ratio.median, 2)}×`],
    ['min … max', ({ ratio }) => `${number(ratio.min, 2)} … ${number(ratio.max, 2)}`],
    ['messages/s', ({ messagesPerSecond }) => number(messagesPerSecond, 0)],
    ['RSS MB', ({ rssBytes }) => number(rssBytes / 1e6, 0)],
    ['busy', ({ subjectBusy }) => percent(subjectBusy)],
    ['load busy', ({ loadBusy }) => percent(loadBusy)],
  ],
  memory: [
    ['heap B/conn', ({ perConnection }) => number(perConnection.heapBytes, 0)],
    ['outside B/conn', ({ perConnection }) => number(perConnection.outsideBytes, 0)],
    ['RSS B/conn', ({ perConnection }) => number(perConnection.rssBytes, 0)],
  ],
  latency: [
    ['ms: p50', ({ latency }) => number(latency?.p50, 3)],
    ['p90', ({ latency }) => number(latency?.p90, 3)],
    ['p99', ({ latency }) => number(latency?.p99, 3)],
    ['p99.9', ({ latency }) => number(latency?.p999, 3)],
    ['at /s', ({ latency }) => number(latency?.rate, 0)],
    ['sender late, p99', ({ latency }) => number(latency?.senderLagP99, 3)],
    ['not back', ({ latency }) => number(latency?.missing, 0)],
  ],
};

/** Shows what each peer has in each column. */
export function renderColumns(columns, summary) {
  const rows = [
    ['', ...columns.map(([head]) => head)],
    ...Object.entries(summary).map(([peer, figures]) => [peer, ...columns.map(([, show]) => show(figures))]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    [
      '',
      row[0].padEnd(widths[0]),
      ...row.slice(1).map((cell, column) => cell.padStart(widths[column + 1])),
    ].join('  '),
  );
}

/** Shows what was measured in one workload as a table for the terminal. */
export function renderSummary({ workload, declined, failed, summary }) {
  const lines = [`\n${workload.name}: ${workload.title}`];
  const all = Object.values(summary);
  if (all.some(({ cost }) => cost !== undefined) && workload.load !== 'idle') {
    lines.push(...renderColumns(COLUMNS.cpu, summary));
  }
  if (all.some(({ latency }) => latency !== undefined))
    lines.push(...renderColumns(COLUMNS.latency, summary));
  if (all.some(({ perConnection }) => perConnection !== undefined)) {
    lines.push(...renderColumns(COLUMNS.memory, summary));
  }
  for (const { name, reason } of declined) lines.push(`  ${name} does not do this: ${reason}`);
  for (const { name, reason } of failed) lines.push(`  ${name} FAILED: ${reason}`);
  return lines.join('\n');
}
