import { expect } from 'chai';
import fc from 'fast-check';
import { LineSplitter } from '../../lib/cli/line-splitter.js';

/** Feeds octets in two pieces, cut at `cut`. */
function split(octets: Buffer, cut = octets.length): string[] {
  const splitter = new LineSplitter();
  return [
    ...splitter.push(octets.subarray(0, cut)),
    ...splitter.push(octets.subarray(cut)),
    ...splitter.end(),
  ];
}

describe('LineSplitter', () => {
  const table: [input: string, lines: string[]][] = [
    ['', []],
    ['one', ['one']],
    ['one\n', ['one']],
    ['one\ntwo', ['one', 'two']],
    ['one\r\ntwo\r\n', ['one', 'two']],
    ['\n\n', ['', '']],
    ['a\rb\n', ['a\rb']],
    ['\ufeffmark\n', ['\ufeffmark']],
    ['Grüße, 水\nund 🚢\n', ['Grüße, 水', 'und 🚢']],
  ];
  for (const [input, lines] of table) {
    it(`splits ${JSON.stringify(input)}, wherever the chunks end`, () => {
      const octets = Buffer.from(input);
      for (let cut = 0; cut <= octets.length; cut++) expect(split(octets, cut)).to.deep.equal(lines);
    });
  }

  it('gives back any lines that were joined', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, '') || 'x');
    fc.assert(
      fc.property(fc.array(line), fc.nat(), (lines, cut) => {
        const octets = Buffer.from(lines.join('\n'));
        expect(split(octets, cut % (octets.length + 1))).to.deep.equal(lines);
      }),
    );
  });

  it('refuses octets that are no UTF-8, at once', () => {
    expect(() => new LineSplitter().push(Buffer.from('6162ff', 'hex'))).to.throw('not UTF-8');
  });

  it('refuses an input that ends inside of a character', () => {
    const splitter = new LineSplitter();
    splitter.push(Buffer.from('c3', 'hex'));
    expect(() => splitter.end()).to.throw('not UTF-8');
  });

  it('refuses a line over the limit, but not as long a file of shorter lines', () => {
    const splitter = new LineSplitter(4);
    expect(splitter.push(Buffer.from('1234\n1234\n12'))).to.deep.equal(['1234', '1234']);
    expect(splitter.push(Buffer.from('34'))).to.deep.equal([]);
    expect(() => splitter.push(Buffer.from('5'))).to.throw('longer than 4 characters');
  });
});
