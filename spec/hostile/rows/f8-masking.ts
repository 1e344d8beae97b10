import { framesOf } from '../../conformance/oracle/peer-frames.js';
import { HostileServer, serverFrame } from '../attack/hostile-server.js';
import { Encounter, type Role } from '../encounter.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';
import { commitEach, tally, type Offence } from '../verdicts.js';

/** Makes frames as the other role has to send them, so that they are masked where they must not be, or the reverse. */
function offences(role: Role): Offence[] {
  const wrong = role === 'server' ? 'client' : 'server';
  const inside = framesOf(role, [{ opcode: 1, fin: false, payload: 'x' }]);
  const frames = [0x1, 0x2, 0x8, 0x9, 0xa].map((opcode) => ({ opcode, payload: opcode === 8 ? '' : 'x' }));
  return [
    ...frames.map((frame) => ({
      name: `opcode ${frame.opcode}`,
      pieces: [framesOf(wrong, [frame])],
      code: 1002,
    })),
    {
      name: 'a continuation',
      pieces: [inside, framesOf(wrong, [{ opcode: 0, payload: 'x' }])],
      code: 1002,
    },
    // The first two octets tell.
    { name: 'two octets', pieces: [framesOf(wrong, [frames[1]!]).subarray(0, 2)], code: 1002 },
  ];
}

const wrongMasks: readonly Row[] = (['server', 'client'] as const).map((role) => ({
  id: role === 'server' ? 'F8' : 'F8b',
  peer: role === 'server' ? 'does not mask' : 'masks what it sends to a client',
  must: '1002',
  removal: {
    file: 'protocol/frame-parser.ts',
    code: 'if (masked !== this.#masked) throw masked ? violation.maskedFrame() : violation.unmaskedFrame();',
    instead: '',
  },
  async run(library) {
    const encounter = await Encounter.begin(library, role, { behaviour: 'count' });
    const all = offences(role);
    const wrong = await commitEach(encounter, all);
    await encounter.end();
    return { held: wrong.length === 0, figure: tally(all.length, wrong) };
  },
}));

/** Reads the masking keys of frames that have fewer than 126 octets each. */
function keysOf(wire: Buffer): string[] {
  const keys: string[] = [];
  for (let at = 0; at + 6 <= wire.length; at += 6 + (wire[at + 1]! & 0x7f))
    keys.push(wire.toString('hex', at + 2, at + 6));
  return keys;
}

const maskingKeys: Row = {
  id: 'F8c',
  peer: 'reads the masking keys of our client, in a process where `Math.random` gives always the same',
  must: 'no two the same, but by the birthday paradox',
  removal: {
    file: 'protocol/mask.ts',
    code: 'randomFillSync(keyPool);',
    instead: 'for (let i = 0; i < keyPool.length; i++) keyPool[i] = Math.random() * 2 ** 32;',
  },
  async run(library, scale) {
    const count = scale === 'full' ? 100_000 : 5_000;
    const server = await HostileServer.listen();
    const victim = await Victim.start(library, { behaviour: 'echo' }, [
      '--import=data:text/javascript,Math.random=()=>0.5',
    ]);
    const next = server.next();
    await victim.dial(server.url());
    const { socket, accept } = await next;
    accept();
    const received: Buffer[] = [];
    let octets = 0;
    // An echo of one octet has seven.
    const all = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        received.push(chunk);
        octets += chunk.length;
        if (octets >= 7 * count) resolve();
      });
      socket.on('close', () => resolve());
    });
    socket.resume().write(Buffer.concat(Array.from({ length: count }, () => serverFrame(0x82, 'x'))));
    await all;
    await victim.end();
    await server.end();
    const keys = keysOf(Buffer.concat(received));
    const different = new Set(keys).size;
    // Two of 100,000 random ones are the same in every third try or so more than once; ten never.
    return {
      held: keys.length === count && different > count - 10,
      figure: `${different} of ${keys.length} different`,
    };
  },
};

export const masking: readonly Row[] = [...wrongMasks, maskingKeys];
