import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, type RawData } from 'ws';
import type { Connection } from '../../lib/connection/connection.js';
import type { ConnectionEvents } from '../../lib/connection/connection-events.js';
import { fragmentsOf, type Content } from './message.js';
import type { Reader } from './schedule.js';

/** Is one end of a connection, of whichever library. */
export interface End {
  readonly isOpen: boolean;
  /** Resolved once the opening handshake is done, or will not be. */
  readonly opened: Promise<void>;
  /** Resolved at the event `close`, once all that was read is dealt with. */
  readonly closed: Promise<void>;
  /** Tells whether both Close frames were seen. */
  readonly wasClean: boolean | undefined;
  onMessage: (content: Content) => void;
  send(content: Content, fragments: number): void;
  close(): void;
  terminate(): void;
  destroy(): void;
  /** Lists what is wrong with what it reported of itself, once its stream is gone. */
  complaints(): Promise<string[]>;
}

/** Lists all that a connection reports, but for the bookkeeping of listeners. */
const EVENTS = [
  ...['connect', 'text', 'binary', 'message', 'ping', 'pong', 'closing', 'disconnect', 'timeout'],
  ...['close', 'error', 'drain', 'end', 'finish', 'prefinish'],
] as (keyof ConnectionEvents)[];

/** Naps of 10 ms to wait for a stream that lingers. */
const MAX_NAPS = 300;

/** Watches an end of hawser's. */
export class HawserEnd implements End {
  onMessage: (content: Content) => void = () => undefined;
  wasClean: boolean | undefined;
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  readonly #connection: Connection;
  readonly #reported: string[] = [];
  /** How reading by a loop ended. */
  #loop: 'none' | 'running' | 'ended' | 'threw' = 'none';
  #isDestroyed = false;
  #written = 0;
  #calledBack = 0;

  constructor(connection: Connection, reader: Reader) {
    this.#connection = connection;
    for (const event of EVENTS) {
      // A listener for messages would be a consumer.
      if (reader !== 'listener' && /^(?:text|binary|message|end)$/.test(event)) continue;
      connection.on(event, () => this.#reported.push(event));
    }
    this.opened = new Promise((resolve) => {
      connection.once('connect', () => resolve());
      connection.once('close', () => resolve());
    });
    const closed = new Promise<void>((resolve) => connection.once('close', () => resolve()));
    // A loop may still have work with what it took.
    const looped = reader === 'iterator' ? this.#loopOver(connection) : undefined;
    this.closed = closed.then(() => looped);
    connection.once('disconnect', (_code, _reason, wasClean) => (this.wasClean = wasClean));
    if (reader === 'listener') connection.on('message', (content) => this.onMessage(content));
  }

  /** Makes the handler of an end that reads by one; it is slower than its peer. */
  static handler(end: () => HawserEnd | undefined) {
    return async (_connection: Connection, type: string, message: unknown): Promise<void> => {
      if (type !== 'text' && type !== 'binary') return;
      end()?.onMessage(message as Content);
      await turn();
    };
  }

  get isOpen(): boolean {
    return this.#connection.state === 'CONNECTED';
  }

  send(content: Content, fragments: number): void {
    const type = typeof content === 'string' ? 'text' : 'binary';
    if (fragments === 1 && content.length % 3 === 0) {
      this.#written += 1;
      this.#connection.write(content, () => (this.#calledBack += 1));
    } else if (fragments === 1) {
      this.#connection.send(type, content);
    } else {
      for (const [index, part] of fragmentsOf(content, fragments).entries())
        this.#connection.send(type, part, index === fragments - 1);
    }
  }

  close(): void {
    this.#connection.close();
  }

  terminate(): void {
    this.#connection.terminate();
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#connection.destroy();
  }

  async complaints(): Promise<string[]> {
    // Behind a destroy() the stream lingers, and with it what was written.
    for (let naps = 0; this.#calledBack < this.#written && naps < MAX_NAPS; naps++) await sleep(10);
    const complaints: string[] = [];
    const count = (event: string): number => this.#reported.filter((name) => name === event).length;
    const isConnected = count('connect') > 0;
    const expect = (isFine: boolean, what: string): void => {
      if (!isFine) complaints.push(what);
    };
    expect(count('close') === 1, `${String(count('close'))} × close`);
    expect(count('error') <= 1, `${String(count('error'))} × error`);
    expect(count('connect') <= 1, `${String(count('connect'))} × connect`);
    expect(count('closing') <= 1, `${String(count('closing'))} × closing`);
    expect(count('end') <= 1, `${String(count('end'))} × end`);
    expect(count('finish') <= 1, `${String(count('finish'))} × finish`);
    const ends = count('disconnect');
    expect(isConnected ? ends === 1 : ends <= 1, `${String(ends)} × disconnect`);
    expect(this.#reported.at(-1) === 'close', `${String(this.#reported.at(-1))} behind close`);
    expect(!isConnected || this.#reported[0] === 'connect', `${String(this.#reported[0])} before connect`);
    expect(
      this.#calledBack === this.#written,
      `${String(this.#written)} written, ${String(this.#calledBack)} called back`,
    );
    expect(this.wasClean !== true || count('error') === 0, 'an error at a clean end');
    // Whose own end is destroyed reads to no end, whatever the peer says in the same moment.
    if (this.#loop !== 'none' && !this.#isDestroyed)
      expect(
        this.#loop === (this.wasClean === true ? 'ended' : 'threw') || !isConnected,
        `the loop ${this.#loop}, wasClean ${String(this.wasClean)}`,
      );
    const { bufferedAmount, destroyed } = this.#connection;
    expect(destroyed, 'it is not destroyed');
    expect(bufferedAmount === 0, `${String(bufferedAmount)} octets buffered at the end`);
    return complaints;
  }

  async #loopOver(connection: Connection): Promise<void> {
    this.#loop = 'running';
    try {
      for await (const content of connection) {
        this.onMessage(content);
        await turn();
      }
      this.#loop = 'ended';
    } catch {
      this.#loop = 'threw';
    }
  }
}

/** Watches an end of ws'. Its faults are not ours: it complains of nothing. */
export class WsEnd implements End {
  onMessage: (content: Content) => void = () => undefined;
  wasClean: boolean | undefined;
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (data: RawData, isBinary) => {
      const octets = data as Buffer;
      this.onMessage(isBinary ? octets : octets.toString());
    });
    this.opened = new Promise((resolve) => {
      if (socket.readyState === WebSocket.OPEN) resolve();
      socket.once('open', () => resolve());
      socket.once('close', () => resolve());
    });
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.once('close', (code) => (this.wasClean = code !== 1006));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(content: Content, fragments: number): void {
    const binary = typeof content !== 'string';
    const parts = fragmentsOf(Buffer.from(content as string), fragments);
    for (const [index, part] of parts.entries())
      this.#socket.send(part, { binary, fin: index === fragments - 1 });
  }

  close(): void {
    this.#socket.close(1000);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  destroy(): void {
    this.#socket.terminate();
  }

  complaints(): Promise<string[]> {
    return Promise.resolve([]);
  }
}
