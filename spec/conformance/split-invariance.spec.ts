import { expect } from 'chai';
import { receiveWithHawser } from '../differential/hawser-receiver.js';
import { chunksOf, type ReceiverOptions, type ReceivingRole } from '../differential/outcome.js';
import { decode } from '../differential/reference-model.js';
import { turn, until } from '../turns.js';
import { ROLES } from '../wire-peer.js';
import { COMPRESSED } from './corpus/compressed.js';
import { CORPUS } from './corpus/corpus.js';
import { eventsOf, framesOf, type CorpusStream } from './corpus/corpus-stream.js';
import { Differences, ObservedConnection, withoutStacks } from './oracle/observed-connection.js';
import { readFrames, type SentFrame } from './oracle/sent-frames.js';
import { allCuts, doubleCuts, sampleOf, singleCuts } from './segmentations.js';

const SEED = 6455;
/** Octets up to which a connection gets a stream octet by octet, and in more segmentations. */
const OCTETS = 600;

/** Gives the options under which a stream is received. */
function optionsOf(stream: CorpusStream, role: ReceivingRole, fragments = false): ReceiverOptions {
  const { maxMessageBytes = 16 * 1024 * 1024, maxEmptyFragments = 1024 } = stream;
  return { role, maxMessageBytes, maxEmptyFragments, fragments };
}

/** Says what the table wants: the events, the end, the rule that is broken. */
function wantedOf(stream: CorpusStream, role: ReceivingRole): string[] {
  const [kind, code, rule] = stream.end.split(' ');
  if (kind !== 'fail') return [...eventsOf(stream), stream.end];
  const name = rule === 'MASK' ? (role === 'server' ? 'MASK_REQUIRED' : 'MASK_FORBIDDEN') : rule;
  return [...eventsOf(stream), `fail ${code}`, `ERR_WS_${name}`];
}

/** Tells what the parser and the assembler make of a stream. */
function received(octets: Buffer, cuts: readonly number[], options: ReceiverOptions): string[] {
  const { events, end, rules } = receiveWithHawser(chunksOf(octets, cuts), options);
  return [...events, end, ...rules];
}

/** Makes a connection that echoes. */
function echoing(stream: CorpusStream, role: ReceivingRole): ObservedConnection {
  const { maxMessageBytes, maxEmptyFragments } = optionsOf(stream, role);
  const { extensions = '' } = stream;
  const observed = new ObservedConnection(role, { maxMessageBytes, maxEmptyFragments, extensions });
  const { connection } = observed;
  connection.on('text', (text) => connection.send('text', text));
  connection.on('binary', (data) => connection.send('binary', data));
  return observed;
}

/** Plays a stream in several segmentations, with a turn of the event loop for each chunk or for all. */
async function play(
  stream: CorpusStream,
  role: ReceivingRole,
  segmentations: readonly (readonly number[])[],
  hasTurns: boolean,
): Promise<string[]> {
  const octets = Buffer.concat(framesOf(stream, role));
  const runs = segmentations.map((cuts) => ({
    observed: echoing(stream, role),
    chunks: chunksOf(octets, cuts),
  }));
  await turn();
  for (let i = 0; runs.some(({ chunks }) => i < chunks.length); i++) {
    for (const { observed, chunks } of runs) if (i < chunks.length) observed.receive(chunks[i]!);
    if (hasTurns) await turn();
  }
  await turn();
  for (const { observed } of runs) observed.receiveEnd();
  try {
    await until(() => runs.every(({ observed }) => observed.connection.destroyed));
  } finally {
    for (const { observed } of runs) observed.connection.terminate();
  }
  await turn();
  return runs.map(({ observed }) => {
    const { told, broken } = observed;
    const frames = readFrames(observed.wire);
    // A pong does not wait for what the thread pool compresses: which of them is first, time tells.
    const mayOvertake = (frame: SentFrame): boolean =>
      stream.extensions !== undefined && frame.opcode === 0xa;
    const inOrder = [
      ...frames.filter((frame) => !mayOvertake(frame)),
      ...frames.filter((frame) => mayOvertake(frame)),
    ];
    const sent = inOrder.map(
      ({ fin, rsv, opcode, key, payload }) =>
        `${fin} ${rsv} ${opcode} ${key !== undefined} ${payload.toString('hex')}`,
    );
    return [...told, broken, ...sent].join('\n');
  });
}

/**
 * Leaves of a play what the table speaks of: not how the connection ended, but by what; of our own Close only its code;
 * and not answers that may be compressed.
 */
