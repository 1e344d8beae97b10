import { framesOf } from '../../conformance/oracle/peer-frames.js';
import { Encounter, type Role } from '../encounter.js';
import type { Row } from '../row.js';
import { commitEach, tally, type Offence } from '../verdicts.js';

const RESERVED = [0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf];

function headers(role: Role): Offence[] {
  return RESERVED.flatMap((opcode) =>
    [2n ** 24n, 2n ** 32n + 1n, 2n ** 62n].map((length) => ({
      name: `opcode ${opcode.toString(16)}, ${length} octets`,
      pieces: [framesOf(role, [{ opcode, length }])],
      code: 1002,
    })),
  );
}

export const reservedOpcodes: readonly Row[] = (['server', 'client'] as const).map((role) => ({
  id: role === 'server' ? 'F2' : 'F2b',
  peer: `sends reserved opcodes with huge lengths${role === 'client' ? ' to a client' : ''}`,
  must: '1002 before any payload',
  removal: {
    file: 'protocol/frame-parser.ts',
    code: 'if (opcode > Opcode.BINARY) throw violation.reservedOpcode(opcode);',
    instead: '',
  },
  async run(library) {
    const encounter = await Encounter.begin(library, role, { behaviour: 'count' });
    const offences = headers(role);
    const wrong = await commitEach(encounter, offences);
    await encounter.end();
    return { held: wrong.length === 0, figure: tally(offences.length, wrong) };
  },
}));
