import { expect } from 'chai';
import sinon, { type SinonFakeTimers } from 'sinon';
import { Connection } from '../lib/takeover.js';
import type { Role } from '../lib/connection/connection.js';
import type { TakeoverOptions } from '../lib/connection/takeover-options.js';
import { duplexPair, type PairEnd, type PairOptions } from './duplex-pair.js';

/** Lists both roles, for rules that hold in each. */
export const ROLES: readonly Role[] = ['client', 'server'];

/** Is a frame as it was on the wire, decoded without the library. */
export interface WireFrame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

/** Waits until what is under way in memory has arrived: some turns of the event loop. */
export async function settled(turns = 6): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Tells how a promise ended, within the turns that things in memory take. */
export async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = 'pending';
  promise.then(
    (value) => (outcome = value),
    (error: unknown) => (outcome = error),
  );
  await settled(12);
  return outcome;
}

/** Replaces the timers and the clock, and leaves turns of the event loop as they are. */
export function fakeClock(): SinonFakeTimers {
  return sinon.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
}

/** Reads octets written as hex, with spaces for the eye. */
export function octets(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** Decodes frames; throws when there is half a one. */
export function decodeFrames(wire: Buffer): WireFrame[] {
  const frames: WireFrame[] = [];
  for (let at = 0; at < wire.length;) {
    const first = wire[at]!;
    const second = wire[at + 1]!;
    let length = second & 0x7f;
    at += 2;
    if (length === 126) {
      length = wire.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(wire.readBigUInt64BE(at));
      at += 8;
    }
    const masked = (second & 0x80) !== 0;
    const key = masked ? wire.subarray(at, at + 4) : Buffer.alloc(4);
    if (masked) at += 4;
    if (wire.length < at + length) throw new RangeError('half a frame');
    const payload = Buffer.from(wire.subarray(at, at + length)).map(
      (octet, index) => octet ^ key[index % 4]!,
    );
    frames.push({ fin: (first & 0x80) !== 0, opcode: first & 0x0f, masked, payload: Buffer.from(payload) });
    at += length;
  }
  return frames;
}

/** Is the peer of one connection: it speaks octets, and knows nothing of the library. */
export class WirePeer {
  /** The peer's end of the byte stream. */
  readonly stream: PairEnd;
  readonly #masks: boolean;
  #received: Buffer[] = [];

  constructor(stream: PairEnd, role: Role) {
    this.stream = stream;
    this.#masks = role === 'client';
    // It ends its direction when it is told to, and not by itself.
    stream.allowHalfOpen = true;
    stream.on('data', (chunk: Buffer) => this.#received.push(Buffer.from(chunk)));
    stream.on('error', () => {});
  }

  /** Makes a frame as this peer has to send it; masked with 00000000, so that the payload stays readable. */
  frame(opcode: number, payload: string | Buffer = '', fin = true): Buffer {
    const data = Buffer.from(payload);
    const mask = this.#masks ? 0x80 : 0;
    const head = [(fin ? 0x80 : 0) | opcode];
    if (data.length < 126) head.push(mask | data.length);
    else if (data.length < 0x10000) head.push(mask | 126, data.length >> 8, data.length & 0xff);
    else {
      const length = Buffer.alloc(8);
      length.writeBigUInt64BE(BigInt(data.length));
      head.push(mask | 127, ...length);
    }
    return Buffer.concat([Buffer.from(head), Buffer.alloc(this.#masks ? 4 : 0), data]);
  }

  /** Makes a Close frame; without a code, an empty one. */
  closeFrame(code?: number, reason = ''): Buffer {
    if (code === undefined) return this.frame(0x8);
    return this.frame(0x8, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));
  }

  /** Sends octets in one piece. */
  send(...pieces: (string | Buffer)[]): void {
    this.stream.write(
      Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? octets(piece) : piece))),
    );
  }

  /** Sends text messages in one piece. */
  sendTexts(...texts: string[]): void {
    this.send(...texts.map((text) => this.frame(0x1, text)));
  }

  /** Gives the frames that came since the last call. */
  frames(): WireFrame[] {
    const wire = Buffer.concat(this.#received);
    this.#received = [];
    return decodeFrames(wire);
  }

  /** Gives what came since the last call, one short line a frame: `text "hi"`, `ping ""`, `close 1000 "bye"`. */
  said(): string[] {
    return this.frames().map(({ fin, opcode, payload }) => {
      if (opcode === 0x8) {
        if (payload.length === 0) return 'close';
        return `close ${payload.readUInt16BE(0)} ${JSON.stringify(payload.toString('utf8', 2))}`;
      }
      const name = { 0: 'more', 1: 'text', 2: 'binary', 9: 'ping', 10: 'pong' }[opcode] ?? `opcode ${opcode}`;
      return `${name} ${JSON.stringify(payload.toString())}${fin ? '' : ' …'}`;
    });
  }

  /** Ends the peer's direction. */
  end(): void {
    this.stream.end();
  }

  /** Does its part of a closing handshake that the other side began, and ends the stream. */
  answerClose(code?: number, reason?: string): void {
    this.send(this.closeFrame(code, reason));
    this.stream.end();
  }
}

/** Is a connection with its peer at the other end of a stream in memory. */
export interface Wired {
  readonly connection: Connection;
  readonly peer: WirePeer;
  /** The connection's own end of the stream. */
  readonly stream: PairEnd;
  /** What the connection emitted, in order. */
  readonly events: unknown[][];
}

const opened: Wired[] = [];

/** Takes over one end of a stream in memory, and gives the other to a peer. {@link unwire} ends it. */
export function wire(role: Role, options: TakeoverOptions = {}, pair: PairOptions = {}): Wired {
  const [stream, far] = duplexPair(pair);
  const peer = new WirePeer(far, role === 'server' ? 'client' : 'server');
  const connection = Connection.takeover(stream, { server: role === 'server', ...options });
  const wired = { connection, peer, stream, events: recordEvents(connection) };
  opened.push(wired);
  return wired;
}

/** Takes over as {@link wire} does, and waits for `connect`. */
export async function wireUp(role: Role, options?: TakeoverOptions, pair?: PairOptions): Promise<Wired> {
  const wired = wire(role, options, pair);
  await settled(1);
  expect(wired.connection.state).to.equal('CONNECTED');
  return wired;
}

/** Ends what {@link wire} began; to be called after each test. */
export async function unwire(): Promise<void> {
  for (const { connection, peer, stream } of opened.splice(0)) {
    connection.terminate();
    stream.destroy();
    peer.stream.destroy();
  }
  await settled();
}

/** Events that consume nothing: to listen to them begins no delivery. */
const RECORDED = [
  'connect',
  'ping',
  'pong',
  'closing',
  'disconnect',
  'timeout',
  'end',
  'finish',
  'error',
  'close',
] as const;

/** Records what a connection emits, except messages, as `[event, ...arguments]`; of errors their name. */
export function recordEvents(connection: Connection): unknown[][] {
  const events: unknown[][] = [];
  for (const event of RECORDED) {
    connection.on(event, (...args: unknown[]) => {
      events.push([event, ...args.map((arg) => (arg instanceof Error ? arg.constructor.name : arg))]);
    });
  }
  return events;
}

/** Names what was recorded. */
export function names(events: readonly unknown[][]): unknown[] {
  return events.map(([event]) => event);
}

/** Collects the messages that a connection emits from now on; to listen begins delivery. */
export function collect(connection: Connection): (string | Buffer)[] {
  const messages: (string | Buffer)[] = [];
  connection.on('message', (data) => messages.push(data));
  return messages;
}

/** Asserts that a connection was failed with a Close of this code, and ends as such (RFC 6455 §7.1.7). */
export async function expectFailed({ connection, peer, events }: Wired, code: number): Promise<void> {
  await settled();
  const [close] = peer.frames().slice(-1);
  expect(close?.opcode).to.equal(0x8);
  expect(close?.payload.readUInt16BE(0)).to.equal(code);
  expect(connection.state).to.equal('CLOSED');
  peer.end();
  await settled();
  expect(names(events).slice(-4)).to.deep.equal(['closing', 'disconnect', 'error', 'close']);
  expect(events.find(([event]) => event === 'closing')?.[1]).to.equal(code);
  expect(events.find(([event]) => event === 'disconnect')?.slice(1)).to.deep.equal([1006, '', false]);
  expect(events.slice(-1)).to.deep.equal([['close', 1006, '']]);
}
