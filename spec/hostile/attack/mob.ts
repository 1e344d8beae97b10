/*
 * Hostile peers, in a process of their own: each does one thing after another from the list, until it is told to stop.
 */
import type { Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { upgradeRequest } from '../../raw-peer.js';
import { Chance } from '../../chance.js';
import { answer, orders } from '../victims/conversation.js';
import { clientFrame, clientHeader, flood, happens, pause, reach, upgraded } from './attacker.js';

const { port, count, seed } = orders() as { port: number; count: number; seed: number };
const MEBIBYTE = 1024 * 1024;
/** Milliseconds that a peer spends on one thing at most. */
const PATIENCE = 4_000;
const FIELDS = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };

function many(frame: Buffer, times: number): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(frame));
}

const BOMB = deflateRawSync(Buffer.alloc(100 * MEBIBYTE), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
  0,
  -4,
);
const SMALL_BOMB = deflateRawSync(Buffer.alloc(MEBIBYTE), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
  0,
  -4,
);
const PINGS = many(clientFrame(0x89, 'x'.repeat(125)), 2_000);
const PONGS = many(clientFrame(0x8a), 10_000);
const TEXTS = many(clientFrame(0x81), 10_000);
const FRAGMENTS = Buffer.concat([clientFrame(0x01, 'x'), many(clientFrame(0x00, 'x'), 16_000)]);
const EMPTY_FRAGMENTS = many(clientFrame(0x00), 10_000);
const ECHOES = many(clientFrame(0x82, Buffer.alloc(65_536)), 16);
const BLOWN_UP_ECHOES = many(clientFrame(0xc2, SMALL_BOMB), 8);
const PARKED = Buffer.alloc(MEBIBYTE);
const MASKED_BADLY = Buffer.from('810161', 'hex');
const BAD_TEXT = clientFrame(0x81, Buffer.from('c328', 'hex'));

/** Writes once, and waits to be thrown out, or until it gets bored. */
async function write(socket: Socket, octets: Buffer): Promise<void> {
  socket.write(octets);
  await happens(socket, ['close'], PATIENCE);
}

async function park(socket: Socket): Promise<void> {
  socket.resume().write(clientHeader(0x82, 16 * MEBIBYTE));
  for (let parked = 0; parked < 14 && socket.writable; parked++)
    if (!socket.write(PARKED)) await happens(socket, ['drain', 'close'], PATIENCE);
  await happens(socket, ['close'], PATIENCE);
}

async function drip(): Promise<void> {
  const socket = await reach(port);
  for (const octet of upgradeRequest().slice(0, 20)) {
    if (!socket.writable) return;
    socket.write(octet);
    await pause(PATIENCE / 20);
  }
  socket.destroy();
}

async function breakOff(random: Chance): Promise<void> {
  const socket = await reach(port);
  const request = upgradeRequest();
  socket.write(request.slice(0, random.between(0, request.length)));
  await pause(random.between(0, 20));
  socket.resetAndDestroy();
}

/** What a peer does that was upgraded; nothing is read unless it says so. */
const DEEDS: Readonly<Record<string, (socket: Socket, random: Chance) => Promise<unknown>>> = {
  'floods pings, and never reads': (socket) => flood(socket, PINGS, PATIENCE),
  'floods pongs': (socket) => flood(socket.resume(), PONGS, PATIENCE),
  'floods empty texts': (socket) => flood(socket.resume(), TEXTS, PATIENCE),
  'asks for echoes, and never reads': (socket) => flood(socket, ECHOES, PATIENCE),
  'asks for echoes of 1 MiB by some octets each, and never reads': (socket) => write(socket, BLOWN_UP_ECHOES),
  'never ends a message of small fragments': (socket) => write(socket.resume(), FRAGMENTS),
  'sends empty fragments': (socket) => write(socket.resume(), EMPTY_FRAGMENTS),
  'parks most of a message': park,
  'sends a bomb': (socket) => write(socket.resume(), clientFrame(0xc2, BOMB)),
  'does not mask': (socket) => write(socket.resume(), MASKED_BADLY),
  'sends what is no text': (socket) => write(socket.resume(), BAD_TEXT),
  'closes, and never reads': (socket) => write(socket, clientFrame(0x88, Buffer.from('03e8', 'hex'))),
  'breaks off within a frame': async (socket, random) => {
    socket.write(ECHOES.subarray(0, random.between(1, ECHOES.length)));
    await pause(random.between(0, 200));
    socket.resetAndDestroy();
  },
  'does nothing': (socket) => happens(socket, ['close'], PATIENCE),
};

let isOver = false;
const deeds: Record<string, number> = {};
const sockets = new Set<Socket>();

async function misbehave(random: Chance): Promise<void> {
  const names = [...Object.keys(DEEDS), 'drips a request', 'breaks off a request'];
  const name = random.pick(names);
  deeds[name] = (deeds[name] ?? 0) + 1;
  if (name === 'drips a request') return drip();
  if (name === 'breaks off a request') return breakOff(random);
  const socket = await upgraded(port, { fields: FIELDS });
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  await DEEDS[name]!(socket, random);
  socket.destroy();
}

async function live(random: Chance): Promise<void> {
  while (!isOver) {
    await misbehave(random).catch(() => undefined);
    await pause(random.between(0, 100));
  }
}

let lives: Promise<unknown> = Promise.resolve();

answer({
  begin() {
    lives = Promise.all(Array.from({ length: count }, (_, index) => live(new Chance(seed + index))));
  },
  async end() {
    isOver = true;
    for (const socket of sockets) socket.destroy();
    await lives;
    return deeds;
  },
});
