import { spawnSync } from 'node:child_process';

/** Open files of a process besides its connections. */
const SPARE = 200;

/** Tells how many files a process may have open; the runtimes raise their soft limit to it by themselves. */
function hardLimit() {
  const { status, stdout } = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' });
  const limit = Number(stdout?.trim());
  return status === 0 && Number.isInteger(limit) ? limit : Infinity;
}

const limit = hardLimit();

/** Says why so many connections cannot be had here; undefined if they can. */
export function whyTooMany(connections) {
  if (connections + SPARE <= limit) return undefined;
  return `it needs ${connections + SPARE} open files, and the hard limit is ${limit} (ulimit -Hn)`;
}
