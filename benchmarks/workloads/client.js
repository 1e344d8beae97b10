const client = (name, title, details) => ({
  name,
  title,
  group: 'client',
  load: 'client',
  type: 'binary',
  content: 'octets',
  size: 32,
  peers: ['hawser', 'ws', 'undici', 'net'],
  ...details,
});

export const CLIENT = [
  client('client-100', 'as client, 100 × 1 × 32 octets', {
    connections: 100,
    inFlight: 1,
    must: 1.25,
    aim: 1.4,
  }),
  client('client-10', 'as client, 10 × 32 × 32 octets', { connections: 10, inFlight: 32, must: 8, aim: 12 }),
];
