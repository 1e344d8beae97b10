import { hash, randomBytes } from 'node:crypto';
import { ACCEPT_GUID } from '../protocol/constants.js';

/** Octets of the nonce behind a Sec-WebSocket-Key (RFC 6455 §4.1, item 7). */
const NONCE_OCTETS = 16;

/** Base64 of 16 octets: 22 digits and the padding. The unused bits of the last digit are not ours to judge. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/**
 * Computes the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455 §4.2.2, item 5.4).
 *
 * @param key - The key as it stood in the request, base64 and all: it is hashed undecoded.
 */
export function acceptKey(key: string): string {
  return hash('sha1', key + ACCEPT_GUID, 'base64');
}

/** Makes a Sec-WebSocket-Key: 16 octets of the CSPRNG, base64 (RFC 6455 §4.1, item 7; §10.3 for why unpredictable). */
export function generateKey(): string {
  return randomBytes(NONCE_OCTETS).toString('base64');
}

/** Tells whether a Sec-WebSocket-Key is the base64 of exactly 16 octets (RFC 6455 §4.2.1, item 5). */
export function isValidKey(key: string): boolean {
  return KEY.test(key);
}
