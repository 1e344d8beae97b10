function sorted(numbers) {
  return [...numbers].sort((a, b) => a - b);
}

function median(numbers) {
  const list = sorted(numbers);
  const middle = Math.floor(list.length / 2);
  return list.length % 2 === 1 ? list[middle] : (list[middle - 1] + list[middle]) / 2;
}

/** Condenses the samples of one workload: medians with their spread, and the ratio of CPU time to the first peer's. */
export function summarise(samples, peers) {
  const [first] = peers;
  return Object.fromEntries(
    peers.map((peer) => {
      const cpu = samples[peer].map(({ cpuMicrosPerMessage }) => cpuMicrosPerMessage);
      const ratios = samples[peer].map(
        ({ cpuMicrosPerMessage }, round) => cpuMicrosPerMessage / samples[first][round].cpuMicrosPerMessage,
      );
      const list = sorted(cpu);
      return [
        peer,
        {
          cpuMicrosPerMessage: median(cpu),
          min: list[0],
          max: list.at(-1),
          messagesPerSecond: median(samples[peer].map(({ messagesPerSecond }) => messagesPerSecond)),
          rssBytes: median(samples[peer].map(({ rssBytes }) => rssBytes)),
          loadBusy: median(samples[peer].map(({ loadBusy }) => loadBusy)),
          ratioToFirst: median(ratios),
        },
      ];
    }),
  );
}

/** Shows one workload as a table. */
export function renderTable({ workload, summary }, peers) {
  const lines = [`\n${workload.title} octets (${workload.type})`];
  lines.push('  peer      CPU µs/message   (min … max)        messages/s   RSS MB   load busy   CPU, ratio');
  for (const peer of peers) {
    const { cpuMicrosPerMessage, min, max, messagesPerSecond, rssBytes, loadBusy, ratioToFirst } =
      summary[peer];
    lines.push(
      [
        `  ${peer.padEnd(9)}`,
        cpuMicrosPerMessage.toFixed(2).padStart(12),
        `(${min.toFixed(2)} … ${max.toFixed(2)})`.padStart(20),
        Math.round(messagesPerSecond).toLocaleString('en').padStart(14),
        (rssBytes / 1e6).toFixed(0).padStart(8),
        `${(loadBusy * 100).toFixed(0)} %`.padStart(11),
        `${ratioToFirst.toFixed(2)}×`.padStart(12),
      ].join(' '),
    );
  }
  return lines.join('\n');
}
