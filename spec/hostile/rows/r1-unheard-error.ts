import { clientFrame, upgraded } from '../attack/attacker.js';
import { Bystanders } from '../bystanders.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';

export const unheardError: Row = {
  id: 'R1',
  peer: 'sends one bad frame; nobody listens to `error`',
  must: 'the process lives, and others notice nothing',
  async run(library) {
    const victim = await Victim.listen(library, { behaviour: 'echo', listensToErrors: false });
    const bystanders = await Bystanders.open(victim.url);
    const socket = await upgraded(victim.port);
    socket.resume().write(clientFrame(0xf1, 'RSV1 to RSV3 are set'));
    const ending = await Promise.race([
      victim.ended,
      victim.factsOnce(({ closed }) => closed > 0, 5_000).catch(() => victim.ended),
    ]);
    const lost = victim.isAlive ? (await bystanders.trips()).lost : NaN;
    socket.destroy();
    await bystanders.end();
    await victim.end();
    if ('status' in ending) return { held: false, figure: `exit ${ending.status ?? String(ending.signal)}` };
    return { held: ending.closed === 1 && lost === 0, figure: `lives, ${lost} others lost` };
  },
};
