import { differencesOf, dialectOf, type PeerName } from './differences.js';
import { receiveWithHawser } from './hawser-receiver.js';
import { agree, chunksOf, describeOutcome, type Outcome, type Receive } from './outcome.js';
import type { RandomStream } from './random-stream.js';
import { decode } from './reference-model.js';
import { receiveWithUndici } from './undici-receiver.js';
import { receiveWithWs } from './ws-receiver.js';

const RECEIVERS: Readonly<Record<PeerName, Receive>> = { ws: receiveWithWs, undici: receiveWithUndici };

/** Gives the receiver of a peer. */
export function receiverOf(peer: PeerName): Receive {
  return RECEIVERS[peer];
}

/** Counts what was compared. */
export class Tally {
  streams = 0;
  octets = 0;
  chunks = 0;
  /** Streams by their end. */
  readonly ends = new Map<string, number>();
  /** Streams by the peer they were compared with. */
  readonly compared = new Map<string, number>();
  /** Streams of which a peer made something else, by peer. */
  readonly different = new Map<string, number>();
  /** Streams to which a difference was essential, by peer and difference. */
  readonly explained = new Map<string, number>();
}

/**
 * Asserts that hawser makes of a stream exactly what the model does, with the chunk in which the model knows the end.
 * @returns what the model makes of it.
 */
export function compareWithModel({ options, octets, cuts }: RandomStream): Outcome {
  const wanted = decode(octets, options);
  const got = receiveWithHawser(chunksOf(octets, cuts), options);
  const at = wanted.at === 0 ? 0 : (cuts.find((cut) => cut >= wanted.at) ?? octets.length);
  const isNamed = got.rules.every((rule) => wanted.rules.includes(rule));
  if (
    !agree(got, wanted) ||
    got.at !== at ||
    !isNamed ||
    got.rules.length !== Math.min(1, wanted.rules.length)
  ) {
    throw new Error(
      disagreement(
        'hawser',
        { ...got, end: `${got.end} at ${got.at}` },
        { ...wanted, end: `${wanted.end} at ${at}` },
      ),
    );
  }
  return wanted;
}

/** Asserts the same, and that each peer does so, too, but for the differences that are explained. */
export function compare(stream: RandomStream, tally: Tally): void {
  const { options, octets, cuts } = stream;
  const wanted = compareWithModel(stream);
  tally.streams += 1;
  tally.octets += octets.length;
  tally.chunks += cuts.length + 1;
  count(tally.ends, wanted.end.split(' ', wanted.end.startsWith('fail') ? 2 : 1).join(' '));
  for (const peer of ['ws', 'undici'] as const) {
    if (peer === 'undici' && options.role === 'server') continue;
    count(tally.compared, peer);
    const theirs = RECEIVERS[peer](chunksOf(octets, cuts), options);
    if (agree(theirs, wanted)) continue;
    count(tally.different, peer);
    const explained = decode(octets, options, dialectOf(peer));
    if (!agree(theirs, explained)) throw new Error(disagreement(peer, theirs, explained));
    const essential = differencesOf(peer).filter(
      ([name]) => !agree(theirs, decode(octets, options, dialectOf(peer, name))),
    );
    // Where one would do for another, neither is essential.
    if (essential.length === 0) count(tally.explained, `${peer}: several at once`);
    for (const [name] of essential) count(tally.explained, `${peer}: ${name}`);
  }
}

function disagreement(who: string, got: Outcome, wanted: Outcome): string {
  const model = who === 'hawser' ? 'the model says' : `the model with the differences of ${who} says`;
  return `no explanation: ${who} says\n${describeOutcome(got)}\n${model}\n${describeOutcome(wanted)}`;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
