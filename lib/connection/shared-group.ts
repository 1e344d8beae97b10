/** Octets up to which several buffers are joined to one; more are written side by side. */
const MAX_JOINED_BYTES = 16 * 1024;

/** What was joined last, and from what: with broadcasts it is the same for one connection after the other. */
let lastGroup: readonly Buffer[] = [];
let lastJoined: Buffer | undefined;

/**
 * Joins the buffers of one write when they are few octets. Connections that have the same ones to write, as after
 * several broadcasts, share the result.
 */
export function joinShared(group: Buffer[]): Buffer[] {
  // hot path: benchmarks/micro/output-batch
  if (group.length < 2) return group;
  if (isLastGroup(group)) return [lastJoined!];
  let length = 0;
  for (const octets of group) {
    length += octets.length;
    if (length > MAX_JOINED_BYTES) return group;
  }
  lastGroup = group;
  lastJoined = Buffer.concat(group, length);
  return [lastJoined];
}

function isLastGroup(group: readonly Buffer[]): boolean {
  if (group.length !== lastGroup.length) return false;
  for (let at = 0; at < group.length; at++) if (group[at] !== lastGroup[at]) return false;
  return true;
}
