import { ANNOUNCEMENTS, FINE } from '../../conformance/oracle/announced-lengths.js';
import { framesOf, type FrameSketch } from '../../conformance/oracle/peer-frames.js';
import { Encounter, type Role } from '../encounter.js';
import { inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Row } from '../row.js';
import { commitEach, tally, type Offence } from '../verdicts.js';

const REFUSED = ANNOUNCEMENTS.filter(({ verdict }) => verdict !== FINE);

/** Lists headers, with nothing behind them: of a message, and of a fragment that adds to another. */
function headers(role: Role): Offence[] {
  const before: Record<string, readonly FrameSketch[]> = {
    message: [],
    fragment: [{ opcode: 2, fin: false, payload: 'x' }],
  };
  return REFUSED.flatMap(({ bits, length, verdict }) =>
    Object.entries(before).map(([kind, frames]) => {
      const last = { opcode: frames.length === 0 ? 2 : 0, lengthBits: bits, length };
      return {
        name: `${kind} of ${length} in ${bits} bits`,
        pieces: [framesOf(role, [...frames, last])],
        code: Number(verdict.slice(-4)),
      };
    }),
  );
}

export const lengths: readonly Row[] = (['server', 'client'] as const).map((role) => ({
  id: role === 'server' ? 'F1' : 'F1b',
  peer: `announces lengths that are too long, have the top bit set, or are not minimal${role === 'client' ? ', to a client' : ''}`,
  must: '1002 or 1009 from the header alone, +8 MiB at most for all',
  async run(library) {
    const encounter = await Encounter.begin(library, role, { behaviour: 'count' });
    // So that what is measured is not the first connection.
    (await encounter.meetMany(50)).forEach((socket) => socket.destroy());
    const before = encounter.victim.memory().resident;
    const offences = headers(role);
    const wrong = await commitEach(encounter, offences);
    const growth = encounter.victim.memory().peak - before;
    await encounter.end();
    return {
      held: wrong.length === 0 && growth <= 8 * MEBIBYTE,
      figure: `${tally(offences.length, wrong)}, +${inMebibytes(growth)}`,
    };
  },
}));
