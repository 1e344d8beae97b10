import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { upgradeRequest } from '../../raw-peer.js';
import { clientFrame, happens, reach } from '../attack/attacker.js';
import { Hearing } from '../attack/hearing.js';
import { HostileServer, serverFrame } from '../attack/hostile-server.js';
import type { Library } from '../library.js';
import type { Finding, Row } from '../row.js';
import { Victim } from '../victim.js';
import type { Facts } from '../victims/orders.js';

const NAMES = ['server_max_window_bits', 'client_max_window_bits'] as const;
/** What stands behind the name. Quoted numbers are numbers (RFC 7692 §7.1.2 with RFC 6455 §9.1). */
const VALUES = [
  '',
  '=0',
  '=7',
  '=8',
  '=9',
  '="9"',
  '=15',
  '="15"',
  '=16',
  '=1000',
  '=-9',
  '=09',
  '=9.5',
  '=9=9',
];
const MORE_VALUES = ['=', '="', '="9', '=0x9', '=99999999999999999999', '=__proto__', '=NaN', '=15,15'];

/** Makes each parameter with each value, and each one twice. */
const PARAMETERS: readonly string[] = NAMES.flatMap((name) => [
  ...[...VALUES, ...MORE_VALUES].map((value) => `${name}${value}`),
  `${name}=9; ${name}=9`,
  `${name}=9; ${name}=15`,
  `${name}; ${name}`,
]);

/** Holds what only a window of more than 2⁹ octets can refer back to. */
const TEXT = Buffer.from(`${'far away. '.repeat(9)}${'0123456789'.repeat(90)}`.repeat(3));

/** Reads the window of the victim's role out of what was agreed on; undefined when nothing was. */
function windowOf(agreed: string | undefined, name: string): number | undefined {
  if (agreed === undefined) return undefined;
  return Number(new RegExp(`${name}="?(\\d+)`).exec(agreed)?.[1] ?? 15);
}

/** Lets the victim send a message back, and reads it with the window that was agreed on, and no larger one. */
async function echoes(
  hearing: Hearing,
  write: (message: Buffer) => void,
  frame: (first: number, payload: Buffer) => Buffer,
  windows: { read: number; write: number },
): Promise<string> {
  const windowBits = Math.max(9, windows.write);
  const compressed = deflateRawSync(TEXT, { windowBits, finishFlush: constants.Z_SYNC_FLUSH }).subarray(
    0,
    -4,
  );
  write(frame(0xc1, compressed));
  if (!(await hearing.until(() => hearing.frames.length > 0, 2_000))) return 'no echo';
  const { first, payload } = hearing.frames[0]!;
  if (first === 0x81) return payload.equals(TEXT) ? '' : 'other echo';
  if (first !== 0xc1) return `closed with ${String(hearing.closeCode)}`;
  const whole = Buffer.concat([payload, Buffer.from('0000ffff', 'hex')]);
  const options = { windowBits: Math.max(9, windows.read), finishFlush: constants.Z_SYNC_FLUSH };
  try {
    return inflateRawSync(whole, options).equals(TEXT) ? '' : 'other echo';
  } catch (error) {
    return (error as Error).message;
  }
}

async function offer(port: number, parameters: string): Promise<string> {
  const socket = await reach(port);
  const fields = { 'Sec-WebSocket-Extensions': `permessage-deflate; ${parameters}` };
  socket.write(upgradeRequest('/', fields));
  let head = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => (head = Buffer.concat([head, chunk])));
  while (!head.includes('\r\n\r\n') && !socket.destroyed) await happens(socket, ['data', 'close'], 2_000);
  const answer = head.toString('latin1');
  try {
    if (answer.startsWith('HTTP/1.1 400 ')) return '';
    if (!answer.startsWith('HTTP/1.1 101 ')) return `answered with ${answer.split('\r\n', 1)[0]!}`;
    const agreed = /^sec-websocket-extensions: *(.*)\r$/im.exec(answer)?.[1];
    if (agreed === undefined) return '';
    const windows = {
      read: windowOf(agreed, 'server_max_window_bits')!,
      write: windowOf(agreed, 'client_max_window_bits')!,
    };
    if ([windows.read, windows.write].some((bits) => bits < 8 || bits > 15)) return `agreed on ${agreed}`;
    return await echoes(new Hearing(socket), (message) => socket.write(message), clientFrame, windows);
  } finally {
    socket.destroy();
  }
}

