import fc from 'fast-check';
import { compare, type Tally } from './comparison.js';
import { recipes, streamOf, type RandomStream, type Recipe } from './random-stream.js';

/** Streams that are made from one seed of fast-check, before the next one. */
const BATCH = 10_000;

/** Is a stream that hawser, the model and the peers do not agree on. */
export interface Failure {
  readonly seed: number;
  readonly stream: RandomStream;
  readonly why: string;
}

/**
 * Compares many streams, which follow from the seed; yields after each batch, and for the last time with the smallest
 * stream that fails, if there is one.
 */
export function* comparing(streams: number, seed: number, tally: Tally): Generator<Failure | undefined> {
  for (let done = 0; done < streams; done += BATCH) {
    const numRuns = Math.min(BATCH, streams - done);
    const details = fc.check(
      fc.property(recipes, (recipe) => compare(streamOf(recipe), tally)),
      { numRuns, seed: seedOf(seed, done / BATCH) },
    );
    if (!details.failed) {
      yield undefined;
      continue;
    }
    const [recipe] = details.counterexample as [Recipe];
    const stream = streamOf(recipe);
    const { errorInstance } = details;
    yield {
      seed,
      stream,
      why: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    };
    return;
  }
}

/** Mixes the number of a batch into the seed, so that batches of neighbouring seeds have nothing in common. */
function seedOf(seed: number, batch: number): number {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(batch + 1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}

/** Describes a failure, with what it takes to see it again. */
export function describeFailure({ seed, stream, why }: Failure): string {
  const { options, octets, cuts } = stream;
  const command = [
    `node --import tsx spec/differential/run.ts --role ${options.role}`,
    `--max-message-bytes ${options.maxMessageBytes}`,
    `--max-empty-fragments ${options.maxEmptyFragments}`,
    ...(options.fragments ? ['--fragments'] : []),
    ...(cuts.length > 0 ? [`--cuts ${cuts.join(',')}`] : []),
    `--replay ${octets.toString('hex')}`,
  ];
  return `seed ${seed}\n${why}\nsmallest stream: ${octets.toString('hex')}\nreplay: ${command.join(' ')}`;
}

/** Describes what was counted, as a table. */
export function describeTally(tally: Tally): string {
  const lines = [`streams ${tally.streams}, octets ${tally.octets}, chunks ${tally.chunks}`];
  const list = (title: string, counts: ReadonlyMap<string, number>) => {
    lines.push(`${title}:`);
    for (const [name, times] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`  ${String(times).padStart(10)}  ${name}`);
    }
  };
  list('ends', tally.ends);
  list('compared with', tally.compared);
  list('different from', tally.different);
  list('explained by', tally.explained);
  return lines.join('\n');
}
