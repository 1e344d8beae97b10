import { framesOf } from '../../conformance/oracle/peer-frames.js';
import { Hearing } from '../attack/hearing.js';
import { Encounter, type Role } from '../encounter.js';
import type { Row } from '../row.js';
import { commitEach, tally, type Offence } from '../verdicts.js';

const PONGS = 500;

function offences(role: Role): Offence[] {
  const inside = framesOf(role, [{ opcode: 1, fin: false, payload: 'x' }]);
  return [0x8, 0x9, 0xa].flatMap((opcode) => [
    { name: `a fragment of ${opcode}`, pieces: [framesOf(role, [{ opcode, fin: false }])], code: 1002 },
    {
      name: `a fragment of ${opcode} in a message`,
      pieces: [inside, framesOf(role, [{ opcode, fin: false, payload: 'x' }])],
      code: 1002,
    },
    ...[126n, 65_536n, 2n ** 62n].map((length) => ({
      name: `${opcode} of ${length} octets`,
      pieces: [framesOf(role, [{ opcode, length }])],
      code: 1002,
    })),
  ]);
}

/** Sends pongs that nobody asked for, and a message among them; tells whether it came back and nothing else. */
async function ignoresPongs(encounter: Encounter): Promise<boolean> {
  const socket = await encounter.meet();
  const hearing = new Hearing(socket);
  const pong = { opcode: 0xa, payload: 'nobody asked' };
  const pongs = Array.from({ length: PONGS }, () => pong);
  socket.write(framesOf(encounter.role, [...pongs, { opcode: 2, payload: 'x' }]));
  await hearing.until(() => hearing.frames.length > 0);
  return hearing.frames.length === 1 && hearing.frames[0]!.payload.toString() === 'x';
}

export const controlFrames: readonly Row[] = (['server', 'client'] as const).map((role) => ({
  id: role === 'server' ? 'F3' : 'F3b',
  peer: `sends ${role === 'client' ? 'a client ' : ''}control frames in fragments or of more than 125 octets; pongs unasked`,
  must: '1002; ignored',
  removal: {
    file: 'protocol/frame-parser.ts',
    code: 'if ((first & 0x80) === 0) throw violation.fragmentedControlFrame();',
    instead: '',
  },
  async run(library) {
    const encounter = await Encounter.begin(library, role, { behaviour: 'echo' });
    const all = offences(role);
    const wrong = await commitEach(encounter, all);
    const ignores = await ignoresPongs(encounter);
    await encounter.end();
    return {
      held: wrong.length === 0 && ignores,
      figure: `${tally(all.length, wrong)}; pongs ${ignores ? 'ignored' : 'not ignored'}`,
    };
  },
}));
