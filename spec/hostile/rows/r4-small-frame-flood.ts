import { clientFrame } from '../attack/attacker.js';
import { Companion } from '../companion.js';
import { Bystanders } from '../bystanders.js';
import type { Library } from '../library.js';
import type { Finding, Row, Scale } from '../row.js';
import { Victim } from '../victim.js';

/** Milliseconds of the 99th percentile that others may wait. */
const BOUND = 10;
/** Tries until one is within the bound: the machine has other things to do as well. */
const TRIES = 5;

/** Floods a victim with one kind of frame, from a process of its own, and asks the well-behaved how it was. */
async function tripsUnderFlood(library: Library, frame: Buffer, scale: Scale): Promise<Finding> {
  const victim = await Victim.listen(library, { behaviour: 'echo' });
  const bystanders = await Bystanders.open(victim.url);
  const attacker = new Companion('attack/flooder', { port: victim.port, hex: frame.toString('hex') });
  await attacker.ask('begin');
  let best = Infinity;
  for (let attempt = 0; attempt < TRIES && !(best < BOUND); attempt++) {
    await bystanders.trips();
    await new Promise((resolve) => setTimeout(resolve, scale === 'full' ? 5_000 : 1_500));
    const { p99, lost } = await bystanders.trips();
    if (lost > 0) break;
    best = Math.min(best, p99);
  }
  await attacker.end();
  await bystanders.end();
  await victim.end();
  return { held: best < BOUND, figure: best === Infinity ? 'others lost' : `p99 ${best.toFixed(1)} ms` };
}

export const smallFrameFloods: readonly Row[] = [
  { id: 'R4', what: 'pongs', frame: clientFrame(0x8a) },
  { id: 'R4b', what: 'empty texts', frame: clientFrame(0x81) },
].map(({ id, what, frame }) => ({
  id,
  peer: `floods frames of six octets: ${what}`,
  must: `round trips of others: p99 below ${BOUND} ms`,
  run: (library, scale) => tripsUnderFlood(library, frame, scale),
}));