async function offerAll(library: Library): Promise<Finding> {
  const options = { perMessageDeflate: library.name === 'hawser' ? { threshold: 0 } : true };
  const victim = await Victim.listen(library, { behaviour: 'echo', options });
  const wrong: string[] = [];
  for (const parameters of PARAMETERS) {
    const problem = await offer(victim.port, parameters).catch((error: unknown) => String(error));
    if (problem !== '') wrong.push(`${parameters}: ${problem}`);
  }
  return conclude(victim, wrong);
}

/** What a server may say of a window: a number, which it may quote. */
const ACCEPTABLE = /^\w+=("?)([89]|1[0-5])\1$/;

/** Lets the victim's client get an answer with these parameters; tells what is wrong with what it makes of it. */
async function accept(victim: Victim, server: HostileServer, parameters: string): Promise<string> {
  const before = await victim.facts();
  const next = server.next();
  await victim.dial(server.url());
  const arrival = await next;
  const hearing = new Hearing(arrival.socket);
  const agreed = `permessage-deflate; ${parameters}`;
  arrival.accept({ 'Sec-WebSocket-Extensions': agreed });
  const connects = ({ events }: Facts): number => events['connect'] ?? 0;
  const facts = await victim.factsOnce(
    (now) => now.closed > before.closed || connects(now) > connects(before),
    2_000,
  );
  const isOpen = connects(facts) > connects(before);
  const bits = ACCEPTABLE.exec(parameters)?.[2];
  try {
    if (!isOpen) return facts.closed > before.closed && (bits === undefined || bits === '8') ? '' : 'refused';
    if (bits === undefined) return 'taken';
    const windows = {
      read: windowOf(agreed, 'client_max_window_bits')!,
      write: windowOf(agreed, 'server_max_window_bits')!,
    };
    return await echoes(hearing, (message) => arrival.socket.write(message), serverFrame, windows);
  } finally {
    arrival.socket.destroy();
    await victim.factsOnce((now) => now.closed === now.opened, 2_000);
  }
}

async function acceptAll(library: Library): Promise<Finding> {
  const options = { perMessageDeflate: library.name === 'hawser' ? { threshold: 0 } : true };
  const victim = await Victim.start(library, { behaviour: 'echo', options });
  const server = await HostileServer.listen();
  const wrong: string[] = [];
  for (const parameters of PARAMETERS) {
    const problem = await accept(victim, server, parameters).catch((error: unknown) => String(error));
    if (problem !== '') wrong.push(`${parameters}: ${problem}`);
  }
  const finding = await conclude(victim, wrong);
  await server.end();
  return finding;
}

async function conclude(victim: Victim, wrong: string[]): Promise<Finding> {
  const facts = victim.isAlive ? await victim.facts() : undefined;
  if (facts === undefined) wrong.push('the process is gone');
  const thrown = Object.keys(facts?.events ?? {}).filter((event) =>
    /RangeError|OUT_OF_RANGE|TypeError/.test(event),
  );
  await victim.end();
  const failures = [...wrong, ...thrown];
  return {
    held: failures.length === 0,
    figure: failures.slice(0, 3).join('; ') || `${PARAMETERS.length} offers`,
  };
}

const removal = {
  file: 'protocol/permessage-deflate.ts',
  code: '/^(?:[89]|1[0-5])$/',
  instead: String.raw`/^\d+$/`,
};

export const windowBits: readonly Row[] = [
  {
    id: 'D2',
    peer: 'offers windows of 0, 7, 8, 9, 15, 16, 1000 bits, quoted, doubled, without a value',
    must: 'declined or 400, or what was agreed on holds; never a RangeError',
    removal,
    run: offerAll,
  },
  {
    id: 'D2b',
    peer: 'the same to a client',
    must: 'refused, or what was agreed on holds; never a RangeError',
    removal,
    run: acceptAll,
  },
];
