import { performance } from 'node:perf_hooks';

/** Longest wait for the last echoes. */
const PATIENCE_MS = 2000;

function percentiles(values, count) {
  const sorted = values.subarray(0, count).sort();
  const at = (share) => sorted[Math.min(count - 1, Math.floor(count * share))];
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: sorted[count - 1] };
}

/**
 * Sends at a fixed rate, whether or not answers come, and takes the time of each from when it was *due* to be sent: a
 * server that stands still for a moment is charged for all that would have been sent meanwhile.
 */
export class OpenLoop {
  #rate;
  #send;
  #connections;
  #latencies;
  #lags;
  #sent = 0;
  #received = 0;
  /** Times at which what is under way was due, for each connection. */
  #due;

  /**
   * @param {number} rate sendings per second, all connections together
   * @param {number} ms for how long
   * @param {number} connections
   * @param {(connection: number) => void} send
   */
  constructor({ rate, ms, connections, send }) {
    this.#rate = rate;
    this.#send = send;
    this.#connections = connections;
    const total = Math.max(1, Math.floor((rate * ms) / 1000));
    this.#latencies = new Float64Array(total);
    this.#lags = new Float64Array(total);
    this.#due = Array.from({ length: connections }, () => []);
  }

  /** Learns that what was sent is back. */
  received(connection) {
    const due = this.#due[connection].shift();
    this.#latencies[this.#received++] = performance.now() - due;
  }

  /** @returns {Promise<object>} percentiles in milliseconds, and how punctual the sender itself was */
  async run() {
    const total = this.#latencies.length;
    const begun = performance.now();
    const interval = 1000 / this.#rate;
    const end = () => begun + total * interval + PATIENCE_MS;
    while (this.#received < total && performance.now() < end()) {
      this.#sendDue(begun, interval);
      // Not a timer: those are as coarse as a millisecond.
      await new Promise(setImmediate);
    }
    const missing = total - this.#received;
    // What is not back yet, or was not even sent, took at least as long as we waited.
    const unsent = Array.from({ length: total - this.#sent }, (_, i) => begun + (this.#sent + i) * interval);
    for (const due of [...this.#due.flat(), ...unsent]) {
      this.#latencies[this.#received++] = performance.now() - due;
    }
    return {
      rate: this.#rate,
      count: total,
      missing,
      ...percentiles(this.#latencies, total),
      senderLagP99: percentiles(this.#lags, this.#sent).p99,
    };
  }

  #sendDue(begun, interval) {
    const total = this.#latencies.length;
    for (; this.#sent < total; this.#sent++) {
      const due = begun + this.#sent * interval;
      const now = performance.now();
      if (now < due) return;
      this.#lags[this.#sent] = now - due;
      const connection = this.#sent % this.#connections;
      this.#due[connection].push(due);
      this.#send(connection);
    }
  }
}
