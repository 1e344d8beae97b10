import { Audience } from '../audience.js';
import { pause } from '../attack/attacker.js';
import type { Library } from '../library.js';
import type { Finding, Row, Scale } from '../row.js';
import { Victim } from '../victim.js';

/** Milliseconds behind the deadline. */
const LATE = 500;

async function drain(library: Library, scale: Scale): Promise<Finding> {
  const count = scale === 'full' ? 5_000 : 500;
  const timeout = scale === 'full' ? 5_000 : 1_500;
  const victim = await Victim.listen(library, { behaviour: 'count' });
  const audience = await Audience.open(victim.port, count, 10);
  await victim.factsOnce(({ connections }) => connections === count);
  const took = await victim.ask<number>('drain', { code: 1001, timeout });
  await pause(200);
  const { codes, readers, stalled } = await audience.heard();
  const { connections } = await victim.facts();
  await audience.end();
  await victim.end();
  const saw = codes['1001'] ?? 0;
  return {
    held: took <= timeout + LATE && saw === readers && connections === 0 && stalled === count / 10,
    figure: `${(took / 1_000).toFixed(1)} s of ${timeout / 1_000} s, ${saw} of ${readers} saw 1001`,
  };
}

export const drainage: Row = {
  id: 'R10',
  peer: 'one in ten of 5,000 has stopped reading when the server drains, with 5 s to do so',
  must: 'done by the deadline + 0.5 s; all who read saw 1001',
  run: drain,
};
