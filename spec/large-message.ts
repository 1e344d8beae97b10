/*
 * Sends one message that no process could hold, from one process to another, and measures what memory each needs.
 *
 *   node --import tsx spec/large-message.ts [--gib <number>] [--from client|server] [--deflate]
 *
 * Exits with 1 when the message does not come as it was sent, or a process grew by more than 64 MiB. Memory is measured
 * on Linux alone (/proc/self/status).
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ServerRegistry, WebSocketClient, type Connection } from '../lib/index.js';

const PROGRAM = fileURLToPath(import.meta.url);
const PIECE_BYTES = 64 * 1024;
const MEBIBYTE = 1024 * 1024;

/** Octets by which a process may grow while any message passes through it. */
export const GROWTH_LIMIT = 64 * MEBIBYTE;

/** Describes a message and how it is to go. */
export interface Passage {
  readonly octets: number;
  readonly from: 'client' | 'server';
  readonly deflate: boolean;
}

/** Is what one process tells of the message. */
export interface Report {
  readonly octets: number;
  readonly sha256: string;
  /** Octets on the wire. */
  readonly wireBytes: number;
  /** Octets by which the resident memory of the process had grown at its peak; NaN where that is not known. */
  readonly growth: number;
}

/** Is what both have told, and how long it took. */
export interface Result {
  readonly sender: Report;
  readonly receiver: Report;
  readonly seconds: number;
}

/** Lets a message pass from one new process to another. */
export async function passMessage(passage: Passage): Promise<Result> {
  const start = performance.now();
  const server = run({ role: 'server', ...passage });
  try {
    const [url] = (await once(server, 'message')) as [string];
    const client = run({ role: 'client', url, ...passage });
    try {
      const [[ofServer], [ofClient]] = (await Promise.all([
        once(server, 'message'),
        once(client, 'message'),
      ])) as [[Report], [Report]];
      const [sender, receiver] = passage.from === 'client' ? [ofClient, ofServer] : [ofServer, ofClient];
      return { sender, receiver, seconds: (performance.now() - start) / 1000 };
    } finally {
      client.kill();
    }
  } finally {
    server.kill();
  }
}

/** Is what a child is told by its command line. */
interface Order extends Passage {
  readonly role: 'client' | 'server';
  readonly url?: string;
}

function run(order: Order): ReturnType<typeof fork> {
  const child = fork(PROGRAM, ['--order', JSON.stringify(order)], { execArgv: ['--import', 'tsx'] });
  child.once('exit', (status) => {
    // Whoever waits for a message learns that none will come.
    if (status !== null && status !== 0)
      child.emit('error', new Error(`${order.role} ended with ${String(status)}`));
  });
  return child;
}

/** Gives octets that compress to some tenth, no piece the same as another. */
function* pieces(octets: number): Generator<Buffer> {
  let text = '';
  for (let line = 0; text.length < PIECE_BYTES; line++)
    text += `${String(line)}: made fast at berth ${String((line * 31) % 97)}\n`;
  const template = Buffer.from(text.slice(0, PIECE_BYTES));
  for (let at = 0; at < octets; at += PIECE_BYTES) {
    const piece = Buffer.from(template.subarray(0, octets - at));
    for (let stamp = 0; stamp + 8 <= piece.length; stamp += 1024) piece.writeDoubleBE(at + stamp, stamp);
    yield piece;
  }
}

/** Follows the resident memory of this process from now on. */
class MemoryWatch {
  readonly #before: number;

  constructor() {
    try {
      // Forgets the peak so far (proc(5)).
      writeFileSync('/proc/self/clear_refs', '5');
    } catch {
      // Not Linux: there is nothing to read, either.
    }
    this.#before = this.#peak();
  }

  get growth(): number {
    return this.#peak() - this.#before;
  }

  #peak(): number {
    try {
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
    } catch {
      return NaN;
    }
  }
}

async function send(connection: Connection, octets: number): Promise<Report> {
  const watch = new MemoryWatch();
  const hash = createHash('sha256');
  const hashed = (function* () {
    for (const piece of pieces(octets)) {
      hash.update(piece);
      yield piece;
    }
  })();
  await connection.sendFragments('binary', hashed);
  await connection.flushed();
  const report = {
    octets,
    sha256: hash.digest('hex'),
    wireBytes: connection.bytesSent,
    growth: watch.growth,
  };
  connection.close();
  return report;
}

async function receive(connection: Connection): Promise<Report> {
  const watch = new MemoryWatch();
  const hash = createHash('sha256');
  let octets = 0;
  const sink = new Writable({
    // Later, as a disk would; and the first one so late that all of a small message would be on its way by then.
    write: (piece: Buffer, _encoding, done) => {
      if (octets === 0) setTimeout(done, 1_000);
      else setImmediate(done);
      octets += piece.length;
      hash.update(piece);
    },
  });
  await pipeline(connection, sink);
  return { octets, sha256: hash.digest('hex'), wireBytes: connection.bytesReceived, growth: watch.growth };
}

async function obey({ role, url, octets, from, deflate }: Order): Promise<void> {
  const options = { fragments: true, perMessageDeflate: deflate };
  const act = async (connection: Connection): Promise<void> => {
    process.send!(await (role === from ? send(connection, octets) : receive(connection)));
  };
  if (url !== undefined) return act(await WebSocketClient.open(url, options));
  const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0, ...options });
  const connected = new Promise<Connection>((resolve) => registry.on('connection', resolve));
  process.send!(`ws://127.0.0.1:${String((registry.address() as AddressInfo).port)}/`);
  await act(await connected);
  await registry.close();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      gib: { type: 'string', default: '4' },
      from: { type: 'string', default: 'client' },
      deflate: { type: 'boolean', default: false },
      order: { type: 'string' },
    },
  });
  if (values.order !== undefined) {
    await obey(JSON.parse(values.order) as Order);
    return;
  }
  const { from, deflate } = values;
  if (from !== 'client' && from !== 'server') throw new Error('--from is client or server');
  const passage: Passage = { octets: Number(values.gib) * 1024 * MEBIBYTE, from, deflate };
  const { sender, receiver, seconds } = await passMessage(passage);
  const mebibytes = (count: number): string => `${(count / MEBIBYTE).toFixed(1)} MiB`;
  console.log(
    `${mebibytes(passage.octets)} from the ${from}, ${deflate ? 'compressed' : 'plain'}, in ${seconds.toFixed(0)} s`,
  );
  console.log(`on the wire: ${mebibytes(receiver.wireBytes)}`);
  console.log(
    `memory grew by ${mebibytes(sender.growth)} in the sender, ${mebibytes(receiver.growth)} in the receiver`,
  );
  const isSame = sender.sha256 === receiver.sha256 && receiver.octets === passage.octets;
  if (!isSame) console.log('it did not come as it was sent');
  if (!isSame || sender.growth > GROWTH_LIMIT || receiver.growth > GROWTH_LIMIT) process.exitCode = 1;
}

if (process.argv[1] === PROGRAM) await main();
