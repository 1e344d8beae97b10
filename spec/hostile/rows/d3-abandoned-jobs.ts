import { isDeepStrictEqual } from 'node:util';
import { constants, deflateRawSync } from 'node:zlib';
import { Chance } from '../../chance.js';
import { pause } from '../attack/attacker.js';
import { Hearing } from '../attack/hearing.js';
import { Encounter, type Role } from '../encounter.js';
import type { Library } from '../library.js';
import type { Finding, Row, Scale } from '../row.js';
import type { Facts } from '../victims/orders.js';

const FIELDS = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
/** Milliseconds after which a peer goes away at the latest: the jobs take about as long. */
const LATEST = 40;
const AT_ONCE = 6;
const SEED = 1;

/** Makes a message that is worked on in the thread pool, both ways. */
function payload(): Buffer {
  const words = Array.from({ length: 200_000 }, (_, index) => `${(index * 2_654_435_761) % 65_536} `);
  return deflateRawSync(words.join(''), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** Tells whether a victim still sends back what a peer says that goes on to listen. */
async function isServed(encounter: Encounter, message: Buffer): Promise<boolean> {
  const socket = await encounter.meet({ fields: FIELDS });
  const hearing = new Hearing(socket);
  socket.write(message);
  const isAnswered = await hearing.until(() => hearing.frames.length > 0, 10_000);
  socket.resetAndDestroy();
  return isAnswered;
}

async function leaveJobs(library: Library, role: Role, scale: Scale): Promise<Finding> {
  const options = { perMessageDeflate: true };
  const encounter = await Encounter.begin(library, role, { behaviour: 'echo', options });
  const { victim } = encounter;
  const message = encounter.frame(0xc1, payload());
  const random = new Chance(SEED);
  const rounds = scale === 'full' ? 100 : 12;
  // Once, so that all is in place.
  await isServed(encounter, message);
  const { resources } = await victim.factsOnce(({ connections }) => connections === 0);
  for (let round = 0; round < rounds; round++) {
    for (const socket of await encounter.meetMany(AT_ONCE, { fields: FIELDS })) {
      socket.resume().write(message);
      setTimeout(() => socket.resetAndDestroy(), random.between(0, LATEST));
    }
    await pause(random.between(0, LATEST));
    // Nobody sees that a peer goes while its octets wait: so here it is us that end it.
    if (round % 2 === 0) await victim.ask('terminate');
  }
  const isAnswered = await isServed(encounter, message);
  const isIdle = (facts: Facts): boolean =>
    facts.connections === 0 && isDeepStrictEqual(facts.resources, resources);
  const facts = await victim.factsOnce(isIdle, 20_000);
  await encounter.end();
  const wrong = [
    isAnswered ? '' : 'nobody is served any more',
    facts.closed === facts.opened ? '' : `${facts.closed} of ${facts.opened} closed`,
    facts.events['close again'] === undefined ? '' : 'closed twice',
    isIdle(facts) ? '' : `left: ${JSON.stringify(facts.resources)}`,
  ].filter((what) => what !== '');
  return { held: wrong.length === 0, figure: wrong.join('; ') || `${facts.opened} gone, nothing left` };
}

const removal = {
  file: 'compression/inflation.ts',
  code: 'waiter?.reject(this.#failure);',
  instead: 'void waiter;',
};
const MUST = 'every job settles, none leaks: others are served, no handle is left';

export const abandonedJobs: readonly Row[] = [
  {
    id: 'D3',
    peer: 'goes away at any moment while its message is inflated, or the answer compressed',
    must: MUST,
    removal,
    run: (library, scale) => leaveJobs(library, 'server', scale),
  },
  {
    id: 'D3b',
    peer: 'the same to a client',
    must: MUST,
    removal,
    run: (library, scale) => leaveJobs(library, 'client', scale),
  },
];
