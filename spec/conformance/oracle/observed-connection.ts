import { Duplex } from 'node:stream';
import { ConnectionClosedError, LimitError, ProtocolError } from '../../../lib/errors.js';
import { Connection } from '../../../lib/takeover.js';
import type { Role } from '../../../lib/connection/connection.js';
import type { TakeoverOptions } from '../../../lib/connection/takeover-options.js';
import { turn } from '../../turns.js';
import { readFrames } from './sent-frames.js';

/** Is a byte stream at whose other end the spec itself is: cheap enough to make a hundred thousand of. */
class OctetStream extends Duplex {
  /** What was written to it. */
  readonly written: Buffer[] = [];

  constructor() {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    // What there is to read is pushed.
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.written.push(Buffer.from(chunk));
    callback();
  }
}

/** Makes a connection of a byte stream, as {@link Connection.takeover} does. */
export type Takeover = typeof Connection.takeover;

/** Is a connection whose doings are kept, each as one short line. */
export class ObservedConnection {
  readonly connection: Connection;
  /** What it told, in order: `text 6869`, `binary ff`, `ping`, `pong`, `closing 1002 local`, `disconnect 1006`. */
  readonly told: string[] = [];
  /** Name of the rule that the peer broke, as the error of the connection names it. */
  broken: string | undefined;
  /** Close code that goes with the rule. */
  brokenCode: number | undefined;
  readonly #stream = new OctetStream();

  constructor(role: Role, options: TakeoverOptions = {}, takeover: Takeover = Connection.takeover) {
    const { told } = this;
    const connection = takeover(this.#stream, {
      keepalive: 0,
      ...options,
      server: role === 'server',
    });
    this.connection = connection;
    connection.on('text', (text) => told.push(`text ${Buffer.from(text).toString('hex')}`.trimEnd()));
    connection.on('binary', (data) => told.push(`binary ${data.toString('hex')}`.trimEnd()));
    connection.on('ping', (payload) => told.push(`ping ${payload.toString('hex')}`.trimEnd()));
    connection.on('pong', (payload) => told.push(`pong ${payload.toString('hex')}`.trimEnd()));
    connection.on('closing', (code, _reason, origin) => told.push(`closing ${code} ${origin}`));
    connection.on('disconnect', (code, reason, wasClean) =>
      told.push(`disconnect ${code}${reason === '' ? '' : ` ${reason}`}${wasClean ? ', clean' : ''}`),
    );
    connection.on('error', (error) => {
      const cause = error instanceof ConnectionClosedError ? (error.cause as Error | undefined) : error;
      const isRule = cause instanceof ProtocolError || cause instanceof LimitError;
      this.broken = isRule ? cause.code : cause?.message;
      this.brokenCode = isRule ? cause.closeCode : undefined;
    });
  }

  /** Octets that the connection has put on the stream. */
  get wire(): Buffer {
    return Buffer.concat(this.#stream.written);
  }

  /** What the connection sent, a line a frame: `text 6869`, `close 1002`; reasons of our own wording left out. */
  get sent(): string[] {
    return readFrames(this.wire).map(({ opcode, payload }) => {
      if (opcode === 0x8) return payload.length < 2 ? 'close' : `close ${payload.readUInt16BE(0)}`;
      const name = { 0: 'more', 1: 'text', 2: 'binary', 9: 'ping', 10: 'pong' }[opcode] ?? `opcode ${opcode}`;
      return `${name} ${payload.toString('hex')}`.trimEnd();
    });
  }

  /** Brings octets, in a chunk of their own. */
  receive(octets: Buffer): void {
    // Once ended, the stream takes nothing; whoever still sends is not heard.
    if (octets.length > 0 && !this.#stream.destroyed) this.#stream.push(Buffer.from(octets));
  }

  /** Ends the peer's direction. */
  receiveEnd(): void {
    if (!this.#stream.destroyed) this.#stream.push(null);
  }
}

/** Observations that share the turns of the event loop. */
const BATCH = 256;

/**
 * Makes a connection for each case, and ends it.
 * @param begin - what is done once it is open.
 * @param judge - what is asked once the peer has ended its direction and the connection is gone.
 */
export async function observeEach<T>(
  role: Role,
  cases: Iterable<T>,
  begin: (observed: ObservedConnection, one: T) => void,
  judge: (observed: ObservedConnection, one: T) => void,
  options?: TakeoverOptions,
  takeover?: Takeover,
): Promise<number> {
  let count = 0;
  let batch: [ObservedConnection, T][] = [];
  const settle = async (): Promise<void> => {
    await turn();
    for (const [observed, one] of batch) begin(observed, one);
    await turn();
    for (const [observed] of batch) observed.receiveEnd();
    await turn();
    for (const [observed] of batch) observed.connection.terminate();
    await turn();
    for (const [observed, one] of batch) judge(observed, one);
    count += batch.length;
    batch = [];
  };
  for (const one of cases) {
    batch.push([new ObservedConnection(role, options, takeover), one]);
    if (batch.length === BATCH) await settle();
  }
  await settle();
  return count;
}

/** Leaves the stacks of errors out while the specs of a suite run: a hundred thousand connections fail there. */
export function withoutStacks(): void {
  const limit = Error.stackTraceLimit;
  before(() => (Error.stackTraceLimit = 0));
  after(() => (Error.stackTraceLimit = limit));
}

/** Collects what differs, so that a table of a hundred thousand rows costs one assertion and shows the first few. */
export class Differences {
  readonly shown: string[] = [];
  count = 0;

  /** Notes what differs, if anything does; values are compared as they print. */
  compare(what: () => string, actual: unknown, expected: unknown): void {
    const [is, ought] = [String(actual), String(expected)];
    if (is !== ought) this.note(`${what()}: ${is} in place of ${ought}`);
  }

  note(line: string): void {
    this.count += 1;
    if (this.shown.length < 10) this.shown.push(line);
  }
}
