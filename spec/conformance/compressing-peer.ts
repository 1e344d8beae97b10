import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { takeFrames } from '../compression/compressed-wire.js';
import { PeerDeflater, PeerInflater } from '../compression/zlib-peer.js';
import { until } from '../turns.js';

/** Is a message as it was sent or came, and whether it was compressed. */
export interface EchoedMessage {
  readonly isText: boolean;
  readonly octets: Buffer;
  readonly isCompressed: boolean;
}

/** Reads a header up to its end. */
export async function readHead(socket: Socket): Promise<string> {
  let octets = Buffer.alloc(0);
  const read = (chunk: Buffer): void => void (octets = Buffer.concat([octets, chunk]));
  socket.on('data', read);
  await until(() => octets.includes('\r\n\r\n'));
  socket.off('data', read).pause();
  const end = octets.indexOf('\r\n\r\n') + 4;
  socket.unshift(octets.subarray(end));
  return octets.toString('latin1', 0, end);
}

/** Reads the value of a field of a header; undefined when it is not there. */
export function field(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*?) *\\r$`, 'im').exec(head)?.[1];
}

/** Writes an opening handshake that offers extensions. */
export function openingRequest(port: number, extensions: string): string {
  const key = randomBytes(16).toString('base64');
  return (
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: ${extensions}\r\n\r\n`
  );
}

/** Answers an opening handshake, and accepts an extension. */
export function openingResponse(request: string, extensions: string): string {
  const key = field(request, 'Sec-WebSocket-Key')!;
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Extensions: ${extensions}\r\n\r\n`
  );
}

/** Sends compressed messages, and collects what comes back: all of it by zlib's streams, nothing by the library. */
export class CompressingPeer {
  readonly messages: EchoedMessage[] = [];
  /** Code of the Close that came, 1005 for an empty one. */
  closeCode: number | undefined;
  isEnded = false;
  /** Octets of payload that came. */
  payloadBytes = 0;
  readonly #socket: Socket;
  readonly #masks: boolean;
  readonly #deflater: PeerDeflater;
  readonly #inflater: PeerInflater;
  #rest: Buffer = Buffer.alloc(0);
  #open: { isText: boolean; isCompressed: boolean; parts: Buffer[] } | undefined;
  #reading = Promise.resolve();
  #failure: unknown;

  /**
   * @param masks - whether this end is the client.
   * @param response - the extension that was accepted, with its parameters.
   * @param ownWindowBits - window that this end has promised not to exceed, whatever the response says.
   */
  constructor(socket: Socket, masks: boolean, response: string, ownWindowBits = 15) {
    this.#socket = socket;
    this.#masks = masks;
    const side = (name: string) => ({
      windowBits: Number(new RegExp(`${name}_max_window_bits=(\\d+)`).exec(response)?.[1] ?? 15),
      keepsContext: !response.includes(`${name}_no_context_takeover`),
    });
    const own = side(masks ? 'client' : 'server');
    this.#deflater = new PeerDeflater({ ...own, windowBits: Math.min(own.windowBits, ownWindowBits) });
    this.#inflater = new PeerInflater(side(masks ? 'server' : 'client'));
    socket.on('data', (chunk: Buffer) => {
      const { frames, rest } = takeFrames(Buffer.concat([this.#rest, chunk]));
      this.#rest = rest;
      for (const frame of frames) {
        this.#reading = this.#reading
          .then(() => this.#take(frame))
          .catch((error: unknown) => void (this.#failure ??= error));
      }
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => (this.isEnded = true));
    socket.resume();
  }

  /** Sends a message, compressed, in frames of so many octets. */
  async send(isText: boolean, octets: Buffer, frameLength: number): Promise<void> {
    const payload = await this.#deflater.message(octets);
    for (let at = 0; at === 0 || at < payload.length; at += frameLength) {
      const isFirst = at === 0;
      const isLast = at + frameLength >= payload.length;
      const opcode = isFirst ? (isText ? 1 : 2) | 0x40 : 0;
      this.#write((isLast ? 0x80 : 0) | opcode, payload.subarray(at, at + frameLength));
    }
  }

  /** Waits for so many messages. */
  async received(count: number): Promise<void> {
    await until(() => this.messages.length >= count || this.isEnded || this.#failure !== undefined);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Sends a Close and waits until the stream has ended. */
  async close(): Promise<void> {
    this.#write(0x88, Buffer.from([0x03, 0xe8]));
    if (!this.#masks) {
      await until(() => this.closeCode !== undefined);
      this.#socket.end();
    }
    await until(() => this.isEnded);
    this.#deflater.end();
    this.#inflater.end();
  }

  #write(first: number, payload: Buffer): void {
    const extended = payload.length < 126 ? 0 : payload.length < 0x10000 ? 2 : 8;
    const head = Buffer.alloc(2 + extended);
    head[0] = first;
    head[1] = (this.#masks ? 0x80 : 0) | (extended === 0 ? payload.length : extended === 2 ? 126 : 127);
    if (extended === 2) head.writeUInt16BE(payload.length, 2);
    if (extended === 8) head.writeBigUInt64BE(BigInt(payload.length), 2);
    const key = this.#masks ? randomBytes(4) : Buffer.alloc(0);
    const masked = this.#masks ? Buffer.from(payload) : payload;
    if (this.#masks) for (let i = 0; i < masked.length; i++) masked[i]! ^= key[i & 3]!;
    this.#socket.write(Buffer.concat([head, key, masked]));
  }

  async #take(frame: ReturnType<typeof takeFrames>['frames'][number]): Promise<void> {
    const { fin, rsv1, otherRsv, opcode, payload } = frame;
    if (otherRsv !== 0 || (rsv1 && opcode !== 1 && opcode !== 2)) throw new Error('a reserved bit is set');
    if (this.closeCode !== undefined) throw new Error('a frame came behind the Close');
    if (opcode === 8) {
      this.closeCode = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
      return;
    }
    if ((opcode === 0) !== (this.#open !== undefined) || opcode > 2) throw new Error('a frame out of place');
    this.payloadBytes += payload.length;
    this.#open ??= { isText: opcode === 1, isCompressed: rsv1, parts: [] };
    this.#open.parts.push(payload);
    if (!fin) return;
    const { isText, isCompressed, parts } = this.#open;
    this.#open = undefined;
    const whole = Buffer.concat(parts);
    const octets = isCompressed ? await this.#inflater.message(whole) : whole;
    this.messages.push({ isText, octets, isCompressed });
  }
}
