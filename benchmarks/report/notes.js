/*
 * Why somebody is cheaper than hawser: said in the report wherever the figures show it.
 */

/** What holds for a peer in every workload. */
export const PEER_NOTES = {
  net: 'Raw sockets do nothing but read and write: no frames, no masking, no text, no limits. They are the floor that Node sets, not a WebSocket.',
  bun: 'Bun has its WebSocket in native code on top of µWebSockets, with sockets of its own. The gap in ping-pong is that of the runtime: Node reads and writes a socket through its streams, and hawser cannot go below raw sockets.',
  deno: 'Deno has its WebSocket in native code, on sockets of its own runtime.',
  'hawser-events':
    'The event path of hawser itself: a stream adds a queue, and with `for await` a promise, to each message.',
  'ws-bufferutil': 'bufferutil masks in native code.',
};

/** What holds for a workload, whoever the peer is. */
export const WORKLOAD_NOTES = {
  'pingpong-1': 'Most of the time goes into waking up for each message, which is the same for all.',
  handshake:
    'A handshake of hawser comes with its deadline, the check of Origin and limits on header fields.',
  'handshake-close':
    'A handshake of hawser comes with its deadline, the check of Origin and limits on header fields.',
  'idle-10000':
    'A connection of hawser is a Duplex, and keeps what its limits, its keepalive and its counters need.',
  'tls-pipelined':
    'OpenSSL and the TLS stream take as much for each record whatever it holds; ws is helped by the stream, which gathers its writes.',
  'tls-pingpong': 'Most of the time goes into TLS and the sockets, which are the same for both.',
  'client-100': 'Each message is a read, a write and a wake-up; what a library adds to them is little.',
};
