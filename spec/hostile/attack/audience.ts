/*
 * Many clients in a process of their own, which do nothing but read what comes and answer a Close; some do not even
 * read.
 */
import type { Socket } from 'node:net';
import { answer, orders } from '../victims/conversation.js';
import { clientFrame, upgraded } from './attacker.js';

const { port, count, stallsEach } = orders() as { port: number; count: number; stallsEach: number };
const AT_ONCE = 50;

/** Is somebody who listens. */
interface Listener {
  readonly socket: Socket;
  octets: number;
  closeCode: number | undefined;
}

const listeners: Listener[] = [];
const stalled: Socket[] = [];

function listen(socket: Socket): void {
  const listener: Listener = { socket, octets: 0, closeCode: undefined };
  listeners.push(listener);
  socket.on('data', (chunk: Buffer) => {
    listener.octets += chunk.length;
    // A Close is the last that comes, and small.
    const at = chunk.length < 200 ? chunk.lastIndexOf(0x88) : -1;
    if (at < 0 || chunk[at + 1] !== chunk.length - at - 2) return;
    listener.closeCode = chunk.readUInt16BE(at + 2);
    socket.end(clientFrame(0x88, chunk.subarray(at + 2, at + 4)));
  });
  socket.resume();
}

answer({
  async open() {
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count) {
        const isStalled = next++ % stallsEach === stallsEach - 1;
        const socket = await upgraded(port);
        if (isStalled) stalled.push(socket.pause());
        else listen(socket);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  },
  heard() {
    const octets = listeners.map((listener) => listener.octets);
    const codes: Record<string, number> = {};
    for (const { closeCode = 'none' } of listeners) codes[closeCode] = (codes[closeCode] ?? 0) + 1;
    return {
      readers: listeners.length,
      stalled: stalled.length,
      least: octets.reduce((one, other) => Math.min(one, other), Infinity),
      most: octets.reduce((one, other) => Math.max(one, other), 0),
      codes,
    };
  },
});
