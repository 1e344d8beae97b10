import type { Duplex } from 'node:stream';

/**
 * Octets that go to a socket in one write. Of a peer that takes 64 KiB/s, the least that the deadlines reckon with, a
 * write is known to be taken within 4 s.
 */
export const SLICE = 256 * 1024;
/** The same for a peer known to be fast: each write has its price, in the kernel above all. */
const LONG_SLICE = 1024 * 1024;
/** Milliseconds that a peer is watched for. */
const WINDOW_MS = 1000;
/** Octets within that time: more than the kernels of both sides hold when nobody reads. */
const FAST = 16 * 1024 * 1024;
/** So few octets are not left for a write of their own, as the end of a message whose header went first. */
const CRUMB = 1024;

interface Pace {
  since: number;
  takenBefore: number;
  isFast: boolean;
}

/** Of the few streams that had more than a slice to take. */
const paces = new WeakMap<Duplex, Pace>();

/**
 * Tells how many octets to write next to that stream.
 * @param takenBytes - octets that it has taken so far.
 * @param waiting - octets that wait for it.
 */
export function sliceLength(stream: Duplex, takenBytes: number, waiting: number): number {
  if (waiting <= SLICE + CRUMB) return waiting;
  const slice = isFast(stream, takenBytes) ? LONG_SLICE : SLICE;
  return waiting <= slice + CRUMB ? waiting : slice;
}

function isFast(stream: Duplex, takenBytes: number): boolean {
  const now = performance.now();
  const pace = paces.get(stream);
  if (pace === undefined) {
    paces.set(stream, { since: now, takenBefore: takenBytes, isFast: false });
    return false;
  }
  const elapsed = now - pace.since;
  if (elapsed >= WINDOW_MS) {
    pace.isFast = (takenBytes - pace.takenBefore) / elapsed >= FAST / WINDOW_MS;
    pace.since = now;
    pace.takenBefore = takenBytes;
  }
  return pace.isFast;
}
