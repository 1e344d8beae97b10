import { pause } from '../attack/attacker.js';
import { Hearing } from '../attack/hearing.js';
import { Encounter, type Role } from '../encounter.js';
import type { Library } from '../library.js';
import { inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Finding, Row, Scale } from '../row.js';

const MESSAGES = 20_000;
const BOUND = 16 * MEBIBYTE;
/** Milliseconds that the handler takes for a message, and messages that may wait for it. */
const NAP = 10;
const WAITING = 16;

/** Sends more than a handler takes, behind some pings, to a victim that soon gives up who shows no life. */
async function hurry(library: Library, role: Role, scale: Scale): Promise<Finding> {
  const options = library.name === 'hawser' ? { keepalive: 0.2, pongTimeoutMs: 300 } : {};
  const encounter = await Encounter.begin(library, role, { behaviour: 'slow', options });
  const { victim } = encounter;
  const socket = await encounter.meet();
  const hearing = new Hearing(socket);
  const before = victim.memory().resident;
  const begun = performance.now();
  const ping = encounter.frame(0x89, 'first');
  const message = encounter.frame(0x82, Buffer.alloc(1024));
  socket.write(Buffer.concat([ping, ping, ping, ...Array<Buffer>(MESSAGES).fill(message)]));
  await pause(scale === 'full' ? 10_000 : 2_000);
  const { messages, connections } = await victim.facts();
  const most = Math.ceil((performance.now() - begun) / NAP) + WAITING;
  const growth = victim.memory().peak - before;
  const pongs = hearing.count(10);
  await encounter.end();
  return {
    held: messages <= most && growth <= BOUND && pongs >= 3 && connections === 1,
    figure: `${messages} taken in, +${inMebibytes(growth)}, ${pongs} pongs, ${connections === 1 ? 'still there' : 'given up'}`,
  };
}

const MUST = `no more are taken in than it takes, +16 MiB at most; the pings before are answered; nobody is given up for our own pause`;

export const slowHandlers: readonly Row[] = [
  {
    id: 'R5',
    peer: 'sends 20,000 messages at once to an asynchronous handler that takes 10 ms for each',
    must: MUST,
    run: (library, scale) => hurry(library, 'server', scale),
  },
  {
    id: 'R5b',
    peer: 'the same to a client',
    must: MUST,
    run: (library, scale) => hurry(library, 'client', scale),
  },
];
