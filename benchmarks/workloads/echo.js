const KIB = 1024;
const MIB = 1024 * KIB;

const echo = (name, title, details) => ({
  name,
  title,
  group: 'echo',
  load: 'echo',
  scene: 'echo',
  type: 'binary',
  content: 'octets',
  peers: ['hawser', 'ws', 'net'],
  ...details,
});

const text = { type: 'text', text: 'string', peers: ['hawser', 'ws'] };
const large = {
  group: 'large',
  inFlight: 1,
  peers: ['hawser', 'ws', 'ws-bufferutil', 'net'],
  neverBehind: 'ws-bufferutil',
};

export const ECHO = [
  echo('pingpong-1', 'ping-pong, 1 × 1 × 32 octets', {
    connections: 1,
    inFlight: 1,
    size: 32,
    must: 1.05,
    aim: 'raw sockets',
    mostOfRaw: 1.1,
  }),
  echo('pingpong-100', 'ping-pong, 100 × 1 × 32 octets', {
    connections: 100,
    inFlight: 1,
    size: 32,
    must: 1.15,
    aim: 'raw sockets',
    mostOfRaw: 1.1,
    latency: true,
  }),
  echo('pingpong-1000', 'ping-pong, 1000 × 1 × 32 octets', {
    connections: 1000,
    inFlight: 1,
    size: 32,
    must: 1.25,
    aim: 'raw sockets',
    mostOfRaw: 1.1,
  }),
  echo('pipelined-10', 'pipelined, 10 × 64 × 32 octets', {
    connections: 10,
    inFlight: 64,
    size: 32,
    must: 9,
    aim: 13,
    latency: true,
  }),
  echo('pipelined-100', 'pipelined, 100 × 32 × 64 octets', {
    connections: 100,
    inFlight: 32,
    size: 64,
    must: 9,
    aim: 13,
    latency: true,
  }),
  echo('text-ascii', 'ASCII text as strings, 100 × 4 × 1 KiB', {
    ...text,
    group: 'text',
    content: 'ascii',
    connections: 100,
    inFlight: 4,
    size: KIB,
    must: 3,
    aim: 3.7,
    latency: true,
  }),
  echo('text-unicode-buffer', 'other text as Buffers, 100 × 4 × 1 KiB', {
    ...text,
    group: 'text',
    text: 'buffer',
    content: 'unicode',
    connections: 100,
    inFlight: 4,
    size: KIB,
    must: 2.5,
    aim: 3.4,
  }),
  echo('text-unicode-string', 'other text as strings, 100 × 4 × 1 KiB', {
    ...text,
    group: 'text',
    content: 'unicode',
    connections: 100,
    inFlight: 4,
    size: KIB,
    must: 1.15,
    aim: 1.3,
  }),
  echo('binary-64k', 'binary, 8 × 1 × 64 KiB', {
    ...large,
    connections: 8,
    size: 64 * KIB,
    must: 2.5,
    aim: 3.8,
    latency: true,
  }),
  echo('binary-1m', 'binary, 4 × 1 × 1 MiB', { ...large, connections: 4, size: MIB, must: 4, aim: 6 }),
  echo('binary-16m', 'binary, 2 × 1 × 16 MiB', {
    ...large,
    connections: 2,
    size: 16 * MIB,
    must: 1.8,
    aim: 2.5,
  }),
];
