import type { Duplex } from 'node:stream';
import type { Deflate } from '../compression/coding.js';
import type { ConnectDetails } from './connection-events.js';
/** Is how a role introduces its byte stream. */
export interface OpenStream {
    readonly stream: Duplex;
    readonly details: ConnectDetails;
    /** Octets that came behind the opening handshake. */
    readonly head?: Buffer | undefined;
    /** How messages are compressed; absent if they are not. */
    readonly deflate?: Deflate | undefined;
}
