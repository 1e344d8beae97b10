import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { isPinned } from './participant.js';

/** Describes what was measured on; nothing by which the machine could be told from others of its kind. */
export function describeMachine() {
  const [busy] = loadavg();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release().split('.', 2).join('.')} ${process.arch}`,
    node: process.version,
    pinned: isPinned,
    loadAverage: Number(busy.toFixed(2)),
  };
}
