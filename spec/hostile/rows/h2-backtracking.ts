import { switching, type Asked, RawServer } from '../../client/raw-server.js';
import { upgradeRequest } from '../../raw-peer.js';
import { happens, reach } from '../attack/attacker.js';
import type { Library } from '../library.js';
import type { Finding, Row, Scale } from '../row.js';
import { Victim } from '../victim.js';

/** Most CPU time that twice the length may take, in times of once. */
const BOUND = 2.3;
/** Tries, of which the cheapest counts: whatever else the machine does only adds. */
const TRIES = 2;
/** So much time is that of the request itself, and no length shows in it. */
const NOISE_MS = 3;

/** Values that make a careless parser try again and again, by field and length. */
const VALUES: Readonly<Record<string, (length: number) => string>> = {
  'Sec-WebSocket-Extensions': (length) => `b${' '.repeat(length)}x`,
  'sec-websocket-extensions': (length) => `a; b="${'\\c'.repeat(length / 2)}`,
  'SEC-WEBSOCKET-EXTENSIONS': (length) => `a${'; b'.repeat(length / 3)}`,
  'Sec-WebSocket-Protocol': (length) => `a${' '.repeat(length)}b`,
  'sec-websocket-protocol': (length) => 'a,'.repeat(length / 2),
  Connection: (length) => `x${', '.repeat(length / 4)}${' '.repeat(length / 2)}Upgrade x`,
  Upgrade: (length) => `x${', '.repeat(length / 4)}${' '.repeat(length / 2)}websocket`,
  Origin: (length) => `http://a${' '.repeat(length)}b`,
  'Sec-WebSocket-Key': (length) => `A${' '.repeat(length)}A`,
  'Sec-WebSocket-Version': (length) => `1${' '.repeat(length)}3`,
  Host: (length) => `a${':'.repeat(length)}`,
};

/** Sends a field of a length some times; gives the milliseconds of CPU that it took. */
type Cost = (name: string, length: number) => Promise<number>;

async function compare(
  victim: Victim,
  names: readonly string[],
  length: number,
  cost: Cost,
): Promise<Finding> {
  let worst = { ratio: 0, name: '' };
  for (const name of names) {
    const [once, twice]: [number[], number[]] = [[], []];
    await cost(name, 1_000);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      once.push(await cost(name, length));
      twice.push(await cost(name, 2 * length));
    }
    const ratio = (Math.min(...twice) + NOISE_MS) / (Math.min(...once) + NOISE_MS);
    if (ratio > worst.ratio) worst = { ratio, name };
    // The next one would take as long.
    if (ratio > BOUND) break;
  }
  await victim.end();
  return { held: worst.ratio <= BOUND, figure: `×${worst.ratio.toFixed(1)} at most (${worst.name})` };
}

/** Sends a request, and waits for the beginning of an answer. */
async function answered(port: number, request: string): Promise<void> {
  const socket = await reach(port);
  socket.resume().write(request);
  await happens(socket, ['data', 'close'], 60_000);
  socket.destroy();
}

const REQUESTS = 3;
const LONG_HEADERS = ['--max-http-header-size=262144'];

async function tryServer(library: Library, scale: Scale): Promise<Finding> {
  const victim = await Victim.listen(library, { behaviour: 'echo' }, LONG_HEADERS);
  return compare(victim, Object.keys(VALUES), scale === 'full' ? 32_000 : 16_000, async (name, length) => {
    const standard = /^(?:sec-websocket-extensions|sec-websocket-protocol)$/i.test(name)
      ? {}
      : { [name]: undefined };
    const request = upgradeRequest('/', { ...standard, [name]: VALUES[name]!(length) });
    const { cpuMs } = await victim.facts();
    for (let sent = 0; sent < REQUESTS; sent++) await answered(victim.port, request);
    return (await victim.facts()).cpuMs - cpuMs;
  });
}

async function tryClient(library: Library): Promise<Finding> {
  let field = '';
  const server = await RawServer.listen(({ socket, accept }: Asked) => {
    socket.end(switching({ accept }, `${field}\r\n`));
  });
  const victim = await Victim.start(library, { behaviour: 'echo' }, LONG_HEADERS);
  const options =
    library.name === 'hawser' ? { maxResponseHeaderBytes: 262_144 } : { maxHeaderSize: 262_144 };
  const names = Object.keys(VALUES).filter((name) => /^sec-websocket-(?:ext|prot)/i.test(name));
  const finding = await compare(victim, names, 8_000, async (name, length) => {
    field = `${name}: ${VALUES[name]!(length)}`;
    const { cpuMs, closed } = await victim.facts();
    for (let sent = 0; sent < REQUESTS; sent++) await victim.dial(server.url(), options);
    await victim.factsOnce((facts) => facts.closed >= closed + REQUESTS, 30_000);
    return (await victim.facts()).cpuMs - cpuMs;
  });
  await server.close();
  return finding;
}

const removal = {
  file: 'handshake/field-grammar.ts',
  code: 'return text.slice(start, end);',
  instead: "return text.replace(/[ \\t]+$/, '').replace(/^[ \\t]+/, '');",
};

export const backtracking: readonly Row[] = [
  {
    id: 'H2',
    peer: 'sends header values that make a parser try again and again, up to 64,000 octets long',
    must: `linear time: twice the length takes at most ${BOUND} times the CPU`,
    removal,
    run: tryServer,
  },
  {
    id: 'H2b',
    peer: 'answers a client with such, of 16,000 octets',
    must: 'the same',
    removal,
    run: tryClient,
  },
];
