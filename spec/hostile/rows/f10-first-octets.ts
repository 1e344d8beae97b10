import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Hawser from '../../../lib/index.js';
import type { Completion, Context } from '../../conformance/oracle/first-octets.js';
import {
  compressedMessage,
  epilogueOf,
  octetsOf,
  prologue,
  storyOf,
  trials,
} from '../../conformance/oracle/frame-stories.js';
import {
  Differences,
  observeEach,
  type ObservedConnection,
  type Takeover,
} from '../../conformance/oracle/observed-connection.js';
import type { Row } from '../row.js';
import { tally } from '../verdicts.js';

const PLACES = ['fresh', 'inside a text message', 'inside a binary message', 'closing'] as const;

/** One in so many is tried in a quick run; prime to 256. */
const QUICK_SHARE = 61;

const CONTEXTS: readonly Context[] = (['server', 'client'] as const).flatMap((role) =>
  [false, true].flatMap((compression) => PLACES.map((place) => ({ role, place, compression }))),
);

type Trial = readonly [pair: number, completion?: Completion];

function* oneIn(share: number, all: Iterable<Trial>): Generator<Trial> {
  let index = 0;
  for (const trial of all) if (index++ % share === 0) yield trial;
}

/** Tries pairs in one state, on connections made over streams in memory. */
async function compareWithTable(
  context: Context,
  share: number,
  takeover: Takeover,
  differences: Differences,
): Promise<number> {
  const { role, place, compression } = context;
  const begin = (observed: ObservedConnection, [pair, completion]: Trial): void => {
    if (place === 'closing') observed.connection.close();
    if (compression) observed.receive(compressedMessage(role));
    observed.receive(prologue({ ...context, compression: false }));
    observed.receive(octetsOf(pair));
    if (completion !== undefined) observed.receive(completion.rest);
    observed.receive(epilogueOf(role, completion?.lastOctets));
  };
  const judge = (observed: ObservedConnection, [pair, completion]: Trial): void => {
    const story = storyOf(pair, completion, context);
    const is = [...observed.told, ...observed.sent].join(', ');
    const ought = [story.told, story.sent].filter((line) => line !== '').join(', ');
    if (is !== ought) differences.note(`${octetsOf(pair).toString('hex')} ${place}`);
  };
  const options = { ...(compression && { extensions: 'permessage-deflate' }) };
  return observeEach<Trial>(role, oneIn(share, trials(context, 1)), begin, judge, options, takeover);
}

export const firstOctets: Row = {
  id: 'F10',
  peer: 'sends each of the 65,536 values of the first two octets, in every state, in both roles',
  must: 'exactly what an independent table of the RFC says',
  withoutWs: '(has no connections over streams)',
  removal: {
    file: 'protocol/frame-parser.ts',
    code: 'if (this.#insideMessage) throw violation.unfinishedMessage();',
    instead: '',
  },
  async run(library, scale) {
    if (library.name !== 'hawser') return { held: false, figure: 'cannot be tried' };
    const { Connection } = (await import(
      pathToFileURL(join(library.folder, 'index.ts')).href
    )) as typeof Hawser;
    const takeover: Takeover = Connection.takeover.bind(Connection);
    const differences = new Differences();
    const { stackTraceLimit } = Error;
    // A hundred thousand connections fail here.
    Error.stackTraceLimit = 0;
    let count = 0;
    for (const context of CONTEXTS)
      count += await compareWithTable(context, scale === 'full' ? 1 : QUICK_SHARE, takeover, differences);
    Error.stackTraceLimit = stackTraceLimit;
    const wrong = Array.from({ length: differences.count }, (_, index) => differences.shown[index] ?? '');
    return { held: count > 0 && wrong.length === 0, figure: tally(count, wrong) };
  },
};
