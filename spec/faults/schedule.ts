import { Chance } from '../chance.js';

/** Names who talks to whom: the client first. */
export const PAIRINGS = ['hawser-hawser', 'hawser-ws', 'ws-hawser'] as const;
export type Pairing = (typeof PAIRINGS)[number];

export type Side = 'client' | 'server';
export const SIDES: readonly Side[] = ['client', 'server'];

/** Is something that happens to the octets of one direction, at an offset from the first of them. */
export type Fault =
  /** The octets before and behind leave in writes of their own. */
  | { readonly kind: 'split'; readonly at: number }
  /** So many octets leave one by one. */
  | { readonly kind: 'drip'; readonly at: number; readonly count: number }
  /** So many octets wait for each other, up to a moment. */
  | { readonly kind: 'coalesce'; readonly at: number; readonly count: number; readonly ms: number }
  /** What follows waits in memory. */
  | { readonly kind: 'delay'; readonly at: number; readonly ms: number }
  /** Nothing is read for a while: what follows waits in the sender's socket. */
  | { readonly kind: 'stall'; readonly at: number; readonly ms: number }
  /** Nothing is read any more, nor is the end of the stream passed on. */
  | { readonly kind: 'silence'; readonly at: number }
  /** Both sockets go with RST. */
  | { readonly kind: 'reset'; readonly at: number }
  /** FIN goes to the receiver; what follows is lost. The other direction goes on. */
  | { readonly kind: 'half-close'; readonly at: number }
  /** One octet arrives changed. */
  | { readonly kind: 'corrupt'; readonly at: number; readonly xor: number };

export interface PlannedMessage {
  readonly type: 'text' | 'binary';
  readonly octets: number;
  readonly fragments: number;
  /** Milliseconds to wait before it is sent; 0: in the same turn as the one before. */
  readonly pauseMs: number;
}

/** How a side of hawser's takes its messages. */
export const READERS = ['listener', 'handler', 'iterator'] as const;
export type Reader = (typeof READERS)[number];

/** Says all that is decided beforehand about one trial. */
export interface Schedule {
  readonly seed: number;
  readonly pairing: Pairing;
  readonly compression: 'none' | 'per message' | 'with context';
  readonly readers: Readonly<Record<Side, Reader>>;
  readonly messages: Readonly<Record<Side, readonly PlannedMessage[]>>;
  /** What happens to the octets that a side sends, in order. */
  readonly faults: Readonly<Record<Side, readonly Fault[]>>;
  /** Who ends it, and when: once all is confirmed, behind the last message, or while messages are still sent. */
  readonly closer: Side | 'both';
  readonly close: 'when confirmed' | 'behind' | 'midway' | 'terminate' | 'destroy';
}

/** Tells whether a fault keeps octets from arriving as they were sent. */
export function isFatal({ kind }: Fault): boolean {
  return kind === 'silence' || kind === 'reset' || kind === 'half-close' || kind === 'corrupt';
}

/** Tells whether all that is sent arrives, late at worst. */
export function isHarmless({ faults }: Schedule): boolean {
  return !SIDES.some((side) => faults[side].some(isFatal));
}

/** Tells whether octets may arrive changed. */
export function isCorrupting({ faults }: Schedule): boolean {
  return SIDES.some((side) => faults[side].some(({ kind }) => kind === 'corrupt'));
}

/** Lengths around which frames change their form. */
const CORNERS = [0, 1, 125, 126, 127, 1024, 4095, 65_535, 65_536];
/** Octets that the opening handshake has, about; faults fall there more often than by their share. */
const HANDSHAKE_OCTETS = 260;

/** Makes the schedule of a seed. */
export function makeSchedule(seed: number): Schedule {
  const chance = new Chance(seed);
  const messages = { client: planMessages(chance), server: planMessages(chance) };
  const faults = {
    client: planFaults(chance, messages.client),
    server: planFaults(chance, messages.server),
  };
  return {
    seed,
    pairing: chance.pick(PAIRINGS),
    compression: chance.pick(['none', 'none', 'per message', 'with context']),
    readers: { client: chance.pick(READERS), server: chance.pick(READERS) },
    messages,
    faults,
    closer: chance.pick(['client', 'server', 'both']),
    close: chance.pick(['when confirmed', 'when confirmed', 'behind', 'midway', 'terminate', 'destroy']),
  };
}

function planMessages(chance: Chance): PlannedMessage[] {
  const count = chance.oneIn(6) ? 0 : chance.magnitude(1, 60);
  return Array.from({ length: count }, () => ({
    type: chance.pick(['text', 'binary'] as const),
    octets: chance.oneIn(3) ? chance.pick(CORNERS) : chance.magnitude(1, chance.oneIn(10) ? 300_000 : 2_000),
    fragments: chance.oneIn(4) ? chance.between(2, 6) : 1,
    pauseMs: chance.oneIn(5) ? chance.between(1, 8) : 0,
  }));
}

function planFaults(chance: Chance, messages: readonly PlannedMessage[]): Fault[] {
  const total = messages.reduce((sum, { octets }) => sum + octets + 8, HANDSHAKE_OCTETS);
  const offset = (): number => chance.between(0, chance.oneIn(3) ? HANDSHAKE_OCTETS : total);
  const faults = Array.from({ length: chance.between(0, 8) }, () => passingFault(chance, offset()));
  if (chance.oneIn(3)) faults.push(fatalFault(chance, offset()));
  return faults.sort((one, other) => one.at - other.at);
}

function passingFault(chance: Chance, at: number): Fault {
  const kind = chance.pick(['split', 'split', 'drip', 'coalesce', 'delay', 'stall'] as const);
  if (kind === 'split') return { kind, at };
  if (kind === 'drip') return { kind, at, count: chance.magnitude(2, 400) };
  const ms = chance.between(1, 20);
  return kind === 'coalesce' ? { kind, at, count: chance.magnitude(2, 70_000), ms } : { kind, at, ms };
}

function fatalFault(chance: Chance, at: number): Fault {
  const kind = chance.pick(['silence', 'reset', 'half-close', 'corrupt', 'corrupt'] as const);
  return kind === 'corrupt' ? { kind, at, xor: chance.between(1, 255) } : { kind, at };
}
