import { play } from './play.js';
import { summarise } from './summary.js';

/** Share of the greatest throughput at which latencies are measured. */
const LATENCY_LOAD = 0.5;

/** One rate for all peers: half of what `ws` has done at most, or the first peer where it takes no part. */
function latencyRate(samples) {
  const reference = samples.ws ?? Object.values(samples)[0] ?? [];
  if (reference.length === 0) return undefined;
  return LATENCY_LOAD * Math.max(...reference.map(({ messagesPerSecond }) => messagesPerSecond));
}

/**
 * Compares peers in a workload. They take turns within each round, so that a machine whose speed drifts treats them
 * alike. Latencies are measured from the second round on, at a rate that the first one tells.
 * @param {object} times
 * @param {number} times.rounds
 * @param {number} times.warmupMs
 * @param {number} times.measureMs
 * @param {number} times.latencyMs
 * @returns the `samples` of each peer and their `summary`; `declined` and `failed`, the peers that could not, and why
 */
export async function compare(workload, peers, { rounds, warmupMs, measureMs, latencyMs }) {
  const samples = Object.fromEntries(peers.map(({ name }) => [name, []]));
  const declined = [];
  const failed = [];
  const isOut = ({ name }) => [...declined, ...failed].some((one) => one.name === name);
  let rate;
  for (let round = 0; round < rounds; round++) {
    const latency = rate === undefined ? undefined : { rate, ms: latencyMs };
    for (const peer of peers.filter((one) => !isOut(one))) {
      try {
        const sample = await play(peer, workload, { warmupMs, measureMs, latency });
        if (sample.declined === undefined) samples[peer.name].push(sample);
        else declined.push({ name: peer.name, reason: sample.declined });
      } catch (error) {
        failed.push({ name: peer.name, reason: error.message });
      }
    }
    for (const peer of peers.filter(isOut)) delete samples[peer.name];
    if (workload.latency) rate ??= latencyRate(samples);
  }
  return { workload, declined, failed, samples, summary: summarise(samples) };
}
