import { setTimeout as wait } from 'node:timers/promises';
import { Participant } from './participant.js';

/** Octets that each connection costs the subject, once it has come to rest. */
function perConnection(bare, settled, connections) {
  return {
    heapBytes: (settled.heapUsed - bare.heapUsed) / connections,
    outsideBytes: (settled.outside - bare.outside) / connections,
    rssBytes: (settled.rss - bare.rss) / connections,
  };
}

/** Starts the two processes; of a server and its clients, the server comes first, and tells its port. */
async function startBoth(peer, workload, participants) {
  const order = {
    ...workload,
    module: peer.module,
    scene: peer.scene ?? workload.scene,
    deflate: peer.deflate ?? workload.deflate,
  };
  const { command, env } = { command: peer.command(), env: peer.env };
  const startSubject = async (port) => {
    const file = workload.load === 'client' ? peer.client : peer.server;
    const subject = new Participant({ file, part: 'subject', order: { ...order, port }, command, env });
    participants.push(subject);
    return { subject, told: await subject.next() };
  };
  const startLoad = async (port) => {
    const loadOrder = { ...order, port, echoesVerbatim: peer.isRaw };
    const load = new Participant({ file: 'load/main.js', part: 'load', order: loadOrder });
    participants.push(load);
    return { load, told: await load.next() };
  };
  if (workload.load === 'client') {
    const { load, told } = await startLoad();
    const { subject, told: answered } = await startSubject(told.port);
    return { subject, load, opener: subject, declined: answered.declined };
  }
  const { subject, told } = await startSubject();
  if (told.declined !== undefined) return { declined: told.declined };
  const { load } = await startLoad(told.port);
  return { subject, load, opener: load };
}

/** Longest wait for the first message. */
const PATIENCE_MS = 20_000;

/** Measures CPU time and messages, while the load goes on. */
async function measure(subject, load, measureMs) {
  const [usage, counters] = [await subject.ask('usage'), await load.ask('counters')];
  await wait(measureMs);
  let [usageThen, countersThen] = [await subject.ask('usage'), await load.ask('counters')];
  while (countersThen.messages === counters.messages && countersThen.atMs < counters.atMs + PATIENCE_MS) {
    await wait(50);
    [usageThen, countersThen] = [await subject.ask('usage'), await load.ask('counters')];
  }
  const messages = countersThen.messages - counters.messages;
  const seconds = (countersThen.atMs - counters.atMs) / 1000;
  const cpuMicros = usageThen.cpuMicros - usage.cpuMicros;
  return {
    messages,
    cpuMicrosPerMessage: cpuMicros / messages,
    messagesPerSecond: messages / seconds,
    rssBytes: usageThen.rss,
    subjectBusy: cpuMicros / 1e6 / seconds,
    loadBusy: (countersThen.cpuMicros - counters.cpuMicros) / 1e6 / seconds,
  };
}

/**
 * Plays one workload with one peer once, in fresh processes.
 * @param {object} times
 * @param {number} times.warmupMs
 * @param {number} times.measureMs
 * @param {{ rate: number, ms: number }} [times.latency] also measures latencies, at that rate
 * @returns {Promise<object>} what was measured, or `declined`: why this peer cannot do it
 */
export async function play(peer, workload, { warmupMs, measureMs, latency }) {
  const participants = [];
  try {
    const { subject, load, opener, declined } = await startBoth(peer, workload, participants);
    if (declined !== undefined) return { declined };
    const bare = await subject.ask('usage', { settled: true });
    await opener.ask('open');
    const sample = {};
    if (workload.load !== 'idle') {
      await opener.ask('start');
      await wait(warmupMs);
      Object.assign(sample, await measure(subject, load, measureMs));
      if (sample.messages === 0) throw new Error('not one message came back');
    }
    if (latency !== undefined || workload.memory) await load.ask('drain');
    if (latency !== undefined) sample.latency = await load.ask('latency', latency);
    if (workload.memory) {
      await wait(workload.load === 'idle' ? 200 : 50);
      const settled = await subject.ask('usage', { settled: true });
      sample.rssBytes = settled.rss;
      sample.perConnection = perConnection(bare, settled, workload.connections);
    }
    await load.ask('end');
    return sample;
  } catch (error) {
    throw new Error(`${peer.name}, ${workload.name}: ${error.message}`, { cause: error });
  } finally {
    await Promise.all(participants.map((participant) => participant.stop()));
  }
}
