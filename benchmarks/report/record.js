import { ResultsFile } from '../results-file.js';

/** What a run has written with `--json`. */
export class RunRecord {
  #record;

  constructor(record) {
    this.#record = record;
  }

  /** Reads a file; undefined if there is none. */
  static read(url) {
    const record = ResultsFile.read(url);
    return record && new RunRecord(record);
  }

  get machine() {
    return this.#record.machine;
  }

  get versions() {
    return this.#record.versions;
  }

  get settings() {
    return this.#record.settings;
  }

  /** Peers that are not installed, and workloads that this machine cannot bear, with the reason. */
  get absent() {
    return this.#record.absent;
  }

  /** What was measured in each workload in which hawser took part. */
  get results() {
    return this.#record.results.filter(({ summary }) => summary.hawser !== undefined);
  }

  /** Workloads that hawser did not, or that failed, with the reason. */
  get gaps() {
    return this.#record.results.flatMap(({ workload, declined, failed }) =>
      [...declined, ...failed].map(({ name, reason }) => ({ workload: workload.name, peer: name, reason })),
    );
  }

  /** What a peer has shown in a workload; undefined if it took no part. */
  summaryOf(workload, peer) {
    return this.#record.results.find((result) => result.workload.name === workload)?.summary[peer];
  }

  /** Peers of a workload, or of all, in the order they were measured in. */
  get peers() {
    return [...new Set(this.results.flatMap(({ summary }) => Object.keys(summary)))];
  }
}
