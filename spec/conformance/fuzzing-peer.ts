import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Action, Case, Seen } from './cases.js';

/** How a run ended, as the suite judges it. */
export interface Verdict {
  readonly seen: readonly Seen[];
  /** Who sent the first Close, or dropped the stream without any. */
  readonly firstCloser: 'fuzzer' | 'peer';
  /** Code of the peer's Close: undefined when none came, 1005 when it was empty. */
  readonly code: number | undefined;
  readonly clean: boolean;
  /** What the peer did that RFC 6455 forbids. */
  readonly complaint: string | undefined;
}

const PATIENCE_MS = 20_000;
const WAIT_MS = 60;
const OPCODES = ['more', 'text', 'binary'];

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Plays one case on a socket whose opening handshake is done, and reports what came back. */
export class FuzzingPeer {
  readonly #socket: Socket;
  readonly #masks: boolean;
  readonly #case: Case;
  readonly #seen: Seen[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  /** Chunks of a frame that is not whole yet, and how many octets it takes. */
  #parts: Buffer[] = [];
  #partsLength = 0;
  #wanted = 0;
  #message: { kind: string; parts: Buffer[] } | undefined;
  #ownClose = false;
  #firstCloser: 'fuzzer' | 'peer' | undefined;
  #code: number | undefined;
  #complaint: string | undefined;
  #isEnded = false;
  readonly #ended: Promise<void>;

