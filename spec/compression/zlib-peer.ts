import {
  constants,
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  type InflateRaw,
  type ZlibOptions,
} from 'node:zlib';

/*
 * The other side of a compressed connection, by the steps of RFC 7692 §7.2 and with zlib's streams that live as long as
 * the connection: what the library does without.
 */

const TAIL = Buffer.from('0000ffff', 'hex');

/** Configures one side's compression as it was negotiated. */
export interface PeerCoding {
  /** @default 15 */
  readonly windowBits?: number;
  /** @default true */
  readonly keepsContext?: boolean;
}

/** Compresses messages as a peer does. */
export class PeerDeflater {
  readonly #options: ZlibOptions;
  readonly #keepsContext: boolean;
  #stream: DeflateRaw | undefined;

  constructor({ windowBits = 15, keepsContext = true }: PeerCoding = {}, options: ZlibOptions = {}) {
    this.#options = { ...options, windowBits };
    this.#keepsContext = keepsContext;
  }

  /** Gives the payload of a message (RFC 7692 §7.2.1). */
  async message(octets: Buffer): Promise<Buffer> {
    const [payload] = await this.fragments([octets]);
    return payload!;
  }

  /** Gives the payloads of a message in fragments; all but the last end with an empty block. */
  async fragments(pieces: readonly Buffer[]): Promise<Buffer[]> {
    const stream = (this.#stream ??= createDeflateRaw(this.#options));
    const payloads: Buffer[] = [];
    for (const [index, piece] of pieces.entries()) {
      const compressed = await pass(stream, piece);
      const isLast = index === pieces.length - 1;
      // zlib flushes once where nothing was added since.
      if (isLast && compressed.length === 0) payloads.push(Buffer.from([0]));
      else payloads.push(isLast ? compressed.subarray(0, -4) : compressed);
    }
    if (!this.#keepsContext) this.end();
    return payloads;
  }

  end(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
  }
}

/** Inflates messages as a peer does. */
export class PeerInflater {
  readonly #windowBits: number;
  readonly #keepsContext: boolean;
  #stream: InflateRaw | undefined;

  constructor({ windowBits = 15, keepsContext = true }: PeerCoding = {}) {
    this.#windowBits = windowBits;
    this.#keepsContext = keepsContext;
  }

  /** Gives the octets of a message (RFC 7692 §7.2.2). */
  async message(payload: Buffer): Promise<Buffer> {
    const stream = (this.#stream ??= createInflateRaw({ windowBits: this.#windowBits }));
    const octets = await pass(stream, Buffer.concat([payload, TAIL]));
    if (!this.#keepsContext) this.end();
    return octets;
  }

  end(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
  }
}

/** Sends octets through a stream of zlib, and gives all that comes of it by then. */
function pass(stream: DeflateRaw | InflateRaw, octets: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const collect = (part: Buffer): void => void parts.push(part);
    stream.on('data', collect).once('error', reject);
    stream.write(octets);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('data', collect).off('error', reject);
      resolve(Buffer.concat(parts));
    });
  });
}
