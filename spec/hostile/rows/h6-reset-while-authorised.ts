import { upgradeRequest } from '../../raw-peer.js';
import { pause, reach } from '../attack/attacker.js';
import { ask } from '../attack/asking.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';

export const resetWhileAuthorised: Row = {
  id: 'H6',
  peer: 'sends a request and then RST, before, while and after it is authorised',
  must: 'no uncaught error, no socket left',
  removal: {
    file: 'server/upgrade-guard.ts',
    code: "stream.on('error', this.#streamOnGone);",
    instead: '',
  },
  async run(library, scale) {
    const count = scale === 'full' ? 3_000 : 300;
    const victim = await Victim.listen(library, {
      behaviour: 'echo',
      authorises: true,
      listensToErrors: false,
    });
    const { resources } = await victim.facts();
    const request = upgradeRequest('/after/60');
    const reset = async (index: number): Promise<void> => {
      const socket = await reach(victim.port);
      socket.write(request);
      await pause(2 * index);
      socket.resetAndDestroy();
    };
    try {
      for (let done = 0; done < count; done += 50)
        await Promise.all(Array.from({ length: 50 }, (_, index) => reset(index)));
    } catch (error) {
      if (victim.isAlive) throw error;
    }
    await pause(100);
    if (!victim.isAlive) {
      const { status, signal } = await victim.ended;
      return { held: false, figure: `exit ${status ?? String(signal)}` };
    }
    const { status } = await ask(victim.port, upgradeRequest());
    const sockets = (held: Readonly<Record<string, number>>): number => held['TCPSocketWrap'] ?? 0;
    const after = await victim.factsOnce(
      (facts) => facts.connections === 0 && sockets(facts.resources) <= sockets(resources),
      3_000,
    );
    const left = sockets(after.resources) - sockets(resources);
    await victim.end();
    return {
      held: status === 101 && after.connections === 0 && left <= 0,
      figure: `lives, ${left} sockets left of ${count}`,
    };
  },
};
