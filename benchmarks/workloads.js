/**
 * A workload: so many connections, each with so many messages of one kind and size in flight. The server echoes.
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} title
 * @property {'text' | 'binary'} type
 * @property {number} connections
 * @property {number} inFlight messages sent in one write, and again once all their echoes are back
 * @property {number} size octets of payload
 */

/** @type {readonly Workload[]} */
export const WORKLOADS = [
  {
    name: 'pingpong-1',
    title: 'ping-pong, 1 × 1 × 32',
    type: 'binary',
    connections: 1,
    inFlight: 1,
    size: 32,
  },
  {
    name: 'pingpong-100',
    title: 'ping-pong, 100 × 1 × 32',
    type: 'binary',
    connections: 100,
    inFlight: 1,
    size: 32,
  },
  {
    name: 'pipelined-10',
    title: 'pipelined, 10 × 64 × 32',
    type: 'binary',
    connections: 10,
    inFlight: 64,
    size: 32,
  },
  {
    name: 'pipelined-100',
    title: 'pipelined, 100 × 32 × 64',
    type: 'binary',
    connections: 100,
    inFlight: 32,
    size: 64,
  },
  {
    name: 'text-1k',
    title: 'ASCII text, 100 × 4 × 1 KiB',
    type: 'text',
    connections: 100,
    inFlight: 4,
    size: 1024,
  },
  {
    name: 'binary-64k',
    title: 'binary, 4 × 1 × 64 KiB',
    type: 'binary',
    connections: 4,
    inFlight: 1,
    size: 65_536,
  },
];
