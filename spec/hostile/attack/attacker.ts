import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { upgradeRequest } from '../../raw-peer.js';

/** Masks with 00000000, so that payloads stay as they are. */
const KEY = [0, 0, 0, 0];

/** Makes a client's frame: the first octet as it is given, the length in its shortest form. */
export function clientFrame(first: number, payload: Buffer | string = ''): Buffer {
  const data = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return Buffer.concat([clientHeader(first, data.length), data]);
}

/** Makes the header of a client's frame; the payload need not follow. */
export function clientHeader(first: number, length: number | bigint): Buffer {
  if (length < 126) return Buffer.from([first, 0x80 | Number(length), ...KEY]);
  if (length < 0x10000) return Buffer.from([first, 0xfe, Number(length) >> 8, Number(length) & 0xff, ...KEY]);
  const header = Buffer.alloc(14);
  header[0] = first;
  header[1] = 0xff;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}

/** Says what an attacker's opening handshake is like. */
export interface AttackerOptions {
  readonly fields?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/** Opens a TCP connection to a victim, and lives with whatever becomes of it. */
export async function reach(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** Opens a connection as a client would, and stops there: nothing more is read unless the caller does. */
export async function upgraded(
  port: number,
  { fields = {}, path = '/' }: AttackerOptions = {},
): Promise<Socket> {
  const socket = await reach(port);
  socket.write(upgradeRequest(path, fields));
  let head = '';
  while (!head.includes('\r\n\r\n')) {
    const piece = socket.read() as Buffer | null;
    if (piece !== null) head += piece.toString('latin1');
    else if (socket.destroyed || socket.readableEnded) throw new Error(`no upgrade: ${head}`);
    else await happens(socket, ['readable', 'close'], 10_000);
  }
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`no upgrade: ${head}`);
  socket.removeAllListeners('readable');
  const behind = head.slice(head.indexOf('\r\n\r\n') + 4);
  if (behind !== '') socket.unshift(Buffer.from(behind, 'latin1'));
  // A stream that loses its last listener of this kind may begin to flow, on the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  return socket;
}

/** Writes the same octets again and again, as fast as they are taken, until the time is over or the socket is gone. */
export async function flood(socket: Socket, octets: Buffer, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  let written = 0;
  while (performance.now() < end && socket.writable) {
    written += octets.length;
    if (socket.write(octets)) await new Promise((resolve) => setImmediate(resolve));
    else await happens(socket, ['drain', 'close'], end - performance.now());
  }
  return written;
}

/** Waits until one of some events happens, but no longer than so many milliseconds. */
export function happens(socket: Socket, events: readonly string[], milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      for (const event of events) socket.off(event, done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, milliseconds));
    for (const event of events) socket.on(event, done);
  });
}

/** Waits some milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
