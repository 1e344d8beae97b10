import { expect } from 'chai';
import { codeBlocks, listExamples, readPages, regionsOf } from './documentation.js';

const PROGRAMS = /^(?:ts|typescript|mts|js|javascript|mjs|cjs|tsx|jsx)$/;

describe('the code in the documentation', () => {
  const blocks = readPages().flatMap(codeBlocks);
  const regions = new Map(listExamples().flatMap((example) => [...regionsOf(example)]));

  it('is there', () => {
    expect(blocks.filter(({ language }) => PROGRAMS.test(language))).to.have.length.above(40);
    expect(regions).to.have.property('size').above(40);
  });

  it('has a language in every block', () => {
    expect(blocks.filter(({ language }) => language === '').map(({ where }) => where)).to.deep.equal([]);
  });

  it('names the example that every program was taken from', () => {
    const homeless = blocks.filter(({ language, source }) => PROGRAMS.test(language) && source === undefined);
    expect(homeless.map(({ where }) => where)).to.deep.equal([]);
  });

  it('names regions that exist', () => {
    const wrong = blocks.filter(({ source }) => source !== undefined && !regions.has(source));
    expect(wrong.map(({ where, source }) => `${where} from ${String(source)}`)).to.deep.equal([]);
  });

  for (const { where, source, text } of blocks) {
    if (source === undefined || !regions.has(source)) continue;
    it(`is ${source}, to the letter, at ${where}`, () => {
      expect(text).to.equal(regions.get(source));
    });
  }

  it('shows every region of the examples', () => {
    const shown = new Set(blocks.map(({ source }) => source));
    expect([...regions.keys()].filter((name) => !shown.has(name))).to.deep.equal([]);
  });
});
