const handshake = (name, title, details) => ({
  name,
  title,
  group: 'handshake',
  load: 'handshake',
  scene: 'echo',
  type: 'binary',
  content: 'octets',
  connections: 32,
  inFlight: 1,
  size: 32,
  peers: ['hawser', 'ws'],
  // Some 9,000 handshakes pass before the CPU time of one stays as it is.
  warmupTimes: 4,
  must: 1.25,
  aim: 1.5,
  ...details,
});

export const HANDSHAKE = [
  handshake('handshake', 'opening handshakes, 32 at once', {}),
  handshake('handshake-close', 'opening and closing handshakes, 32 at once', {
    closes: true,
    must: undefined,
    aim: undefined,
  }),
];
