import { expect } from 'chai';
import fc from 'fast-check';
import { ObservedConnection, withoutStacks } from '../conformance/oracle/observed-connection.js';
import { readFrames } from '../conformance/oracle/sent-frames.js';
import { turn } from '../turns.js';
import { chunksOf } from './outcome.js';
import { recipes, streamOf, type RandomStream } from './random-stream.js';
import { decode } from './reference-model.js';

const STREAMS = Math.min(4_000, Number(process.env['HAWSER_STREAMS'] ?? 4_000));
const SEED = Number(process.env['HAWSER_SEED'] ?? 6455);

/** Says what a connection that receives a stream has to tell and to send, by the model. */
function promised({ octets, options }: RandomStream): string[] {
  const { events, end, rules } = decode(octets, options);
  const [kind, code, reason = ''] = end.split(' ');
  const pongs = events
    .filter((event) => event.startsWith('ping'))
    .map((event) => event.replace('ping', 'sends pong').trimEnd());
  const told = events.map((event) => event.trimEnd());
  const text = Buffer.from(reason, 'hex').toString();
  switch (kind) {
    case 'open':
      return [...told, 'disconnect 1006', ...pongs];
    case 'close':
      return [
        ...told,
        `closing ${code} remote`,
        `disconnect ${code}${text === '' ? '' : ` ${text}`}, clean`,
        ...pongs,
        code === '1005' ? 'sends close' : `sends close ${code}`,
      ];
    default:
      return [
        ...told,
        `closing ${code} local`,
        'disconnect 1006',
        `breaks ${rules.join(' or ')}`,
        ...pongs,
        `sends close ${code}`,
      ];
  }
}

/** Gives what a connection told and sent; that it broke one of the rules it may have broken, reads as all of them. */
function kept({ told, broken, sent }: ObservedConnection, { octets, options }: RandomStream): string[] {
  const { rules } = decode(octets, options);
  const breaks = broken !== undefined && rules.includes(broken) ? rules.join(' or ') : broken;
  return [
    ...told,
    ...(breaks === undefined ? [] : [`breaks ${breaks}`]),
    ...sent.map((line) => `sends ${line}`),
  ];
}

describe('random streams: a connection and the model by the letter', () => {
  withoutStacks();

  it(`agree on ${STREAMS} streams of seed ${SEED}: on events, on the closing handshake and on what is sent`, async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(recipes, async (recipe) => {
        const stream = streamOf({ ...recipe, fragments: false });
        const { role, maxMessageBytes, maxEmptyFragments } = stream.options;
        const observed = new ObservedConnection(role, { maxMessageBytes, maxEmptyFragments });
        await turn();
        for (const [i, chunk] of chunksOf(stream.octets, stream.cuts).entries()) {
          observed.receive(chunk);
          if ((recipe.keySeed >> (i % 16)) % 2 === 1) await turn();
        }
        await turn();
        observed.receiveEnd();
        await turn();
        observed.connection.terminate();
        await turn();
        expect(kept(observed, stream)).to.deep.equal(promised(stream));
        for (const { key, opcode, payload } of readFrames(observed.wire)) {
          expect(key !== undefined).to.equal(role === 'client');
          // An answer names the code that came, and no reason.
          const isAnswer = opcode === 8 && observed.broken === undefined;
          if (isAnswer) expect(payload.length).to.be.at.most(2);
        }
      }),
      { numRuns: STREAMS, seed: SEED },
    );
  });
});
