import { expect } from 'chai';
import { ROLES } from '../wire-peer.js';
import { showPair, type Completion, type Context, type Place } from './oracle/first-octets.js';
import {
  compressedMessage,
  epilogueOf,
  octetsOf,
  prologue,
  storyOf,
  trials,
} from './oracle/frame-stories.js';
import {
  Differences,
  observeEach,
  withoutStacks,
  type ObservedConnection,
} from './oracle/observed-connection.js';

/*
 * The first two octets of a frame, as connections judge them: all 65,536 once our Close was sent, which no parser knows of;
 * else all that the table in oracle/first-octets.ts accepts, and a part of what it refuses.
 */

const PAIRS = 0x1_0000;

/** One in so many refused pairs is also tried on a connection; prime to 256, so that it is not always the same octet. */
const SHARE = 13;

/** Lists where a connection is when the frame comes, and which share of the refused pairs is tried there. */
const PLACES: readonly (readonly [place: Place, compression: boolean, share: number])[] = [
  ['fresh', false, SHARE],
  ['inside a text message', false, SHARE],
  ['inside a binary message', false, SHARE],
  ['closing', false, 1],
  ['fresh', true, SHARE],
  ['inside a text message', true, SHARE],
  ['inside a binary message', true, SHARE],
  ['closing', true, SHARE],
];

describe("a frame's first two octets, all 65,536 of them, for connections", function () {
  this.timeout(120_000);
  withoutStacks();

  for (const role of ROLES) {
    for (const [place, compression, share] of PLACES) {
      const context: Context = { role, place, compression };
      it(`are judged in the ${role} role, ${place}, ${compression ? 'with' : 'without'} permessage-deflate`, async () => {
        const differences = new Differences();
        const begin = (observed: ObservedConnection, [pair, completion]: [number, Completion?]): void => {
          if (place === 'closing') observed.connection.close();
          if (compression) observed.receive(compressedMessage(role));
          // Not compressed itself: a compressed one could not go on with octets that are none.
          observed.receive(prologue({ ...context, compression: false }));
          observed.receive(octetsOf(pair));
          if (completion !== undefined) observed.receive(completion.rest);
          observed.receive(epilogueOf(role, completion?.lastOctets));
        };
        const count = await observeEach(
          role,
          trials(context, share),
          begin,
          (observed, [pair, completion]) => {
            const what = (): string => `${showPair(pair)} ${completion?.rest.toString('hex', 0, 14) ?? ''}`;
            const story = storyOf(pair, completion, context);
            differences.compare(what, observed.told.join(', '), story.told);
            differences.compare(what, observed.sent.join(', '), story.sent);
            if (story.broken.length === 0) differences.compare(what, observed.broken, undefined);
            else if (!story.broken.includes(String(observed.broken)) || observed.brokenCode !== 1002)
              differences.compare(what, observed.broken, story.broken.join(' or '));
          },
          compression ? { extensions: 'permessage-deflate' } : {},
        );
        expect(differences.shown, `${differences.count} differences`).to.deep.equal([]);
        if (share === 1) expect(count).to.be.above(PAIRS);
        else expect(count).to.be.above(PAIRS / SHARE);
      });
    }
  }
});
