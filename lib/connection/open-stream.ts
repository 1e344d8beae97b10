import type { Duplex } from 'node:stream';
import type { Deflate } from '../compression/coding.js';
import type { ConnectDetails } from './connection-events.js';

/** Takes octets, which are its own from then on. */
export interface OctetTaker {
  push(octets: Buffer): void;
  /** Tells whether it would copy so many and keep none, so that they need not be its own. */
  keepsNone(count: number): boolean;
}

/** Is a way to the octets of a stream that is shorter than its events. */
export interface DirectReading {
  /** Hands over from now on what the stream would emit as `data`, as long as it flows. */
  begin(taker: OctetTaker): void;
}

/** Is how a role introduces its byte stream. */
export interface OpenStream {
  readonly stream: Duplex;
  readonly details: ConnectDetails;
  /** Octets that came behind the opening handshake. */
  readonly head?: Buffer | undefined;
  /** How the octets are read, if there is a shorter way than the stream's events. */
  readonly reading?: DirectReading | undefined;
  /** How messages are compressed; absent if they are not. */
  readonly deflate?: Deflate | undefined;
}
