import { mayBeOnTheWire } from '../../conformance/oracle/close-codes.js';
import { Hearing } from '../attack/hearing.js';
import { Encounter, type Role } from '../encounter.js';
import type { Library } from '../library.js';
import type { Finding, Row, Scale } from '../row.js';

/** Is a body of a Close, and the code of the answer. */
interface Trial {
  readonly body: Buffer;
  readonly answer: number;
}

const AT_ONCE = 32;
/** Codes at which something begins or ends. */
const EDGES = [0, 1, 999, 1000, 1004, 1005, 1006, 1007, 1011, 1012, 1014, 1015, 1016, 1100, 2000, 2999, 3000];
const MORE_EDGES = [3001, 3999, 4000, 4999, 5000, 5001, 32_767, 32_768, 65_534, 65_535];

function bodyOf(code: number, ...reason: readonly number[]): Buffer {
  return Buffer.from([code >> 8, code & 0xff, ...reason]);
}

function trials(scale: Scale): Trial[] {
  const all = Array.from({ length: 65_536 }, (_, code) => code);
  const codes = scale === 'full' ? all : [...EDGES, ...MORE_EDGES, ...all.filter((code) => code % 499 === 0)];
  return [
    ...codes.map((code) => ({ body: bodyOf(code), answer: mayBeOnTheWire(code) ? code : 1002 })),
    { body: Buffer.alloc(0), answer: 1005 },
    { body: Buffer.from([0x03]), answer: 1002 },
    { body: bodyOf(1000, 0xc3, 0x28), answer: 1007 },
    { body: bodyOf(1000, 0xed, 0xa0, 0x80), answer: 1007 },
    { body: bodyOf(1000, 0xe2, 0x82), answer: 1007 },
    { body: bodyOf(4000, ...Buffer.from('grüße')), answer: 4000 },
  ];
}

async function closeWithEach(library: Library, role: Role, scale: Scale): Promise<Finding> {
  const encounter = await Encounter.begin(library, role, { behaviour: 'count' });
  const wrong: string[] = [];
  const rest = trials(scale);
  const count = rest.length;
  const work = async (): Promise<void> => {
    for (let trial = rest.pop(); trial !== undefined; trial = rest.pop()) {
      const socket = await encounter.meet();
      const hearing = new Hearing(socket);
      socket.write(encounter.frame(0x88, trial.body));
      await hearing.until(() => hearing.closeCode !== undefined, 5_000);
      const { closeCode } = hearing;
      if (closeCode !== trial.answer) wrong.push(`${trial.body.toString('hex')}: ${String(closeCode)}`);
      socket.destroy();
    }
  };
  // A client's connections come in the order of their requests: one at a time.
  await Promise.all(Array.from({ length: role === 'server' ? AT_ONCE : 1 }, work));
  const { closed } = await encounter.victim.factsOnce((facts) => facts.closed === count, 10_000);
  await encounter.end();
  return {
    held: wrong.length === 0 && closed === count,
    figure:
      wrong.length === 0
        ? `${count} as they should`
        : `${wrong.length} wrong: ${wrong.slice(0, 3).join(', ')}`,
  };
}

const PEER = 'closes with each code from 0 to 65,535, a body of one octet, a reason that is no UTF-8';
const MUST = 'the code is echoed, or answered with 1002 or 1007';
const removal = {
  file: 'protocol/close-frame.ts',
  code: ' && (code <= 1003 || code >= 1007)',
  instead: '',
};

export const closeCodes: readonly Row[] = [
  {
    id: 'C4',
    peer: PEER,
    must: MUST,
    removal,
    run: (library, scale) => closeWithEach(library, 'server', scale),
  },
  {
    id: 'C4b',
    peer: 'the same to a client',
    must: MUST,
    removal,
    run: (library, scale) => closeWithEach(library, 'client', scale),
  },
];