  /** @param masks - whether this end is the client. */
  constructor(socket: Socket, masks: boolean, of: Case, head: Buffer) {
    this.#socket = socket;
    this.#masks = masks;
    this.#case = of;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      socket.on('end', () => socket.end());
      socket.on('close', () => {
        this.#isEnded = true;
        this.#firstCloser ??= 'peer';
        resolve();
      });
    });
    if (head.length > 0) this.#read(head);
  }

  async play(): Promise<Verdict> {
    for (const action of this.#case.actions) {
      if (this.#isEnded) break;
      await this.#do(action);
    }
    if (this.#case.ending === 'normal') await this.#closeOnceSeen();
    const patience = setTimeout(() => {
      this.#complaint ??= 'the connection did not end in time';
      this.#socket.destroy();
    }, PATIENCE_MS);
    await this.#ended;
    clearTimeout(patience);
    return {
      seen: this.#seen,
      firstCloser: this.#firstCloser ?? 'peer',
      code: this.#code,
      clean: this.#ownClose && this.#code !== undefined,
      complaint: this.#complaint,
    };
  }

  async #closeOnceSeen(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.#seen.length < this.#case.expected.length && !this.#isEnded && performance.now() < deadline)
      await sleep(1);
    // One more moment, for events that must not come.
    await sleep(2);
    if (!this.#isEnded) this.#sendClose(1000);
  }

  async #do(action: Action): Promise<void> {
    switch (action.do) {
      case 'wait':
        await this.#wait();
        return;
      case 'raw': {
        const others = action.pieces.slice(1);
        const framed = this.#frame(action.opcode, action.fin, 0, Buffer.concat(action.pieces));
        const lengths = [framed.length - Buffer.concat(others).length, ...others.map(({ length }) => length)];
        let start = 0;
        for (const length of lengths) {
          if (start > 0) await this.#wait();
          this.#socket.write(framed.subarray(start, start + length));
          start += length;
        }
        return;
      }
      case 'frame': {
        if (action.opcode === 8 && action.rsv === 0) this.#noteOwnClose();
        await this.#write(this.#frame(action.opcode, action.fin, action.rsv, action.payload));
      }
    }
  }

  async #wait(): Promise<void> {
    await sleep(WAIT_MS);
    if (!this.#isEnded && this.#firstCloser === undefined) this.#seen.push('open');
  }

  async #write(octets: Buffer): Promise<void> {
    const { write } = this.#case;
    const size = typeof write === 'number' ? write : octets.length;
    for (let start = 0; start < octets.length && !this.#isEnded; start += size) {
      const goesOn = this.#socket.write(octets.subarray(start, start + size));
      if (write !== 'normal') await turn();
      else if (!goesOn)
        await new Promise<void>((resolve) => this.#socket.once('drain', resolve).once('close', resolve));
    }
  }

  #noteOwnClose(): void {
    this.#ownClose = true;
    this.#firstCloser ??= 'fuzzer';
  }

  #sendClose(code: number): void {
    if (this.#ownClose) return;
    this.#noteOwnClose();
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#socket.write(this.#frame(8, true, 0, payload));
  }

  #frame(opcode: number, fin: boolean, rsv: number, payload: Buffer): Buffer {
    const extended = payload.length < 126 ? 0 : payload.length < 0x10000 ? 2 : 8;
    const head = Buffer.alloc(2 + extended);
    head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
    head[1] = (this.#masks ? 0x80 : 0) | (extended === 0 ? payload.length : extended === 2 ? 126 : 127);
    if (extended === 2) head.writeUInt16BE(payload.length, 2);
    if (extended === 8) head.writeBigUInt64BE(BigInt(payload.length), 2);
    if (!this.#masks) return Buffer.concat([head, payload]);
    const key = randomBytes(4);
    const masked = Buffer.from(payload);
    for (let i = 0; i < masked.length; i++) masked[i] = masked[i]! ^ key[i & 3]!;
    return Buffer.concat([head, key, masked]);
  }

  #name(kind: string, payload: Buffer): Seen {
    return this.#case.lengthOnly
      ? `${kind} ${String(payload.length)} octets`
      : `${kind} ${payload.toString('hex')}`;
  }

  /** Reads what the peer sends, strictly: whatever RFC 6455 forbids is a complaint. */
  #read(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#partsLength += chunk.length;
    if (this.#partsLength < this.#wanted) return;
    this.#buffer = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    this.#readFrames();
    this.#parts = [this.#buffer];
    this.#partsLength = this.#buffer.length;
  }

  #readFrames(): void {
    this.#wanted = 0;
    for (;;) {
      const buffer = this.#buffer;
      if (buffer.length < 2) return;
      const short = buffer[1]! & 0x7f;
      const extended = short < 126 ? 0 : short === 126 ? 2 : 8;
      const header = 2 + extended + (this.#masks ? 0 : 4);
      if (buffer.length < header) return;
      const length =
        extended === 0 ? short : extended === 2 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
      this.#wanted = header + length;
      if (buffer.length < header + length) return;
      this.#wanted = 0;
      const isMasked = (buffer[1]! & 0x80) !== 0;
      if (isMasked === this.#masks) this.#complaint ??= 'masked as it must not be, or not masked';
      if ((buffer[0]! & 0x70) !== 0) this.#complaint ??= 'a reserved bit is set';
      if ((extended === 2 && length < 126) || (extended === 8 && length < 65_536))
        this.#complaint ??= 'length not minimal';
      const payload = Buffer.from(buffer.subarray(header, header + length));
      if (isMasked) for (let i = 0; i < length; i++) payload[i] = payload[i]! ^ buffer[header - 4 + (i & 3)]!;
      this.#buffer = buffer.subarray(header + length);
      this.#take(buffer[0]! & 0x0f, (buffer[0]! & 0x80) !== 0, payload);
    }
  }

  #take(opcode: number, fin: boolean, payload: Buffer): void {
    if (this.#code !== undefined) this.#complaint ??= 'a frame came behind the Close';
    if (opcode === 8) {
      this.#code = payload.length === 0 ? 1005 : payload.readUInt16BE(0);
      this.#firstCloser ??= 'peer';
      this.#sendClose(1000);
      // The server ends the stream; as a server, that is us.
      if (!this.#masks) this.#socket.end();
    } else if (opcode === 10) {
      this.#seen.push(this.#name('pong', payload));
    } else if (opcode <= 2) {
      if ((opcode === 0) === (this.#message === undefined)) this.#complaint ??= 'fragments out of order';
      this.#message ??= { kind: OPCODES[opcode]!, parts: [] };
      this.#message.parts.push(payload);
      if (!fin) return;
      const { kind, parts } = this.#message;
      this.#message = undefined;
      this.#seen.push(this.#name(kind, Buffer.concat(parts)));
    } else if (opcode !== 9) {
      this.#complaint ??= `opcode ${String(opcode)} came`;
    }
  }
}
