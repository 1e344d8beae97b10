/*
 * Opens and closes connections, in a process of its own: with a Close, a FIN, or a RST.
 */
import { once } from 'node:events';
import { answer, orders } from '../victims/conversation.js';
import { clientFrame, upgraded } from './attacker.js';

const { port } = orders() as { port: number };
const AT_ONCE = 50;
const LAST_WORDS = Buffer.concat([clientFrame(0x81, 'hello'), clientFrame(0x88, Buffer.from([0x03, 0xe8]))]);

async function visit(number: number): Promise<void> {
  const socket = await upgraded(port);
  const gone = once(socket, 'close');
  socket.resume();
  if (number % 3 === 0) socket.write(LAST_WORDS);
  else if (number % 3 === 1) socket.end(clientFrame(0x81, 'hello'));
  // No port waits for what may still come.
  else socket.resetAndDestroy();
  await gone;
}

answer({
  async churn(count: number) {
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count) await visit(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  },
});
