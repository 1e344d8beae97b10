import type { Socket } from 'node:net';
import { upgradeRequest } from '../../raw-peer.js';
import { clientFrame, happens, pause, reach } from '../attack/attacker.js';
import { HostileServer, serverFrame } from '../attack/hostile-server.js';
import type { Library } from '../library.js';
import type { Finding, Row } from '../row.js';
import { Victim } from '../victim.js';
import type { Facts } from '../victims/orders.js';

const AT_ONCE = 16;

/** Makes a ping, a text in two fragments and a Close. */
function talk(frame: (first: number, payload: Buffer | string) => Buffer): Buffer {
  return Buffer.concat([
    frame(0x01, 'one '),
    frame(0x89, 'there?'),
    frame(0x80, 'message'),
    frame(0x88, Buffer.from([0x03, 0xe8])),
  ]);
}

/** Resets each of some connections: one behind each octet of what it was to say. */
async function resetEach(octets: number, reset: (count: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next <= octets) await reset(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/**
 * Says so many octets of a handshake and what follows, and resets the connection: at once, or in a while, or (that is
 * what most do once the handshake is done) when the victim has answered.
 */
async function sayAndReset(socket: Socket, octets: Buffer, handshake: number): Promise<void> {
  socket.resume();
  const answered = happens(socket, ['data', 'close'], octets.length < handshake ? 0 : 1_000);
  if (octets.length > 0) await new Promise((resolve) => socket.write(octets, resolve));
  await (octets.length % 4 === 0 ? pause(octets.length % 3) : answered);
  socket.resetAndDestroy();
}

/** Tells what is wrong at the end, when nobody is connected any more. */
function verdict(victim: Victim, facts: Facts | undefined, resets: number): Finding {
  if (facts === undefined) return { held: false, figure: 'the process is gone' };
  const { opened, closed, connections, events } = facts;
  const again = Object.keys(events).filter((event) => event.endsWith(' again'));
  const wrong = [
    ...again,
    closed === opened && connections === 0 ? '' : `${closed} of ${opened} closed`,
    victim.isAlive ? '' : 'the process is gone',
  ].filter((what) => what !== '');
  return {
    held: wrong.length === 0,
    figure: wrong.join('; ') || `${resets} resets, ${opened} connections, ${closed} times one close`,
  };
}

async function attempt(victim: Victim, attack: () => Promise<number>, opened: number): Promise<Finding> {
  let resets = 0;
  const facts = await attack()
    .then((count) => {
      resets = count;
      return victim.factsOnce((found) => found.opened >= opened && found.closed === found.opened);
    })
    .catch(() => undefined);
  const finding = verdict(victim, facts, resets);
  await victim.end();
  return finding;
}

async function resetServer(library: Library): Promise<Finding> {
  const victim = await Victim.listen(library, { behaviour: 'echo' });
  const handshake = Buffer.from(upgradeRequest(), 'latin1');
  const octets = Buffer.concat([handshake, talk(clientFrame)]);
  const attack = async (): Promise<number> => {
    await resetEach(octets.length, async (count) =>
      sayAndReset(await reach(victim.port), octets.subarray(0, count), handshake.length),
    );
    return octets.length + 1;
  };
  // Of those that got as far as that, most have seen an answer.
  return attempt(victim, attack, (octets.length - handshake.length) / 2);
}

async function resetClient(library: Library): Promise<Finding> {
  const victim = await Victim.start(library, { behaviour: 'echo' });
  const server = await HostileServer.listen();
  let octets = 1;
  const attack = async (): Promise<number> => {
    for (let count = 0; count <= octets; count++) {
      const next = server.next();
      await victim.dial(server.url());
      const arrival = await next;
      const handshake = Buffer.from(arrival.response(), 'latin1');
      const all = Buffer.concat([handshake, talk(serverFrame)]);
      octets = all.length;
      // It is only to what follows its answer that a client says something.
      await sayAndReset(arrival.socket, all.subarray(0, count), handshake.length + 20);
    }
    return octets + 1;
  };
  const finding = await attempt(victim, attack, 100);
  await server.end();
  return finding;
}

const MUST = 'exactly one `close`, at most one `error`, the process lives';

export const resets: readonly Row[] = [
  {
    id: 'R8',
    peer: 'sends RST behind each octet of its handshake and its frames',
    must: MUST,
    removal: {
      file: 'connection/bound-stream.ts',
      code: "stream.on('error', streamOnError);",
      instead: '',
    },
    run: (library) => resetServer(library),
  },
  {
    id: 'R8b',
    peer: 'the same to a client',
    must: MUST,
    removal: {
      file: 'connection/bound-stream.ts',
      code: "stream.on('error', streamOnError);",
      instead: '',
    },
    run: (library) => resetClient(library),
  },
];
