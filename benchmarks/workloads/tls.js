const tls = (name, title, details) => ({
  name,
  title,
  group: 'tls',
  load: 'echo',
  scene: 'echo',
  tls: true,
  type: 'binary',
  content: 'octets',
  peers: ['hawser', 'ws', 'net'],
  ...details,
});

export const TLS = [
  tls('tls-pipelined', 'TLS, pipelined, 10 × 64 × 32 octets', {
    connections: 10,
    inFlight: 64,
    size: 32,
    must: 5,
  }),
  tls('tls-pingpong', 'TLS, ping-pong, 100 × 1 × 32 octets', {
    connections: 100,
    inFlight: 1,
    size: 32,
    must: 1,
    latency: true,
  }),
  tls('tls-64k', 'TLS, binary, 8 × 1 × 64 KiB', { connections: 8, inFlight: 1, size: 65_536, must: 1 }),
];
