import { once } from 'node:events';
import { clientFrame, flood, upgraded } from '../attack/attacker.js';
import { Encounter } from '../encounter.js';
import { inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';

export const pingFloods: readonly Row[] = (['server', 'client'] as const).map((role) => ({
  id: role === 'server' ? 'F4' : 'F4c',
  peer: `floods ${role === 'client' ? 'a client with ' : ''}pings of 125 octets, and never reads`,
  must: 'memory grows by at most 8 MiB in 10 s',
  removal: {
    file: 'connection/session.ts',
    code: 'throw tooManyControlFrames(controlFramesPerSecond)',
    instead: 'return',
  },
  async run(library, scale) {
    const encounter = await Encounter.begin(library, role, { behaviour: 'echo' });
    const before = encounter.victim.memory().resident;
    const ping = encounter.frame(0x89, 'x'.repeat(125));
    const pings = Buffer.concat(Array.from({ length: 2_000 }, () => ping));
    await flood(await encounter.meet(), pings, scale === 'full' ? 10_000 : 2_000);
    const growth = encounter.victim.memory().peak - before;
    await encounter.end();
    return { held: growth <= 8 * MEBIBYTE, figure: `+${inMebibytes(growth)}` };
  },
}));

export const honestPings: Row = {
  id: 'F4b',
  peer: 'sends 200 pings in one packet, and reads',
  must: 'gets 200 pongs',
  async run(library) {
    const victim = await Victim.listen(library, { behaviour: 'echo' });
    const socket = await upgraded(victim.port);
    socket.write(Buffer.concat(Array.from({ length: 200 }, () => clientFrame(0x89, 'x'))));
    socket.setTimeout(2_000, () => socket.destroy());
    let octets = 0;
    socket.on('data', (chunk: Buffer) => {
      octets += chunk.length;
      if (octets >= 600) socket.destroy();
    });
    await once(socket, 'close');
    await victim.end();
    return { held: octets === 600, figure: `${octets / 3} pongs` };
  },
};