function tellingOf(play: string, { end, extensions }: CorpusStream): string {
  const untold = extensions === undefined ? /^disconnect/ : /^(?:disconnect|(?:true|false) \d (?!8 ))/;
  return play
    .split('\n')
    .filter((line) => !untold.test(line))
    .map((line) => (end.startsWith('fail') ? line.replace(/^(true 0 8 \w+ .{4}).*/, '$1') : line))
    .join('\n');
}

/** Says what an echoing connection has to make of a stream: events, end, rule; then the echoes, the pongs and the Close. */
function promisedBy(stream: CorpusStream, role: ReceivingRole): string {
  const events = eventsOf(stream);
  const [kind, code] = stream.end.split(' ');
  const closing = kind === 'open' ? [] : [`closing ${code} ${kind === 'fail' ? 'local' : 'remote'}`];
  const rule = kind === 'fail' ? wantedOf(stream, role).at(-1) : '';
  const answers = (stream.extensions === undefined ? events : [])
    .filter((event) => !event.startsWith('pong'))
    .map((event) => {
      const [name = '', payload] = event.split(' ');
      return `true 0 ${{ text: 1, binary: 2, ping: 10 }[name]} ${role === 'client'} ${payload}`;
    });
  // Ours names the code that came, and no reason (RFC 6455 §5.5.1).
  const hex = code === '1005' ? '' : Number(code).toString(16).padStart(4, '0');
  const close = kind === 'open' ? [] : [`true 0 8 ${role === 'client'} ${hex}`];
  return [...events.map((event) => event.trimEnd()), ...closing, rule, ...answers, ...close].join('\n');
}

describe('split invariance', function () {
  this.timeout(60_000);
  withoutStacks();

  it('names each stream once, and the table says what the letter says', () => {
    const streams = Object.values(CORPUS).flat();
    const names = [...streams, ...COMPRESSED].map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    for (const role of ROLES) {
      for (const stream of streams) {
        const { events, end, rules } = decode(Buffer.concat(framesOf(stream, role)), optionsOf(stream, role));
        const rule = wantedOf(stream, role).slice(events.length + 1);
        expect([...events, end], stream.name).to.deep.equal(
          wantedOf(stream, role).slice(0, events.length + 1),
        );
        expect(rules, stream.name).to.include.members(rule);
      }
    }
  });

  for (const role of ROLES) {
    describe(`as a ${role}, in the parser and the assembler`, () => {
      for (const [about, streams] of Object.entries(CORPUS)) {
        it(`${about}: at every place, at every two places, and octet by octet`, () => {
          const differences = new Differences();
          for (const stream of streams) {
            const frames = framesOf(stream, role);
            const octets = Buffer.concat(frames);
            const wanted = wantedOf(stream, role).join('\n');
            const segmentations = [
              [],
              ...singleCuts(frames, SEED).map((place) => [place]),
              ...doubleCuts(frames, SEED),
              allCuts(frames),
            ];
            // The limit on messages means something else in pieces; all else has to be the same.
            const modes = stream.maxMessageBytes === undefined ? [false, true] : [false];
            for (const fragments of modes) {
              const options = optionsOf(stream, role, fragments);
              for (const cuts of segmentations) {
                const got = received(octets, cuts, options).join('\n');
                if (got !== wanted)
                  differences.compare(() => `${stream.name}, cut at ${cuts.join()}`, got, wanted);
              }
            }
          }
          expect(differences.shown).to.deep.equal([]);
        });
      }
    });

    describe(`as a ${role}, in a connection that echoes`, () => {
      for (const [about, streams] of Object.entries({ ...CORPUS, compressed: COMPRESSED })) {
        it(`${about}: the same events and the same octets, in one turn and in many`, async () => {
          const differences = new Differences();
          for (const stream of streams) {
            const frames = framesOf(stream, role);
            const [whole] = await play(stream, role, [[]], false);
            differences.compare(() => stream.name, tellingOf(whole!, stream), promisedBy(stream, role));
            const isShort = Buffer.concat(frames).length <= OCTETS;
            const most = isShort ? 40 : 10;
            const tried = [
              ...sampleOf(singleCuts(frames, SEED), most).map((place) => [place]),
              ...sampleOf(doubleCuts(frames, SEED), most),
              ...(isShort ? [allCuts(frames)] : []),
            ];
            for (const hasTurns of [false, true]) {
              for (const [i, got] of (await play(stream, role, tried, hasTurns)).entries()) {
                differences.compare(() => `${stream.name}, cut at ${tried[i]!.join()}`, got, whole);
              }
            }
          }
          expect(differences.shown).to.deep.equal([]);
        });
      }
    });
  }
});
