/*
 * Peers in a process of their own that are well, but slow to answer a ping: as over a long way.
 */
import type { Socket } from 'node:net';
import { answer, orders } from '../victims/conversation.js';
import { clientFrame, upgraded } from './attacker.js';

const { port, count, lateMs } = orders() as { port: number; count: number; lateMs: number };
let pings = 0;
let lost = 0;

function live(socket: Socket): void {
  socket.on('data', (chunk: Buffer) => {
    // The pings of a keepalive are empty.
    for (let at = 0; at + 1 < chunk.length; at += 2) {
      pings += 1;
      setTimeout(() => socket.write(clientFrame(0x8a)), lateMs);
    }
  });
  socket.on('close', () => (lost += 1));
}

answer({
  async open() {
    for (let i = 0; i < count; i++) live(await upgraded(port));
  },
  lived: () => ({ pings, lost }),
});
