import type { ExtensionOffer } from './extension-header.js';

/*
 * The negotiation of permessage-deflate (RFC 7692 §5, §7.1). Four parameters, each about the messages that one side
 * sends: whether its compressor forgets each message (…_no_context_takeover), and how far back it may refer
 * (…_max_window_bits, the base-2 logarithm of the octets).
 */

/** Name of the extension (RFC 7692 §7). */
export const PERMESSAGE_DEFLATE = 'permessage-deflate';

/** Smallest and largest base-2 logarithm of an LZ77 window (RFC 7692 §7.1.2). */
export const MIN_WINDOW_BITS = 8;
export const MAX_WINDOW_BITS = 15;
/** Smallest window that zlib can compress with, as raw deflate: asked for 8, it would use 9. */
export const MIN_OWN_WINDOW_BITS = 9;

/** Is what both sides have agreed on; windows that nobody spoke of are of 15 bits. */
export interface DeflateAgreement {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

/** Is what one side wants of the agreement; windows left out may be of any size. */
export interface DeflateWishes {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number | undefined;
  readonly clientMaxWindowBits: number | undefined;
}

/** Is one element of the header, its values read. */
interface Parameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number | undefined;
  /** `true` where it stands without a value: an offer to obey any (RFC 7692 §7.1.2.2). */
  readonly clientMaxWindowBits: number | true | undefined;
}

const SERVER_NO_CONTEXT_TAKEOVER = 'server_no_context_takeover';
const CLIENT_NO_CONTEXT_TAKEOVER = 'client_no_context_takeover';
const SERVER_MAX_WINDOW_BITS = 'server_max_window_bits';
const CLIENT_MAX_WINDOW_BITS = 'client_max_window_bits';
const NAMES: ReadonlySet<string> = new Set([
  SERVER_NO_CONTEXT_TAKEOVER,
  CLIENT_NO_CONTEXT_TAKEOVER,
  SERVER_MAX_WINDOW_BITS,
  CLIENT_MAX_WINDOW_BITS,
]);

/** Values of a window's parameter: no sign, no leading zero (RFC 7692 §7.1.2). */
const WINDOW_BITS = /^(?:[89]|1[0-5])$/;

/**
 * Lists what a client offers, most wanted first: with a wish about what the server does, a second offer goes without
 * it, for servers that cannot (RFC 7692 §5).
 */
export function offerDeflate(wishes: DeflateWishes): ExtensionOffer[] {
  const offer = (asksServer: boolean): ExtensionOffer =>
    toOffer({
      serverNoContextTakeover: asksServer && wishes.serverNoContextTakeover,
      clientNoContextTakeover: wishes.clientNoContextTakeover,
      serverMaxWindowBits: asksServer ? wishes.serverMaxWindowBits : undefined,
      clientMaxWindowBits: wishes.clientMaxWindowBits ?? true,
    });
  const asksServer = wishes.serverNoContextTakeover || wishes.serverMaxWindowBits !== undefined;
  return asksServer ? [offer(true), offer(false)] : [offer(false)];
}

/**
 * Takes, in the server role, the first offer that can be met (RFC 7692 §5.1, §7.1).
 * @param offers - all extensions that the client offers; others, and offers that break the rules, are passed over.
 * @returns the agreement and the element of the response that says so; undefined to decline.
 */
export function acceptDeflate(
  offers: readonly ExtensionOffer[],
  wishes: DeflateWishes,
): { agreement: DeflateAgreement; response: ExtensionOffer } | undefined {
  for (const offer of offers) {
    const offered = offer.name === PERMESSAGE_DEFLATE ? readParameters(offer) : undefined;
    if (offered === undefined) continue;
    const server = smaller(offered.serverMaxWindowBits, wishes.serverMaxWindowBits);
    if (server !== undefined && server < MIN_OWN_WINDOW_BITS) continue;
    const { clientMaxWindowBits: obeys } = offered;
    // A client that does not offer to obey must not be told (RFC 7692 §7.1.2.2).
    if (wishes.clientMaxWindowBits !== undefined && obeys === undefined) continue;
    const told = wishes.clientMaxWindowBits;
    const client = smaller(obeys === true ? undefined : obeys, told);
    const parameters = {
      serverNoContextTakeover: offered.serverNoContextTakeover || wishes.serverNoContextTakeover,
      clientNoContextTakeover: offered.clientNoContextTakeover || wishes.clientNoContextTakeover,
      serverMaxWindowBits: server,
      clientMaxWindowBits: told === undefined ? undefined : client,
    };
    const agreement = {
      ...parameters,
      serverMaxWindowBits: server ?? MAX_WINDOW_BITS,
      clientMaxWindowBits: client ?? MAX_WINDOW_BITS,
    };
    return { agreement, response: toOffer(parameters) };
  }
  return undefined;
}

