export const IDLE = [
  {
    name: 'idle-10000',
    title: '10,000 idle connections',
    group: 'idle',
    load: 'idle',
    scene: 'echo',
    type: 'binary',
    content: 'octets',
    connections: 10_000,
    inFlight: 0,
    size: 32,
    peers: ['hawser', 'ws', 'net'],
    memory: true,
    mostMemory: { heapBytes: 2100 },
    neverMoreThan: { peer: 'ws', of: 'rssBytes' },
  },
];
