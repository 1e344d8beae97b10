import { setTimeout as wait } from 'node:timers/promises';
import { Participant } from './participant.js';

/** How often a subject is asked whether it is warm. */
const WARM_LOOK_MS = 100;
/** Time for a subject to come to rest before its memory is looked at. */
const REST_MS = 200;

/** A peer in a workload: the process that is measured, and the one that makes load. */
export class Play {
  #workload;
  #subject;
  #load;
  /** Who opens connections, and starts and stops: the load, or the library where that is the client. */
  #opener;
  /** What the subject needed before the first connection. */
  #bare;

  constructor(workload, subject, load) {
    this.#workload = workload;
    this.#subject = subject;
    this.#load = load;
    this.#opener = workload.load === 'client' ? subject : load;
  }

  /**
   * Starts both processes and opens all connections.
   * @returns {Promise<Play | { declined: string }>} or why this peer cannot do it
   */
  static async open(peer, workload) {
    const order = {
      ...workload,
      module: peer.module,
      scene: peer.scene ?? workload.scene,
      deflate: peer.deflate ?? workload.deflate,
    };
    const participants = [];
    const start = async (part, details) => {
      const participant = new Participant({ part, ...details });
      participants.push(participant);
      return [participant, await participant.next()];
    };
    const startSubject = (port) => {
      const file = workload.load === 'client' ? peer.client : peer.server;
      return start('subject', { file, order: { ...order, port }, command: peer.command(), env: peer.env });
    };
    const startLoad = (port) =>
      start('load', { file: 'load/main.js', order: { ...order, port, echoesVerbatim: peer.isRaw } });
    try {
      // Of a server and its clients, the server comes first: it knows the port.
      const [server, told] = await (workload.load === 'client' ? startLoad() : startSubject());
      if (told.declined !== undefined) {
        await server.stop();
        return { declined: told.declined };
      }
      const [client] = await (workload.load === 'client' ? startSubject(told.port) : startLoad(told.port));
      const [subject, load] = workload.load === 'client' ? [client, server] : [server, client];
      const play = new Play(workload, subject, load);
      await play.#open();
      return play;
    } catch (error) {
      await Promise.all(participants.map((participant) => participant.stop()));
      throw error;
    }
  }

  async #open() {
    this.#bare = await this.#subject.ask('usage', { settled: true });
    await this.#opener.ask('open');
  }

  /**
   * Lets the subject run until it has compiled what it runs: until it had the core for so long.
   * @param {object} times
   * @param {number} times.warmupMs CPU time
   * @param {number} times.mostMs longest wait for that
   */
  async warmUp({ warmupMs, mostMs }) {
    const { cpuMicros } = await this.#subject.ask('usage');
    await this.#opener.ask('start');
    for (let waited = 0; waited < mostMs; waited += WARM_LOOK_MS) {
      await wait(WARM_LOOK_MS);
      const used = (await this.#subject.ask('usage')).cpuMicros - cpuMicros;
      if (used >= warmupMs * 1000) break;
    }
    await this.#opener.ask('drain');
  }

  /** Measures for a while: all that was begun is waited for, so that CPU time and messages belong together. */
  async measure(ms) {
    const [usage, counters] = [await this.#subject.ask('usage'), await this.#load.ask('counters')];
    await this.#opener.ask('start');
    await wait(ms);
    await this.#opener.ask('drain');
    const [usageThen, countersThen] = [await this.#subject.ask('usage'), await this.#load.ask('counters')];
    const messages = countersThen.messages - counters.messages;
    if (messages === 0) throw new Error('not one message came back');
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

  /** Measures latencies for a while, at a fixed rate of messages. */
  latency(details) {
    return this.#load.ask('latency', details);
  }

  /** Measures what each connection costs once the subject has come to rest, in octets. */
  async memory() {
    await wait(REST_MS);
    const settled = await this.#subject.ask('usage', { settled: true });
    const each = (key) => (settled[key] - this.#bare[key]) / this.#workload.connections;
    return { heapBytes: each('heapUsed'), outsideBytes: each('outside'), rssBytes: each('rss') };
  }

  /** Ends both processes. */
  async close() {
    await Promise.all([this.#load.stop(), this.#subject.stop()]);
  }
}
