import { framesOf } from '../../conformance/oracle/peer-frames.js';
import { Hearing } from '../attack/hearing.js';
import { Encounter } from '../encounter.js';
import type { Row } from '../row.js';

/** Most CPU time that twice as many pieces may take, in times of once. */
const BOUND = 2.3;
/** Tries, of which the cheapest counts: whatever else the machine does only adds. The last ones are for busy machines. */
const TRIES = { least: 2, most: 8 };
/** Milliseconds from one write to the next: time for the victim to read a single octet. */
const BETWEEN_WRITES = 0.03;

/** Sends a message of so many octets in as many writes; tells the milliseconds of CPU that it took the victim. */
async function cost(encounter: Encounter, octets: number): Promise<number> {
  const socket = (await encounter.meet()).setNoDelay();
  const hearing = new Hearing(socket);
  const [frame, ping] = [{ opcode: 2, payload: 'x'.repeat(octets), key: '00000000' }, { opcode: 9 }];
  const message = framesOf(encounter.role, [frame]);
  const header = message.length - octets;
  const { cpuMs } = await encounter.victim.facts();
  socket.write(message.subarray(0, header));
  const octet = message.subarray(header, header + 1);
  let next = 0;
  for (let written = 0; written < octets; written++) {
    socket.write(octet);
    // Writes of one turn would leave in one packet, and octets that come too fast are read together.
    next = Math.max(next, performance.now()) + BETWEEN_WRITES;
    do await new Promise((resolve) => setImmediate(resolve));
    while (performance.now() < next);
  }
  socket.write(framesOf(encounter.role, [ping]));
  if (!(await hearing.until(() => hearing.count(0xa) > 0, 120_000))) throw new Error('no pong');
  const facts = await encounter.victim.facts();
  socket.destroy();
  return facts.cpuMs - cpuMs;
}

export const oneOctetWrites: readonly Row[] = (['server', 'client'] as const).map((role) => ({
  id: role === 'server' ? 'F6' : 'F6b',
  peer: `sends ${role === 'client' ? 'a client ' : ''}one message in 320,000 writes of one octet`,
  must: `linear time: twice the pieces take at most ${BOUND} times the CPU`,
  async run(library, scale) {
    const pieces = scale === 'full' ? 160_000 : 12_000;
    const encounter = await Encounter.begin(library, role, { behaviour: 'count' });
    const [once, twice]: [number[], number[]] = [[], []];
    // What is not compiled yet would count against the first.
    await cost(encounter, 2_000);
    const ratioOf = (): number => Math.min(...twice) / Math.min(...once);
    for (let tries = 0; tries < TRIES.least || (tries < TRIES.most && ratioOf() > BOUND); tries++) {
      once.push(await cost(encounter, pieces));
      twice.push(await cost(encounter, 2 * pieces));
    }
    await encounter.end();
    const ratio = ratioOf();
    const [few, many] = [once, twice].map((tries) => (Math.min(...tries) / 1000).toFixed(2));
    return { held: ratio <= BOUND, figure: `×${ratio.toFixed(1)}: ${few} s to ${many} s` };
  },
}));
