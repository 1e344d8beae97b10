const stream = (name, title, details) => ({
  name,
  title,
  group: 'stream',
  load: 'echo',
  type: 'binary',
  content: 'octets',
  peers: ['hawser', 'hawser-events', 'ws'],
  must: 1,
  mostOfEvents: 1.5,
  ...details,
});

const PIPELINED = { connections: 10, inFlight: 64, size: 32 };
const PING_PONG = { connections: 100, inFlight: 1, size: 32 };

export const STREAM = [
  stream('stream-pipe', 'as a stream, pipe, 10 × 64 × 32 octets', { scene: 'pipe', ...PIPELINED }),
  stream('stream-pipe-pingpong', 'as a stream, pipe, 100 × 1 × 32 octets', { scene: 'pipe', ...PING_PONG }),
  stream('stream-await', 'as a stream, for await, 10 × 64 × 32 octets', { scene: 'await', ...PIPELINED }),
  stream('stream-await-pingpong', 'as a stream, for await, 100 × 1 × 32 octets', {
    scene: 'await',
    ...PING_PONG,
  }),
];