/**
 * Reads, in the client role, what the server has accepted (RFC 7692 §5.1, §7.1).
 * @param accepted - all extensions of the response.
 * @param wishes - those that {@link offerDeflate} was given.
 * @returns the agreement; undefined when permessage-deflate is not among them; in words what is wrong with it.
 */
export function readDeflateResponse(
  accepted: readonly ExtensionOffer[],
  wishes: DeflateWishes,
): DeflateAgreement | undefined | string {
  const [response, ...more] = accepted.filter(({ name }) => name === PERMESSAGE_DEFLATE);
  if (response === undefined) return undefined;
  if (more.length > 0) return 'is doubled';
  const parameters = readParameters(response);
  if (parameters === undefined) return 'has parameters that break its rules';
  const { clientMaxWindowBits } = parameters;
  if (clientMaxWindowBits === true) return `has ${CLIENT_MAX_WINDOW_BITS} without a value`;
  const { clientMaxWindowBits: most = MAX_WINDOW_BITS } = wishes;
  if (clientMaxWindowBits !== undefined && clientMaxWindowBits > most)
    return `has ${CLIENT_MAX_WINDOW_BITS} above the ${String(most)} that was offered`;
  return {
    serverNoContextTakeover: parameters.serverNoContextTakeover,
    // Whoever compresses may always forget.
    clientNoContextTakeover: parameters.clientNoContextTakeover || wishes.clientNoContextTakeover,
    serverMaxWindowBits: parameters.serverMaxWindowBits ?? MAX_WINDOW_BITS,
    clientMaxWindowBits: clientMaxWindowBits ?? most,
  };
}

/** Reads the parameters of one element. Returns undefined when one is unknown, doubled, or has a bad value. */
function readParameters({ params }: ExtensionOffer): Parameters | undefined {
  for (const [name, values] of params) {
    if (!NAMES.has(name) || values.length > 1 || !isValidValue(name, values[0]!)) return undefined;
  }
  const bits = (name: string): number | undefined => {
    const value = params.get(name)?.[0];
    return value === undefined ? undefined : Number(value);
  };
  return {
    serverNoContextTakeover: params.has(SERVER_NO_CONTEXT_TAKEOVER),
    clientNoContextTakeover: params.has(CLIENT_NO_CONTEXT_TAKEOVER),
    serverMaxWindowBits: bits(SERVER_MAX_WINDOW_BITS),
    clientMaxWindowBits:
      params.get(CLIENT_MAX_WINDOW_BITS)?.[0] === true ? true : bits(CLIENT_MAX_WINDOW_BITS),
  };
}

function isValidValue(name: string, value: string | true): boolean {
  switch (name) {
    case SERVER_MAX_WINDOW_BITS:
      return value !== true && WINDOW_BITS.test(value);
    case CLIENT_MAX_WINDOW_BITS:
      return value === true || WINDOW_BITS.test(value);
    default:
      return value === true;
  }
}

function toOffer(parameters: Parameters): ExtensionOffer {
  const params = new Map<string, (string | true)[]>();
  if (parameters.serverNoContextTakeover) params.set(SERVER_NO_CONTEXT_TAKEOVER, [true]);
  if (parameters.clientNoContextTakeover) params.set(CLIENT_NO_CONTEXT_TAKEOVER, [true]);
  const { serverMaxWindowBits: server, clientMaxWindowBits: client } = parameters;
  if (server !== undefined) params.set(SERVER_MAX_WINDOW_BITS, [String(server)]);
  if (client !== undefined) params.set(CLIENT_MAX_WINDOW_BITS, [client === true ? true : String(client)]);
  return { name: PERMESSAGE_DEFLATE, params };
}

function smaller(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
