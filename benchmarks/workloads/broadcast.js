const broadcast = (inFlight, must, aim) => ({
  name: `broadcast-${inFlight}`,
  title: `broadcast to 1000, 128 octets, ${inFlight} in flight`,
  group: 'broadcast',
  load: 'broadcast',
  scene: 'broadcast',
  type: 'binary',
  content: 'octets',
  connections: 1000,
  inFlight,
  size: 128,
  peers: ['hawser', 'ws', 'net'],
  must,
  aim,
});

export const BROADCAST = [broadcast(1, 1.3, 1.5), broadcast(4, 2.5, 4)];
