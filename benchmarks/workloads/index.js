import { BROADCAST } from './broadcast.js';
import { CLIENT } from './client.js';
import { DEFLATE } from './deflate.js';
import { ECHO } from './echo.js';
import { GROWTH } from './growth.js';
import { HANDSHAKE } from './handshake.js';
import { IDLE } from './idle.js';
import { STREAM } from './stream.js';
import { TLS } from './tls.js';

/**
 * A workload: what is sent, and what the server does with it.
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} title
 * @property {string} group
 * @property {'echo' | 'deflate' | 'broadcast' | 'handshake' | 'idle' | 'client'} load kind of load generator; with
 * `client` the library is the client
 * @property {'echo' | 'pipe' | 'await' | 'broadcast'} scene what the server does
 * @property {'text' | 'binary'} type
 * @property {'octets' | 'ascii' | 'unicode' | 'json'} content
 * @property {number} connections
 * @property {number} inFlight messages sent in one write, and again once all are back
 * @property {number} size octets of payload
 * @property {string[]} peers those compared unless others are asked for
 * @property {number} [must] how many times the CPU time of hawser `ws` has to take at least
 * @property {number | string} [aim]
 * @property {number} [mostOfRaw] how many times the CPU time of raw sockets hawser may take at most
 * @property {number} [mostOfEvents] the same, of hawser by events
 * @property {string} [neverBehind] peer that may never need less CPU time than hawser
 * @property {{ heapBytes?: number, rssBytes?: number }} [mostMemory] octets per connection
 * @property {{ peer: string, of: string }} [neverMoreThan] peer that hawser may not need more memory than
 * @property {boolean} [latency] whether latencies are measured, too
 * @property {number} [warmupTimes] how many times as long as others it takes to warm up
 * @property {boolean} [memory] whether memory per connection is measured
 */

/** @type {readonly Workload[]} */
export const WORKLOADS = [
  ...ECHO,
  ...BROADCAST,
  ...DEFLATE,
  ...HANDSHAKE,
  ...IDLE,
  ...CLIENT,
  ...TLS,
  ...STREAM,
  ...GROWTH,
];
