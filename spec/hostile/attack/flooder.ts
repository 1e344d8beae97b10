/*
 * A peer in a process of its own that writes the same frame as fast as it is taken, and reads and drops what comes.
 */
import { answer, orders } from '../victims/conversation.js';
import { flood, upgraded } from './attacker.js';

const { port, hex } = orders() as { port: number; hex: string };
const frame = Buffer.from(hex, 'hex');

answer({
  async begin() {
    const socket = await upgraded(port);
    socket.resume();
    void flood(socket, Buffer.concat(Array.from({ length: 10_000 }, () => frame)), 600_000);
  },
});
