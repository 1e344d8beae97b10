import { expect } from 'chai';
import { wholeFrame } from '../../lib/connection/whole-frame.js';

describe('wholeFrame (RFC 6455 §5.2)', () => {
  it('frames text as UTF-8, and octets', () => {
    expect(wholeFrame(1, false, 'h\u00e9\ud83d').toString('hex')).to.equal('8106' + '68c3a9efbfbd');
    expect(wholeFrame(2, false, Buffer.from('00ff', 'hex')).toString('hex')).to.equal('820200ff');
    expect(wholeFrame(1, false, '').toString('hex')).to.equal('8100');
  });

  it('marks what is compressed', () => {
    expect(wholeFrame(1, true, Buffer.from([0])).toString('hex')).to.equal('c10100');
  });

  for (const [length, header] of [
    [125, '827d'],
    [126, '827e007e'],
    [65_535, '827effff'],
    [65_536, '827f0000000000010000'],
  ] as const) {
    it(`writes a length of ${length} as it has to`, () => {
      const octets = Buffer.alloc(length, 7);
      const frame = wholeFrame(2, false, octets);
      expect(frame.toString('hex', 0, header.length / 2)).to.equal(header);
      expect(frame.subarray(header.length / 2).equals(octets)).to.equal(true);
    });
  }

  it('copies', () => {
    const octets = Buffer.from('a');
    const frame = wholeFrame(2, false, octets);
    octets[0] = 0;
    expect(frame.toString('hex')).to.equal('820161');
  });
});
