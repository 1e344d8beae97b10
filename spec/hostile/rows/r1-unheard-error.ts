import { pause } from '../attack/attacker.js';
import { Bystanders } from '../bystanders.js';
import { Encounter, type Role } from '../encounter.js';
import type { Library } from '../library.js';
import type { Finding, Row } from '../row.js';

async function sendBadFrame(library: Library, role: Role): Promise<Finding> {
  const encounter = await Encounter.begin(library, role, { behaviour: 'echo', listensToErrors: false });
  const { victim } = encounter;
  const bystanders = role === 'server' ? await Bystanders.open(victim.url) : undefined;
  const socket = await encounter.meet();
  socket.resume().write(encounter.frame(0xf1, 'RSV1 to RSV3 are set'));
  // A client waits for its server to hang up.
  if (role === 'client') socket.on('data', () => socket.end());
  const ending = await Promise.race([
    victim.ended,
    victim.factsOnce(({ closed }) => closed > 0, 5_000).catch(() => victim.ended),
  ]);
  await pause(50);
  const lost = victim.isAlive ? ((await bystanders?.trips())?.lost ?? 0) : NaN;
  await bystanders?.end();
  await encounter.end();
  if ('status' in ending) return { held: false, figure: `exit ${ending.status ?? String(ending.signal)}` };
  return { held: ending.closed === 1 && lost === 0, figure: `lives, ${lost} others lost` };
}

export const unheardErrors: readonly Row[] = [
  {
    id: 'R1',
    peer: 'sends one bad frame; nobody listens to `error`',
    must: 'the process lives, and others notice nothing',
    run: (library) => sendBadFrame(library, 'server'),
  },
  {
    id: 'R1b',
    peer: 'the same to a client',
    must: 'the process lives',
    run: (library) => sendBadFrame(library, 'client'),
  },
];
