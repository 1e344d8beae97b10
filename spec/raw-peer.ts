import type { Duplex } from 'node:stream';

/** Is the Sec-WebSocket-Key of RFC 6455 §1.3. */
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** Answers {@link KEY}. */
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** Writes an opening handshake; `fields` replace those of the same name, `undefined` leaves them out. */
export function upgradeRequest(
  path = '/',
  fields: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  method = 'GET',
): string {
  const all: Record<string, string | readonly string[] | undefined> = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, values]) =>
    [values ?? []].flat().map((value: string) => `${name}: ${value}\r\n`),
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Is what a server has answered. */
export interface RawResponse {
  readonly status: number;
  readonly statusMessage: string;
  /** Values by lower-case name; of a doubled field the last. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Talks to a stream in octets. */
export class RawPeer {
  readonly stream: Duplex;
  /** What was received and not taken by {@link RawPeer.response} or {@link RawPeer.take}. */
  received = Buffer.alloc(0);
  isEnded = false;
  isClosed = false;
  #wake: (() => void) | undefined;

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#wake?.();
    });
    stream.on('end', () => {
      this.isEnded = true;
      this.#wake?.();
    });
    stream.on('close', () => {
      this.isClosed = true;
      this.#wake?.();
    });
    stream.on('error', () => {});
  }

  send(octets: string | Buffer): this {
    this.stream.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets);
    return this;
  }

  /** Waits for a response's header section. */
  async response(): Promise<RawResponse> {
    await this.#until(() => this.received.includes('\r\n\r\n'), 'a response');
    const end = this.received.indexOf('\r\n\r\n');
    const [line = '', ...fields] = this.received.toString('latin1', 0, end).split('\r\n');
    this.received = this.received.subarray(end + 4);
    const [, status, statusMessage = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(line) ?? [];
    const headers = Object.fromEntries(
      fields.map((field) => {
        const colon = field.indexOf(':');
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
      }),
    );
    return { status: Number(status), statusMessage, headers };
  }

  /** Waits for a response with its whole body, told by its length. */
  async responseWithBody(): Promise<RawResponse & { readonly body: string }> {
    const response = await this.response();
    const body = await this.take(Number(response.headers['content-length'] ?? 0));
    return { ...response, body: body.toString() };
  }

  /** Waits for so many octets. */
  async take(count: number): Promise<Buffer> {
    await this.#until(() => this.received.length >= count, `${String(count)} octets`);
    const taken = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return taken;
  }

  /** Waits for octets, written in hex, and takes them. */
  async takeHex(hex: string): Promise<string> {
    const wanted = hex.replace(/\s/g, '');
    return (await this.take(wanted.length / 2)).toString('hex');
  }

  /** Waits until the other side has ended the stream, or it is gone. */
  async ended(): Promise<void> {
    while (!this.isEnded && !this.isClosed) await this.#event();
  }

  /** Waits until the stream is gone. */
  async closed(): Promise<void> {
    while (!this.isClosed) await this.#event();
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    while (!condition()) {
      if (this.isEnded || this.isClosed)
        throw new Error(`the stream ended before ${what}: ${this.received.toString('latin1')}`);
      await this.#event();
    }
  }

  #event(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
