import type { Socket } from 'node:net';
import { constants, createDeflateRaw, deflateRawSync } from 'node:zlib';
import { Encounter, type Role } from '../encounter.js';
import type { Library } from '../library.js';
import { inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Finding, Row } from '../row.js';

const COUNT = 20;
const BLOWN_UP = 100 * MEBIBYTE;
/** The empty block that a message goes without (RFC 7692 §7.2.1). */
const TAIL = 4;

/** Makes so many octets of nothing, compressed as RFC 7692 §7.2.1 says. */
function bomb(octets: number): Buffer {
  return deflateRawSync(Buffer.alloc(octets), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -TAIL);
}

/** Makes the same with a flush point behind each 16 KiB, so that it is never long until something comes out. */
async function flushedBomb(octets: number): Promise<Buffer> {
  const deflate = createDeflateRaw();
  const chunks: Buffer[] = [];
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk));
  const piece = Buffer.alloc(16 * 1024);
  for (let done = 0; done < octets; done += piece.length) {
    deflate.write(piece);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
  }
  deflate.close();
  return Buffer.concat(chunks).subarray(0, -TAIL);
}

/** Makes a compressed message of a payload, in one frame or in many of 1 KiB. */
function messageOf(encounter: Encounter, payload: Buffer, isFragmented: boolean): Buffer {
  if (!isFragmented) return encounter.frame(0xc2, payload);
  const frames: Buffer[] = [];
  for (let start = 0; start < payload.length; start += 1024) {
    const isLast = start + 1024 >= payload.length;
    const first = (isLast ? 0x80 : 0) | (start === 0 ? 0x42 : 0);
    frames.push(encounter.frame(first, payload.subarray(start, start + 1024)));
  }
  return Buffer.concat(frames);
}

interface Bombing {
  readonly role?: Role;
  readonly payload: () => Buffer | Promise<Buffer>;
  readonly isFragmented?: boolean;
  /** Messages that are to be delivered: none of those that are too large. */
  readonly delivered?: number;
  /** Octets by which the victim may grow. */
  readonly bound?: number;
}

async function dropBombs(
  library: Library,
  { role = 'server', delivered = 0, bound = 64 * MEBIBYTE, ...bombing }: Bombing,
): Promise<Finding> {
  const options = { perMessageDeflate: true };
  const encounter = await Encounter.begin(library, role, { behaviour: 'count', options });
  const { victim } = encounter;
  const fields = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
  const sockets = await encounter.meetMany(COUNT, { fields });
  const message = messageOf(encounter, await bombing.payload(), bombing.isFragmented ?? false);
  await victim.factsOnce(({ connections }) => connections === COUNT);
  const before = victim.memory().resident;
  const send = (socket: Socket): void => void socket.resume().write(message);
  for (const socket of sockets) send(socket);
  const facts = await victim.factsOnce(
    ({ events, messages }) => (events['closing 1009 local'] ?? events['close 1006'] ?? 0) + messages >= COUNT,
    20_000,
  );
  const growth = victim.memory().peak - before;
  await encounter.end();
  return {
    held: growth <= bound && facts.messages === delivered,
    figure: `+${inMebibytes(growth)}, ${facts.messages} delivered`,
  };
}

const MUST = '+64 MiB at most for all; 1009';

export const bombs: readonly Row[] = [
  {
    id: 'D1',
    peer: `${COUNT} send 100 KB that inflate to 100 MiB each`,
    must: MUST,
    run: (library) => dropBombs(library, { payload: () => bomb(BLOWN_UP) }),
  },
  {
    id: 'D1b',
    peer: 'the same in fragments of 1 KiB',
    must: MUST,
    run: (library) => dropBombs(library, { payload: () => bomb(BLOWN_UP), isFragmented: true }),
  },
  {
    id: 'D1c',
    peer: 'the same with a flush point behind each 16 KiB',
    must: MUST,
    run: (library) => dropBombs(library, { payload: () => flushedBomb(BLOWN_UP) }),
  },
  {
    id: 'D1d',
    peer: 'the same to a client',
    must: MUST,
    run: (library) => dropBombs(library, { role: 'client', payload: () => bomb(BLOWN_UP) }),
  },
  {
    id: 'D1e',
    peer: `${COUNT} send 16 KB that inflate to 15 MiB each, which is within the limit`,
    must: '+128 MiB at most for all; all are delivered',
    run: (library) =>
      dropBombs(library, { payload: () => bomb(15 * MEBIBYTE), delivered: COUNT, bound: 128 * MEBIBYTE }),
  },
];
