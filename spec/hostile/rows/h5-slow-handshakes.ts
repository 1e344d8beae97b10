import type { Socket } from 'node:net';
import { upgradeRequest } from '../../raw-peer.js';
import { happens, pause, reach } from '../attack/attacker.js';
import { Bystanders } from '../bystanders.js';
import type { Row, Scale } from '../row.js';
import { Victim } from '../victim.js';

const COUNT = 20;

/** Opens sockets, does something with each, and tells after how many milliseconds each was gone. */
async function begin(port: number, act: (socket: Socket) => void, patience: number): Promise<number[]> {
  return Promise.all(
    Array.from({ length: COUNT }, async () => {
      const socket = await reach(port);
      const start = performance.now();
      socket.resume().on('end', () => socket.end());
      act(socket);
      await happens(socket, ['close'], patience);
      const took = socket.destroyed ? performance.now() - start : Infinity;
      socket.destroy();
      return took;
    }),
  );
}

/** Sends a request, an octet at a time. */
function drip(everyMs: number): (socket: Socket) => void {
  return (socket) => {
    const request = [...upgradeRequest()];
    const timer = setInterval(() => {
      if (socket.destroyed) clearInterval(timer);
      else socket.write(request.shift() ?? 'x');
    }, everyMs);
    socket.on('close', () => clearInterval(timer));
  };
}

/** Is an honest client of the HTTP server: asks, is idle past the deadline of others, and asks again. */
async function keepAlive(port: number, idleMs: number): Promise<boolean> {
  const socket = await reach(port);
  let answers = '';
  socket.on('data', (chunk: Buffer) => (answers += chunk.toString('latin1')));
  for (let asked = 0; asked < 2; asked++) {
    if (asked > 0) await pause(idleMs);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await happens(socket, ['data', 'close'], 2_000);
  }
  socket.destroy();
  return answers.split('fine').length === 3;
}

/** Is another: takes its time over an upload. */
async function upload(port: number, durationMs: number): Promise<boolean> {
  const socket = await reach(port);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n');
  for (let sent = 0; sent < 10; sent++) {
    await pause(durationMs / 10);
    socket.write('x');
  }
  await happens(socket, ['data', 'close'], 2_000);
  socket.destroy();
  return answer.includes('fine');
}

const timesOf = (scale: Scale): { deadlineMs: number; patience: number; dripMs: number } =>
  scale === 'full'
    ? { deadlineMs: 10_000, patience: 15_000, dripMs: 1_000 }
    : { deadlineMs: 700, patience: 3_000, dripMs: 70 };

export const slowHandshakes: Row = {
  id: 'H5',
  peer: 'drips one header octet a second, or sends nothing, or stalls while it is authorised; 20 of each',
  must: 'gone 2 s after the deadline of 10 s at the latest; good clients, idle sockets and slow uploads on the same server go on',
  async run(library, scale) {
    const { deadlineMs, patience, dripMs } = timesOf(scale);
    const short =
      library.name === 'hawser' && scale !== 'full' ? { options: { handshakeTimeoutMs: deadlineMs } } : {};
    const victim = await Victim.listen(library, {
      behaviour: 'echo',
      joins: true,
      authorises: true,
      ...short,
    });
    const { port } = victim;
    const bystanders = await Bystanders.open(victim.url, 5, 50);
    const stalled = upgradeRequest(`/after/${patience * 2}`);
    const [dripping, silent, stalling, isKept, isUploaded] = await Promise.all([
      begin(port, drip(dripMs), patience),
      begin(port, () => {}, patience),
      begin(port, (socket) => socket.write(stalled), patience),
      keepAlive(port, deadlineMs * 1.3),
      upload(port, deadlineMs * 1.3),
    ]);
    const { lost, count } = await bystanders.trips();
    await bystanders.end();
    await victim.end();
    const all = { dripping, silent, stalling };
    const figures = Object.entries(all).map(([name, times]) => {
      const last = Math.max(...times);
      return `${name} ${last === Infinity ? 'stay' : `${(last / 1000).toFixed(1)} s`}`;
    });
    const others = lost === 0 && count > 0 && isKept && isUploaded;
    const isInTime = Object.values(all)
      .flat()
      .every((time) => time <= deadlineMs + 2_000);
    return {
      held: isInTime && others,
      figure: `${figures.join(', ')}; others ${others ? 'go on' : 'suffer'}`,
    };
  },
};
