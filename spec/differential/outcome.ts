/** Names the role of whoever receives a stream. */
export type ReceivingRole = 'client' | 'server';

/** Says how a receiver is configured; every receiver gets the same. */
export interface ReceiverOptions {
  readonly role: ReceivingRole;
  /** Longest message in octets; Infinity for none. */
  readonly maxMessageBytes: number;
  /** Most empty fragments in a row; only hawser has such a limit. */
  readonly maxEmptyFragments: number;
  /** Whether hawser hands on pieces; its limit then holds for each frame. */
  readonly fragments: boolean;
}

/** Tells what a receiver made of a stream. */
export interface Outcome {
  /** Messages, pings and pongs in order: the kind, and the payload as hex. */
  readonly events: readonly string[];
  /** `open` when more may come, `close CODE REASON` with the reason as hex, or `fail CODE`. */
  readonly end: string;
  /** Octets after which the end was known, and so the chunk; 0 while open. Receivers tell the chunk's last one. */
  readonly at: number;
  /** Error codes that name what was broken: the receiver's own, or for the model all that apply. */
  readonly rules: readonly string[];
}

/** Receives a stream that comes in chunks. */
export type Receive = (chunks: readonly Buffer[], options: ReceiverOptions) => Outcome;

/** Tells whether two receivers agree; when they knew it and how they call it aside. */
export function agree(left: Outcome, right: Outcome): boolean {
  return (
    left.end === right.end &&
    left.events.length === right.events.length &&
    left.events.every((event, i) => event === right.events[i])
  );
}

/** Shows an outcome on some lines. */
export function describeOutcome({ events, end, rules }: Outcome): string {
  return [...events, rules.length > 0 ? `${end} (${rules.join(' or ')})` : end].join('\n');
}

/** Gives octets cut at some places as chunks of their own, which receivers may change. */
export function chunksOf(octets: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts, octets.length];
  return ends.map((end, i) => Buffer.from(octets.subarray(i === 0 ? 0 : ends[i - 1], end)));
}
