import type { DeflateAgreement } from '../protocol/permessage-deflate.js';
import type { DeflateSettings } from './deflate-options.js';

/** Octets up to which a message is compressed, or its compressed form inflated, at once. */
export const SYNC_BYTES = 32 * 1024;

/** Is permessage-deflate as it is in force on a connection. */
export interface Deflate {
  readonly agreement: DeflateAgreement;
  readonly settings: DeflateSettings;
}

/** Is what was agreed on for the messages of one direction (RFC 7692 §7.1). */
export interface Coding {
  /** Base-2 logarithm of the octets that the compressor may refer back to. */
  readonly windowBits: number;
  /** Whether it may refer to the messages before. */
  readonly keepsContext: boolean;
}

/** Tells what was agreed on for the messages that the server sends. */
export function serverCoding(agreement: DeflateAgreement): Coding {
  return { windowBits: agreement.serverMaxWindowBits, keepsContext: !agreement.serverNoContextTakeover };
}

/** Tells what was agreed on for the messages that the client sends. */
export function clientCoding(agreement: DeflateAgreement): Coding {
  return { windowBits: agreement.clientMaxWindowBits, keepsContext: !agreement.clientNoContextTakeover };
}
