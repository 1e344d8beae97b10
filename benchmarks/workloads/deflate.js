const KIB = 1024;

const deflate = (name, title, details) => ({
  name,
  title,
  group: 'deflate',
  load: 'deflate',
  scene: 'echo',
  deflate: 'no takeover',
  type: 'text',
  text: 'string',
  content: 'json',
  connections: 100,
  inFlight: 1,
  peers: ['hawser', 'ws', 'ws-takeover'],
  ...details,
});

export const DEFLATE = [
  deflate('deflate-1k', 'compressed JSON, 100 × 1 × 1 KiB', { size: KIB, must: 3, aim: 4.5 }),
  deflate('deflate-4k', 'compressed JSON, 100 × 1 × 4 KiB', { size: 4 * KIB, must: 3, aim: 5 }),
  deflate('deflate-16k', 'compressed JSON, 100 × 1 × 16 KiB', { size: 16 * KIB, must: 2.2, aim: 4 }),
  deflate('deflate-1000', 'compressed JSON, 1000 × 1 × 4 KiB, memory', {
    connections: 1000,
    size: 4 * KIB,
    memory: true,
    mostMemory: { rssBytes: 50_000 },
  }),
];
