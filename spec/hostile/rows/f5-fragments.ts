import type { Socket } from 'node:net';
import { framesOf, type FrameSketch } from '../../conformance/oracle/peer-frames.js';
import { happens, pause } from '../attack/attacker.js';
import { Hearing } from '../attack/hearing.js';
import { Bystanders } from '../bystanders.js';
import { Encounter, type Role } from '../encounter.js';
import type { Library } from '../library.js';
import { inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Finding, Row } from '../row.js';
import type { Victim } from '../victim.js';

/** What the process may hold besides: code that was compiled on the way, and the like. */
const ALLOWANCE = MEBIBYTE;
/** What may be garbage at the worst moment: 64 KiB are read at a time, of each peer. */
const GARBAGE = 96 * MEBIBYTE;
const PIECE = 1_000;

/** Writes one frame again and again, as fast as it is taken. */
async function write(socket: Socket, frame: Buffer, count: number): Promise<void> {
  const piece = Buffer.concat(Array.from({ length: PIECE }, () => frame));
  for (let written = 0; written < count && socket.writable; written += PIECE)
    if (!socket.write(piece)) await happens(socket, ['drain', 'close'], 10_000);
}

/** Sends a message's fragments but the last, and a ping; tells whether it was answered. */
async function neverEnd(encounter: Encounter, socket: Socket, count: number): Promise<boolean> {
  const hearing = new Hearing(socket);
  const frame = (sketch: FrameSketch): Buffer => framesOf(encounter.role, [sketch]);
  socket.write(frame({ opcode: 2, fin: false, payload: 'x' }));
  await write(socket, frame({ opcode: 0, fin: false, payload: 'x' }), count);
  socket.write(frame({ opcode: 9 }));
  return hearing.until(() => hearing.count(0xa) > 0, 60_000);
}

/** Asks what is in use; what a collection frees of buffers is gone with the next one. */
async function heldBy(victim: Victim): Promise<number> {
  await victim.facts();
  await pause(100);
  return (await victim.facts()).held;
}

/** Lets peers send so many fragments of one octet each. */
async function measure(library: Library, role: Role, peers: number, count: number): Promise<Finding> {
  const encounter = await Encounter.begin(library, role, { behaviour: 'echo' }, ['--expose-gc']);
  const { victim } = encounter;
  const bystanders = role === 'server' ? await Bystanders.open(victim.url) : undefined;
  // So that what is measured is not the first of them.
  (await encounter.meet()).destroy();
  await neverEnd(encounter, await encounter.meet(), 2_000);
  const sockets = await encounter.meetMany(peers);
  const before = await heldBy(victim);
  const resident = victim.memory().resident;
  await bystanders?.trips();
  const answered = await Promise.all(sockets.map((socket) => neverEnd(encounter, socket, count)));
  const trips = await bystanders?.trips();
  const held = (await heldBy(victim)) - before;
  const growth = victim.memory().peak - resident;
  await bystanders?.end();
  await encounter.end();
  const payload = peers * count;
  const lost = answered.filter((one) => !one).length;
  return {
    held:
      lost === 0 &&
      held <= 2 * payload + ALLOWANCE &&
      growth <= 2 * payload + GARBAGE &&
      !(trips && trips.lost > 0),
    figure: [
      `${inMebibytes(held)} held of ${inMebibytes(payload)}`,
      `at most +${inMebibytes(growth)}`,
      ...(lost > 0 ? [`${lost} cut off`] : []),
      // There is none when nothing came back.
      ...(trips === undefined ? [] : [`others p99 ${trips.p99?.toFixed(0) ?? 'not one'} ms`]),
    ].join(', '),
  };
}

const millions: readonly Row[] = (['server', 'client'] as const).map((role) => ({
  id: role === 'server' ? 'F5' : 'F5b',
  peer: `sends ${role === 'client' ? 'a client ' : ''}a million fragments of one octet, and no end`,
  must: 'goes on; what is held is at most twice the payload',
  run: (library, scale) => measure(library, role, 1, scale === 'full' ? 1_000_000 : 100_000),
}));

const crowd: Row = {
  id: 'F5c',
  peer: '500 peers send 16,000 fragments of one octet each, and no end',
  must: 'they go on; what is held is at most twice the payload, and 96 MiB more for a moment',
  run: (library, scale) =>
    scale === 'full' ? measure(library, 'server', 500, 16_000) : measure(library, 'server', 50, 4_000),
};

const empty: readonly Row[] = (['server', 'client'] as const).map((role) => ({
  id: role === 'server' ? 'F5d' : 'F5e',
  peer: `sends ${role === 'client' ? 'a client ' : ''}50,000 empty fragments`,
  must: '1008',
  removal: {
    file: 'protocol/message-assembler.ts',
    code: '++this.#emptyRun > this.#options.maxEmptyFragments',
    instead: 'false',
  },
  async run(library) {
    const encounter = await Encounter.begin(library, role, { behaviour: 'count' });
    const socket = await encounter.meet();
    const hearing = new Hearing(socket);
    socket.write(framesOf(role, [{ opcode: 2, fin: false }]));
    await write(socket, framesOf(role, [{ opcode: 0, fin: false }]), 50_000);
    await hearing.until(() => hearing.closeCode !== undefined, 3_000);
    await encounter.end();
    return { held: hearing.closeCode === 1008, figure: String(hearing.closeCode ?? 'no Close') };
  },
}));

export const fragments: readonly Row[] = [...millions, crowd, ...empty];
