import type { Socket } from 'node:net';
import { clientHeader, happens, pause } from '../attack/attacker.js';
import { Bystanders } from '../bystanders.js';
import { Encounter } from '../encounter.js';
import { FRUGAL, inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Row } from '../row.js';

const PIECE = Buffer.alloc(64 * 1024, 0x61);

/** Sends the most part of a message, and stops there. */
async function park(socket: Socket, octets: number): Promise<void> {
  socket.resume().write(clientHeader(0x82, octets));
  for (let sent = 0; sent < octets * 0.9 && socket.writable; sent += PIECE.length)
    if (!socket.write(PIECE)) await happens(socket, ['drain', 'close'], 20_000);
}

export const parkedMessages: Row = {
  id: 'F7',
  peer: '300 peers each park 90 % of a message of 16 MiB',
  must: 'the budget of 256 MiB holds (+128 MiB at most for all else); the largest are failed, others notice nothing',
  async run(library, scale) {
    const [peers, octets, budget] =
      scale === 'full' ? [300, 16 * MEBIBYTE, 256 * MEBIBYTE] : [60, 4 * MEBIBYTE, 32 * MEBIBYTE];
    const limits = scale === 'full' ? {} : { limits: { maxUnfinishedBytes: budget } };
    const orders = { behaviour: 'echo', environment: FRUGAL, ...limits } as const;
    const encounter = await Encounter.begin(library, 'server', orders);
    const { victim } = encounter;
    const bystanders = await Bystanders.open(victim.url);
    const before = victim.memory().resident;
    const sockets = await encounter.meetMany(peers);
    let failed = 0;
    for (const socket of sockets) socket.once('close', () => (failed += 1));
    await Promise.all(sockets.map((socket) => park(socket, octets)));
    // What was written has still to be read.
    for (let waits = 0; failed === 0 && waits < 100; waits++) await pause(100);
    await pause(200);
    const growth = victim.memory().peak - before;
    const { lost } = await bystanders.trips();
    const cut = failed;
    await bystanders.end();
    await encounter.end();
    return {
      held: growth <= budget + 128 * MEBIBYTE && cut > 0 && lost === 0,
      figure: `+${inMebibytes(growth)}, ${cut} failed${lost > 0 ? `, ${lost} others lost` : ''}`,
    };
  },
};
