import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';

/**
 * Tells the address of the client of a request: an IPv4 or IPv6 address, without a port. Behind a proxy the socket is
 * the proxy's, and the client's address is where the proxy, and nobody else, has put it.
 */
export type ClientAddress = (request: IncomingMessage) => string;

/** 16-bit groups of an IPv6 address, and how many of them name the network that one client has to itself. */
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/**
 * Tells whom an address stands for where clients are counted: of IPv4 the address; of IPv6 its first 64 bits, for that
 * is the least that a client is given, with 2⁶⁴ addresses to choose from (RFC 4291 §2.5.4, RFC 6177 §2). An IPv4-mapped
 * address is IPv4 (RFC 4291 §2.5.5.2); a link-local one counts whole, as all of a link have these 64 bits in common.
 * @returns undefined for what is no address.
 */
export function holderOf(address: string): string | undefined {
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  const groups = groupsOf(address);
  if (isMapped(groups)) return [...octetsOf(groups[6]!), ...octetsOf(groups[7]!)].join('.');
  const isLinkLocal = (groups[0]! & 0xffc0) === 0xfe80;
  const counted = isLinkLocal ? groups : groups.slice(0, NETWORK_GROUPS);
  return counted.map((group) => group.toString(16)).join(':');
}

/** Reads a valid IPv6 address, zone or not (RFC 4291 §2.2, RFC 4007 §11). */
function groupsOf(address: string): number[] {
  const [text = ''] = address.split('%');
  const [left = '', right] = text.split('::');
  const before = parseGroups(left);
  if (right === undefined) return before;
  const after = parseGroups(right);
  return [...before, ...Array<number>(GROUPS - before.length - after.length).fill(0), ...after];
}

function parseGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return Number.parseInt(part, 16);
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

function octetsOf(group: number): [number, number] {
  return [group >> 8, group & 0xff];
}
