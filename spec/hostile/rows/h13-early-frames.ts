import type { Socket } from 'node:net';
import { framesOf, type FrameSketch } from '../../conformance/oracle/peer-frames.js';
import { RawServer, switching } from '../../client/raw-server.js';
import { upgradeRequest } from '../../raw-peer.js';
import { happens, pause, reach } from '../attack/attacker.js';
import { Victim } from '../victim.js';
import type { Library } from '../library.js';
import type { Finding, Row } from '../row.js';
import { tally } from '../verdicts.js';

const FRAMES: readonly FrameSketch[] = [
  { opcode: 1, payload: 'one' },
  { opcode: 1, fin: false, payload: 'tw' },
  { opcode: 0, payload: 'o' },
  { opcode: 1, payload: 'three' },
];
/** What comes back of them, once masking is off: nothing else has these octets in this order. */
const SPOKEN = ['one', 'two', 'three'];

/** Writes octets in two packets, and reads what is said until all is there. */
async function say(socket: Socket, octets: Buffer, cut: number): Promise<string> {
  let heard = Buffer.alloc(0);
  socket.setNoDelay().on('data', (chunk: Buffer) => (heard = Buffer.concat([heard, chunk])));
  socket.resume().write(octets.subarray(0, cut));
  await pause(4);
  socket.write(octets.subarray(cut));
  const end = performance.now() + 2_000;
  while (performance.now() < end && !socket.destroyed && messages(heard).length < SPOKEN.length)
    await happens(socket, ['data', 'close'], end - performance.now());
  socket.destroy();
  return messages(heard).join();
}

/** Reads short messages behind a header section, if there is one. */
function messages(wire: Buffer): string[] {
  const said: string[] = [];
  const head = wire.indexOf('\r\n\r\n');
  for (let at = wire.toString('latin1', 0, 4) === 'HTTP' ? head + 4 : 0; at + 2 <= wire.length;) {
    const isMasked = wire[at + 1]! >= 0x80;
    const length = wire[at + 1]! & 0x7f;
    const start = at + (isMasked ? 6 : 2);
    const payload = Buffer.from(wire.subarray(start, start + length));
    if (isMasked) payload.forEach((octet, i) => (payload[i] = octet ^ wire[at + 2 + (i % 4)]!));
    if (payload.length === length) said.push(payload.toString());
    at = start + length;
  }
  return said;
}

/** Cuts the octets that a peer begins with at each place. */
async function cutEverywhere(length: number, meet: (cut: number) => Promise<string>): Promise<Finding> {
  const wrong: string[] = [];
  const cuts = Array.from({ length }, (_, index) => index + 1);
  for (let at = 0; at < length; at += 50) {
    await Promise.all(
      cuts.slice(at, at + 50).map(async (cut) => {
        const heard = await meet(cut);
        if (heard !== SPOKEN.join()) wrong.push(`cut at ${cut}: ${heard || 'nothing'}`);
      }),
    );
  }
  return { held: wrong.length === 0, figure: tally(length, wrong) };
}

async function tryServer(library: Library): Promise<Finding> {
  const victim = await Victim.listen(library, { behaviour: 'echo' });
  const octets = Buffer.concat([Buffer.from(upgradeRequest()), framesOf('server', FRAMES)]);
  const finding = await cutEverywhere(octets.length, async (cut) =>
    say(await reach(victim.port), octets, cut),
  );
  await victim.end();
  return finding;
}

async function tryClient(library: Library): Promise<Finding> {
  const heard = new Map<string, (heard: Promise<string>) => void>();
  const server = await RawServer.listen((asked) => {
    const octets = Buffer.concat([Buffer.from(switching(asked)), framesOf('client', FRAMES)]);
    heard.get(asked.path)!(say(asked.socket, octets, Number(asked.path.slice(1))));
  });
  const victim = await Victim.start(library, { behaviour: 'echo' });
  const { length } = switching({ accept: 'x'.repeat(28) });
  const finding = await cutEverywhere(length + framesOf('client', FRAMES).length, async (cut) => {
    const path = `/${cut}`;
    const said = new Promise<string>((resolve) => heard.set(path, resolve));
    await victim.dial(server.url(path));
    return said;
  });
  await victim.end();
  await server.close();
  return finding;
}

export const earlyFrames: readonly Row[] = [
  {
    id: 'H13',
    peer: 'sends the first frames in the packet of its request, cut at any octet',
    must: 'all delivered, in order',
    removal: {
      file: 'server/opening-handshakes.ts',
      code: 'head: this.#letGo(pending)',
      instead: 'head: (this.#letGo(pending), undefined)',
    },
    run: tryServer,
  },
  {
    id: 'H13b',
    peer: 'sends our client the first frames in the packet of the 101, cut at any octet',
    must: 'all delivered, in order, after `connect`',
    removal: {
      file: 'client/opening-request.ts',
      code: '{ ...agreement, stream, head, response,',
      instead: '{ ...agreement, stream, head: Buffer.alloc(0), response,',
    },
    run: tryClient,
  },
];
