import { connect, type Socket } from 'node:net';
import { upgradeRequest } from '../../raw-peer.js';
import { pause } from '../attack/attacker.js';
import { ask } from '../attack/asking.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';

const DESCRIPTORS = 150;
const COUNT = 400;
/** Tries of an honest client, half a second each: the silent are gone by then, as far as they came in. */
const TRIES = 20;

export const descriptors: Row = {
  id: 'H16',
  peer: `${COUNT} connect where there are ${DESCRIPTORS} file descriptors: some open, most silent`,
  must: 'survives, and recovers once the deadline of the handshake (here 1 s) has passed',
  async run(library) {
    const options = library.name === 'hawser' ? { options: { handshakeTimeoutMs: 1_000 } } : {};
    const victim = await Victim.listen(library, { behaviour: 'echo', descriptors: DESCRIPTORS, ...options });
    let served = 0;
    const sockets = Array.from({ length: COUNT }, (_, index): Socket => {
      const socket = connect({ port: victim.port, host: '127.0.0.1' });
      socket.on('error', () => {}).on('end', () => socket.end());
      socket.once('data', () => (served += 1));
      if (index < 20) socket.write(upgradeRequest());
      return socket;
    });
    await pause(500);
    let status = 0;
    for (let attempt = 0; attempt < TRIES && status !== 101 && victim.isAlive; attempt++) {
      ({ status } = await ask(victim.port, upgradeRequest(), 500).catch(() => ({ status: 0 })));
      if (status === 0) await pause(100);
    }
    const { isAlive } = victim;
    for (const socket of sockets) socket.destroy();
    await victim.end();
    return {
      held: isAlive && status === 101 && served > 0,
      figure: isAlive ? `${served} served; then ${status === 101 ? 'the next one' : 'nobody'}` : 'ended',
    };
  },
};
