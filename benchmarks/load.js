/*
 * The load generator, a process of its own: raw sockets, frames made beforehand, echoes compared octet by octet.
 * Its parent sends { port, workload, warmupMs, measureMs } and gets { ready }, { started }, { done, … }.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { frame, payload } from './frames.js';

const OPENING_TIMEOUT_MS = 10_000;

/** Sends a block of messages again and again, each time its echoes are back. */
class Echoer {
  messages = 0;
  #socket;
  #block;
  #expected;
  #received = 0;
  #inFlight;
  #onBroken;

  constructor(socket, { type, inFlight, size }, onBroken) {
    const octets = payload(type, size);
    this.#socket = socket;
    this.#inFlight = inFlight;
    this.#onBroken = onBroken;
    this.#block = Buffer.concat(Array.from({ length: inFlight }, () => frame(type, octets, randomBytes(4))));
    this.#expected = Buffer.concat(Array.from({ length: inFlight }, () => frame(type, octets)));
    socket.on('data', (chunk) => this.#socketOnData(chunk));
    socket.on('close', () => onBroken(new Error('the server closed a connection')));
  }

  start() {
    this.#socket.write(this.#block);
  }

  #socketOnData(chunk) {
    const end = this.#received + chunk.length;
    if (
      end > this.#expected.length ||
      this.#expected.compare(chunk, 0, chunk.length, this.#received, end) !== 0
    ) {
      this.#onBroken(new Error('the echo differs from what was sent'));
      return;
    }
    this.#received = end;
    if (end < this.#expected.length) return;
    this.#received = 0;
    this.messages += this.#inFlight;
    this.#socket.write(this.#block);
  }
}

async function open(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(
    [
      'GET / HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      '\r\n',
    ].join('\r\n'),
  );
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server does not answer')), OPENING_TIMEOUT_MS);
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      clearTimeout(timer);
      const answer = chunk.toString('latin1');
      if (answer.startsWith('HTTP/1.1 101') && answer.endsWith('\r\n\r\n')) resolve();
      else reject(new Error(`the server answered ${answer.slice(0, 40)}`));
    });
  });
  return socket;
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function run({ port, workload, warmupMs, measureMs }) {
  const fail = (error) => {
    process.send({ error: error.message }, () => process.exit(1));
  };
  const sockets = [];
  for (let i = 0; i < workload.connections; i++) sockets.push(await open(port));
  let isOver = false;
  const echoers = sockets.map((socket) => new Echoer(socket, workload, (error) => isOver || fail(error)));
  const count = () => echoers.reduce((sum, { messages }) => sum + messages, 0);
  for (const echoer of echoers) echoer.start();
  await wait(warmupMs);
  process.send({ started: true });
  const before = count();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await wait(measureMs);
  const messages = count() - before;
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  process.send({ messages, seconds, busy: (user + system) / 1e6 / seconds });
  isOver = true;
  for (const socket of sockets) socket.destroy();
}

process.on('message', (order) => {
  run(order).catch((error) => process.send({ error: error.message }, () => process.exit(1)));
});
process.on('disconnect', () => process.exit());
