/*
 * The load generator, a process of its own. Its parent says what load it is, when to begin, and asks it for its
 * counters; any octet that is not as expected ends it with an error.
 */
import { performance } from 'node:perf_hooks';
import { answer, fail, order, tell } from '../channel.js';

const LOADS = {
  echo: async () => (await import('./echo.js')).EchoLoad,
  deflate: async () => (await import('./deflate.js')).DeflateLoad,
  broadcast: async () => (await import('./broadcast.js')).BroadcastLoad,
  handshake: async () => (await import('./handshake.js')).HandshakeLoad,
  idle: async () => (await import('./idle.js')).IdleLoad,
  client: async () => (await import('./client.js')).ClientLoad,
};

const Load = await LOADS[order.load]();
const load = new Load(order);

answer({
  open: () => load.open(fail),
  start: () => load.start(),
  counters: () => {
    const { user, system } = process.cpuUsage();
    return { messages: load.messages, cpuMicros: user + system, atMs: performance.now() };
  },
  drain: () => load.drain(),
  latency: (details) => load.latency(details),
});
await load.listen?.(fail);
tell({ isReady: true, port: load.port });
