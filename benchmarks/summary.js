const sorted = (numbers) => [...numbers].sort((a, b) => a - b);

/** The middle of a list of numbers; undefined if there are none. */
export function median(numbers) {
  const list = sorted(numbers);
  const middle = Math.floor(list.length / 2);
  return list.length % 2 === 1
    ? list[middle]
    : list.length === 0
      ? undefined
      : (list[middle - 1] + list[middle]) / 2;
}

/** Takes the median of each number in a list of like objects, however deep it lies. */
function medians(objects) {
  const [first] = objects;
  return Object.fromEntries(
    Object.entries(first)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => {
        const values = objects.map((object) => object[key]);
        return [key, typeof value === 'object' ? medians(values) : median(values)];
      }),
  );
}

/** What two peers are compared by: CPU time per message, or memory per connection. */
export function costOf(sample) {
  return sample.cpuMicrosPerMessage ?? sample.perConnection.heapBytes;
}

/**
 * Condenses the samples of one workload: medians with their spread, and for each peer how many times what hawser (the
 * first peer) costs, the median of the ratios within the rounds.
 * @param {Record<string, object[]>} samples those of each round, for each peer
 */
export function summarise(samples) {
  const [first] = Object.keys(samples);
  return Object.fromEntries(
    Object.entries(samples).map(([peer, list]) => {
      const costs = sorted(list.map(costOf));
      const ratios = sorted(list.map((sample, round) => costOf(sample) / costOf(samples[first][round])));
      const rest = medians(list.map((sample) => ({ ...sample, latency: undefined })));
      const latencies = list.map(({ latency }) => latency).filter((latency) => latency !== undefined);
      return [
        peer,
        {
          ...rest,
          cost: { min: costs[0], median: median(costs), max: costs.at(-1) },
          ratio: { min: ratios[0], median: median(ratios), max: ratios.at(-1) },
          ...(latencies.length > 0 && { latency: medians(latencies) }),
        },
      ];
    }),
  );
}
