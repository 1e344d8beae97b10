import type { Socket } from 'node:net';
import { upgradeRequest } from '../../raw-peer.js';
import { pause, reach } from '../attack/attacker.js';
import { Hearing } from '../attack/hearing.js';
import { Bystanders } from '../bystanders.js';
import { Encounter, type Role } from '../encounter.js';
import type { Library } from '../library.js';
import type { Finding, Row, Scale } from '../row.js';
import { pathOf, type Place, type Who } from '../victims/places.js';

/** Is a place in which to fail, and what the peer has to see of it. */
interface Trial {
  readonly place: Place;
  /** Code of a Close, or the first line of a response. */
  readonly sees: number | string;
}

const FAILED = 'HTTP/1.1 500 Internal Server Error';
const ACCEPTED = 'HTTP/1.1 101 Switching Protocols';
const FORBIDDEN = 'HTTP/1.1 403 Forbidden';

function trials(who: Who, names: readonly string[], sees: Trial['sees']): Trial[] {
  return names.flatMap((what) =>
    (['throws', 'rejects'] as const).map((how) => ({ place: { who, how, what }, sees })),
  );
}

const IN_CONNECTIONS: readonly Trial[] = [
  ...trials('listener', ['text', 'binary', 'message', 'ping', 'pong', 'data'], 1011),
  ...trials('handler', ['connect', 'text', 'binary', 'ping', 'pong'], 1011),
  // The peer that says goodbye gets its answer, whatever comes of that here.
  ...trials('listener', ['closing', 'disconnect', 'end', 'finish', 'close'], 1000),
  ...trials('handler', ['close', 'disconnect'], 1000),
];

const AROUND_CONNECTIONS: readonly Trial[] = [
  ...trials('option', ['authorize', 'selectProtocol'], FAILED),
  ...trials('option', ['origins', 'clientAddress'], FAILED),
  ...trials('option', ['lookupPeerName'], ACCEPTED),
  ...trials('registry', ['rejected'], FORBIDDEN),
  ...trials('registry', ['connection'], 1011),
  ...trials('keepalive', ['ping', 'pong'], 1000),
];

/** Says all that makes a callback run; the Close only when nothing else has. Gives the code that is answered. */
async function provoke(encounter: Encounter, socket: Socket, patience: number): Promise<Trial['sees']> {
  const hearing = new Hearing(socket);
  const isClosing = (): boolean => hearing.closeCode !== undefined;
  for (const first of [0x81, 0x82, 0x89, 0x8a]) socket.write(encounter.frame(first, 'x'));
  if (!(await hearing.until(isClosing, patience))) {
    socket.write(encounter.frame(0x88, Buffer.from([0x03, 0xe8])));
    if (!(await hearing.until(isClosing, 3_000))) return 'silence';
  }
  // A client waits for its server to hang up.
  if (encounter.role === 'client') socket.end();
  return (await hearing.over(3_000)) ? hearing.closeCode! : 'no end';
}

/** Gives the first line of what an opening handshake is answered with. */
async function answerTo(port: number, path: string): Promise<string> {
  const socket = await reach(port);
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  const isRefused = path.endsWith('/rejected');
  socket.write(
    upgradeRequest(isRefused ? `${path}?no` : path, {
      'Sec-WebSocket-Protocol': 'chat',
      Origin: 'http://a.example',
    }),
  );
  await Promise.race([new Promise((resolve) => socket.on('data', resolve)), pause(1_000)]);
  socket.destroy();
  return Buffer.concat(received).toString('latin1').split('\r\n', 1)[0]!;
}

async function attempt(encounter: Encounter, { place, sees }: Trial): Promise<string> {
  const path = pathOf(place);
  const { port } = encounter.victim;
  // Long enough for a keepalive; everything else comes at once.
  const patience = place.who === 'keepalive' ? 700 : 150;
  const saw =
    typeof sees === 'string'
      ? await answerTo(port, path)
      : await provoke(encounter, await encounter.meet({ path }), patience);
  return saw === sees ? '' : `${path}: ${String(saw)}`;
}

/** Lets connections fail in places, each one in its own, and looks after the others. */
async function failEach(
  library: Library,
  role: Role,
  scale: Scale,
  chosen: readonly Trial[],
): Promise<Finding> {
  const encounter = await Encounter.begin(library, role, { behaviour: 'fail' });
  const { victim } = encounter;
  const others = role === 'client' ? 0 : scale === 'full' ? 1_000 : 50;
  const bystanders = others === 0 ? undefined : await Bystanders.open(victim.url, others, others);
  const wrong: string[] = [];
  try {
    for (const trial of chosen) wrong.push(await attempt(encounter, trial));
    const { connections } = await victim.factsOnce((facts) => facts.connections === others, 3_000);
    if (connections !== others) wrong.push(`${connections} connections instead of ${others}`);
    await bystanders?.trips();
    await pause(2 * others);
    const trips = await bystanders?.trips();
    if (trips !== undefined && (trips.lost > 0 || trips.count < others))
      wrong.push(`${trips.lost} others lost`);
  } catch (error) {
    await pause(100);
    if (victim.isAlive) throw error;
  }
  const ending = victim.isAlive ? undefined : await victim.ended;
  await bystanders?.end();
  await encounter.end();
  if (ending !== undefined) return { held: false, figure: `exit ${ending.status ?? String(ending.signal)}` };
  const failures = wrong.filter((what) => what !== '');
  return {
    held: failures.length === 0,
    figure: failures.join('; ') || `${chosen.length} callbacks fail, ${others} others go on`,
  };
}

export const failingCallbacks: readonly Row[] = [
  {
    id: 'R2',
    peer: 'a listener, or the handler, throws, or is asynchronous and rejects: each event in turn',
    must: 'that connection closes with 1011; a thousand others go on',
    run: (library, scale) => failEach(library, 'server', scale, IN_CONNECTIONS),
  },
  {
    id: 'R2b',
    peer: 'the same in a client',
    must: 'that connection closes with 1011; the process lives',
    run: (library, scale) => failEach(library, 'client', scale, IN_CONNECTIONS),
  },
  {
    id: 'R2c',
    peer: 'an option that is a function, a listener of the registry or of the keepalive throws or rejects',
    must: '500 before the connection is open, 1011 after; a thousand others go on',
    run: (library, scale) => failEach(library, 'server', scale, AROUND_CONNECTIONS),
  },
];
