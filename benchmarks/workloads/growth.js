const KIB = 1024;
const MIB = 1024 * KIB;

const growth = (name, title, details) => ({
  name,
  title,
  group: 'growth',
  load: 'echo',
  scene: 'echo',
  type: 'binary',
  content: 'octets',
  inFlight: 1,
  peers: ['hawser', 'ws'],
  ...details,
});

const connections = (count) =>
  growth(`connections-${count}`, `ping-pong, ${count} × 1 × 32 octets`, {
    connections: count,
    size: 32,
    peers: ['hawser', 'ws', 'net'],
  });
const size = (name, octets, count) =>
  growth(`size-${name}`, `binary, ${count} × 1 × ${octets / KIB} KiB`, { connections: count, size: octets });
const inFragments = (count) =>
  growth(`fragments-${count}`, `binary, 4 × 1 × 1 MiB in ${count} fragments`, {
    connections: 4,
    size: MIB,
    fragments: count,
  });
const inSegments = (count) =>
  growth(`segments-${count}`, `binary, 4 × 1 × 1 MiB in ${count} writes`, {
    connections: 4,
    size: MIB,
    segments: count,
  });

/** Fills the gaps between the other workloads, for the plots of growth. */
export const GROWTH = [
  connections(10),
  connections(10_000),
  size('1k', KIB, 8),
  size('8k', 8 * KIB, 8),
  size('256k', 256 * KIB, 8),
  size('4m', 4 * MIB, 4),
  inFragments(10),
  inFragments(100),
  inFragments(1000),
  inFragments(10_000),
  inSegments(16),
  inSegments(256),
  inSegments(4096),
];
