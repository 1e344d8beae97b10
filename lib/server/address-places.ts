import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { InvalidOptionError } from '../errors.js';
import { promptAnswer } from '../handshake/prompt-answer.js';
import { log } from '../logging.js';
import { holderOf, type ClientAddress } from './client-address.js';
import { Refusal } from './refusal.js';

// Not 503: a proxy in front takes that for the whole server's state, and may send nobody here for a while.
const TOO_MANY = new Refusal({ status: 429 }, 'maxConnectionsPerAddress is reached');
const UNKNOWN = new Refusal({ status: 500 }, 'clientAddress threw, or returned no address');

/** Gives each client address so many places, one for each of its connections from request to the end of the stream. */
export class AddressPlaces {
  readonly #limit: number;
  readonly #clientAddress: ClientAddress | undefined;
  /** How many places are taken; who has none is not in it. */
  readonly #taken = new Map<string, number>();
  readonly #placed = new WeakSet<Duplex>();

  /**
   * @param limit - most places of one address; Infinity: nothing is counted, and nobody is asked.
   * @param clientAddress - tells whose a request is. Default: whose the socket is.
   */
  constructor(limit: number, clientAddress: ClientAddress | undefined) {
    this.#limit = limit;
    this.#clientAddress = clientAddress;
  }

  /** How many addresses have a place. */
  get size(): number {
    return this.#taken.size;
  }

  /**
   * Takes a place for a stream, until it is gone; a second time changes nothing.
   * @returns how the request is refused when there is none, or nobody knows whose it is.
   */
  take(request: IncomingMessage, stream: Duplex): Refusal | undefined {
    if (this.#limit === Infinity || stream.destroyed || this.#placed.has(stream)) return undefined;
    let holder: string | undefined;
    try {
      holder = this.#holderOf(request);
    } catch (error) {
      log('error', 'clientAddress threw, or returned no address', { err: error });
      return UNKNOWN;
    }
    if (holder === undefined) return undefined;
    const taken = this.#taken.get(holder) ?? 0;
    if (taken >= this.#limit) return TOO_MANY;
    this.#taken.set(holder, taken + 1);
    this.#placed.add(stream);
    stream.once('close', () => this.#give(holder));
    return undefined;
  }

  /** @returns undefined on a Unix socket, which has no addresses. */
  #holderOf(request: IncomingMessage): string | undefined {
    const address =
      this.#clientAddress === undefined
        ? request.socket.remoteAddress
        : promptAnswer(this.#clientAddress(request), 'clientAddress');
    if (address === undefined && this.#clientAddress === undefined) return undefined;
    const holder = typeof address === 'string' ? holderOf(address) : undefined;
    if (holder !== undefined) return holder;
    throw new InvalidOptionError('clientAddress', address, 'a function that returns an IP address');
  }

  #give(holder: string): void {
    const left = this.#taken.get(holder)! - 1;
    if (left === 0) this.#taken.delete(holder);
    else this.#taken.set(holder, left);
  }
}
