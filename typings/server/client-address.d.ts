import type { IncomingMessage } from 'node:http';
/**
 * Tells the address of the client of a request: an IPv4 or IPv6 address, without a port. Behind a proxy the socket is
 * the proxy's, and the client's address is where the proxy, and nobody else, has put it.
 */
export type ClientAddress = (request: IncomingMessage) => string;
/**
 * Tells whom an address stands for where clients are counted: of IPv4 the address; of IPv6 its first 64 bits, for that
 * is the least that a client is given, with 2⁶⁴ addresses to choose from (RFC 4291 §2.5.4, RFC 6177 §2). An IPv4-mapped
 * address is IPv4 (RFC 4291 §2.5.5.2); a link-local one counts whole, as all of a link have these 64 bits in common.
 * @returns undefined for what is no address.
 */
export declare function holderOf(address: string): string | undefined;
