import { framesOf } from '../../conformance/oracle/peer-frames.js';
import { ROWS as SEQUENCES, judge } from '../../conformance/oracle/utf8-table.js';
import { Encounter, type Role } from '../encounter.js';
import type { Row } from '../row.js';
import { commitEach, tally, type Offence } from '../verdicts.js';

/** Lists octets with which no text can go on, each behind all that may stand before it. */
function wrongSequences(): number[][] {
  const wrong = SEQUENCES.flatMap((ranges) =>
    ranges.flatMap(([lowest, highest], place) => {
      const before = ranges.slice(0, place).map(([low]) => low);
      return [lowest - 1, highest + 1].map((octet) => [...before, octet]);
    }),
  );
  // The neighbour of a range may be in another one.
  return wrong.filter((octets) => octets.every((octet) => octet >= 0) && judge(octets).wrongAt !== undefined);
}

/** Cuts a text that goes on behind the wrong octet, but of which nothing more comes. */
function offences(role: Role): Offence[] {
  return wrongSequences().flatMap((sequence) => {
    const text = Buffer.from([0x6f, 0x6b, 0xc3, 0xbc, ...sequence]);
    const name = text.toString('hex');
    // 1,000 octets more are announced; with the key 0, those that come are themselves.
    const payload = text.toString('latin1');
    const begun = framesOf(role, [{ opcode: 1, payload: payload + 'x'.repeat(1_000), key: '00000000' }]);
    const whole = begun.subarray(0, begun.length - 1_000);
    const header = whole.length - text.length;
    const octets = [...whole.subarray(header)].map((octet) => Buffer.from([octet]));
    const fragments = [...payload].map((octet, index) =>
      framesOf(role, [{ opcode: index === 0 ? 1 : 0, fin: false, payload: octet }]),
    );
    return [
      { name: `${name} in one packet`, pieces: [whole], code: 1007 },
      { name: `${name} in packets of one octet`, pieces: [whole.subarray(0, header), ...octets], code: 1007 },
      { name: `${name} in fragments of one octet`, pieces: fragments, code: 1007 },
    ];
  });
}

export const invalidText: readonly Row[] = (['server', 'client'] as const).map((role) => ({
  id: role === 'server' ? 'F9' : 'F9b',
  peer: `sends ${role === 'client' ? 'a client ' : ''}text that is no UTF-8, cut at every octet, and no end of the message`,
  must: '1007 at the first wrong octet',
  async run(library) {
    const encounter = await Encounter.begin(library, role, { behaviour: 'count' });
    const all = offences(role);
    const wrong = await commitEach(encounter, all);
    await encounter.end();
    return { held: wrong.length === 0, figure: tally(all.length, wrong) };
  },
}));
