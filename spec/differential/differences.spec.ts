import { expect } from 'chai';
import { receiverOf } from './comparison.js';
import { DIFFERENCES, EXAMPLE_OPTIONS, dialectOf, differencesOf, type PeerName } from './differences.js';
import { chunksOf, type Outcome } from './outcome.js';
import { decode } from './reference-model.js';

const seen = ({ events, end }: Outcome) => [...events, end];

describe('differences from the peers', () => {
  for (const peer of Object.keys(DIFFERENCES) as PeerName[]) {
    describe(peer, () => {
      for (const [name, { example }] of differencesOf(peer)) {
        it(`${name}: is there, is all there is, and takes the whole explanation`, () => {
          const options = { ...EXAMPLE_OPTIONS, ...example };
          const octets = Buffer.from(example.octets.replaceAll(' ', ''), 'hex');
          const theirs = seen(receiverOf(peer)(chunksOf(octets, []), options));
          expect(theirs).to.not.deep.equal(seen(decode(octets, options)));
          expect(theirs).to.deep.equal(seen(decode(octets, options, dialectOf(peer))));
          expect(theirs).to.not.deep.equal(seen(decode(octets, options, dialectOf(peer, name))));
        });
      }
    });
  }
});
