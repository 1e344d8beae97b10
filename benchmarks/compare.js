import { Play } from './play.js';
import { summarise } from './summary.js';

/** Share of the greatest throughput at which latencies are measured. */
const LATENCY_LOAD = 0.5;
/** From so many rounds on, half of them are played by new processes: two of the same kind are not quite alike. */
const TWO_GENERATIONS_FROM = 4;

/** One rate for all peers: half of what `ws` has done at most, or the first peer where it takes no part. */
function latencyRate(samples) {
  const reference = samples.ws ?? Object.values(samples)[0] ?? [];
  if (reference.length === 0) return undefined;
  return LATENCY_LOAD * Math.max(...reference.map(({ messagesPerSecond }) => messagesPerSecond));
}

/** Compares some peers in one workload. */
class Comparison {
  declined = [];
  failed = [];
  samples;
  #workload;
  #peers;
  #times;
  #rate;
  /** The plays that are open, by peer. */
  #plays = new Map();

  constructor(workload, peers, times) {
    this.#workload = workload;
    this.#peers = peers;
    this.#times = times;
    this.samples = Object.fromEntries(peers.map(({ name }) => [name, []]));
  }

  async run() {
    const { rounds } = this.#times;
    const generations =
      rounds < TWO_GENERATIONS_FROM ? [rounds] : [Math.ceil(rounds / 2), Math.floor(rounds / 2)];
    for (const count of generations) {
      try {
        await this.#playGeneration(count);
      } finally {
        for (const name of this.#plays.keys()) await this.#close(name);
      }
    }
  }

  async #playGeneration(rounds) {
    if (this.#workload.load === 'idle') {
      // One after the other: all of their connections together would be too many.
      for (const peer of this.#peers) {
        await this.#attempt(peer, () => this.#open(peer));
        await this.#attempt(peer, (play) => this.#weigh(peer, play));
        await this.#close(peer.name);
      }
      return;
    }
    for (const peer of this.#peers) await this.#attempt(peer, () => this.#open(peer));
    for (let round = 0; round < rounds; round++) {
      // There and back again: who comes first has no advantage.
      const peers = round % 2 === 0 ? this.#peers : this.#peers.toReversed();
      for (const peer of peers) await this.#attempt(peer, (play) => this.#playRound(peer, play));
      if (this.#workload.latency) this.#rate ??= latencyRate(this.samples);
    }
    if (!this.#workload.memory) return;
    for (const peer of this.#peers) await this.#attempt(peer, (play) => this.#weigh(peer, play));
  }

  async #open(peer) {
    const play = await Play.open(peer, this.#workload);
    if (play.declined !== undefined) {
      this.declined.push({ name: peer.name, reason: play.declined });
      delete this.samples[peer.name];
      return;
    }
    this.#plays.set(peer.name, play);
    if (this.#workload.load !== 'idle') await play.warmUp(this.#warmup);
  }

  /** How long to warm up: some workloads take several times as long as others until all of their code is compiled. */
  get #warmup() {
    const { warmupTimes = 1 } = this.#workload;
    const { warmupMs, mostMs } = this.#times;
    return { warmupMs: warmupMs * warmupTimes, mostMs: mostMs * warmupTimes };
  }

  async #playRound(peer, play) {
    const sample = await play.measure(this.#times.measureMs);
    this.samples[peer.name].push(sample);
    if (this.#rate !== undefined) {
      sample.latency = await play.latency({ rate: this.#rate, ms: this.#times.latencyMs });
    }
  }

  async #weigh(peer, play) {
    const perConnection = await play.memory();
    const samples = this.samples[peer.name];
    if (this.#workload.load === 'idle') samples.push({ perConnection });
    else for (const sample of samples) sample.perConnection ??= perConnection;
  }

  /** Does something with a peer, unless it is out; a failure puts it out. */
  async #attempt(peer, act) {
    if (!(peer.name in this.samples)) return;
    const play = this.#plays.get(peer.name);
    try {
      await act(play);
    } catch (error) {
      this.failed.push({ name: peer.name, reason: error.message });
      delete this.samples[peer.name];
      await this.#close(peer.name);
    }
  }

  async #close(name) {
    await this.#plays.get(name)?.close();
    this.#plays.delete(name);
  }
}

/**
 * Compares peers in a workload. They take turns within each round, so that a machine whose speed drifts treats them
 * alike. Latencies are measured from the second round on, at a rate that the first one tells.
 * @param {object} times
 * @param {number} times.rounds
 * @param {number} times.warmupMs CPU time of each process before it is measured
 * @param {number} times.mostMs longest wait for that
 * @param {number} times.measureMs
 * @param {number} times.latencyMs
 * @returns the `samples` of each peer and their `summary`; `declined` and `failed`, the peers that could not, and why
 */
export async function compare(workload, peers, times) {
  const comparison = new Comparison(workload, peers, times);
  await comparison.run();
  const { declined, failed, samples } = comparison;
  return { workload, declined, failed, samples, summary: summarise(samples) };
}
