import { expect } from 'chai';
import { suggestWord } from '../../lib/cli/suggestion.js';

describe('suggestWord', () => {
  const words = ['--header', '--help', '--protocol', '--ping'];
  const table: [typed: string, meant: string | undefined][] = [
    ['--haeder', '--header'],
    ['--headers', '--header'],
    ['--hep', '--help'],
    ['--pring', '--ping'],
    ['--pnig', '--ping'],
    ['--proto', '--protocol'],
    ['--colour', undefined],
    ['-x', undefined],
    ['', undefined],
  ];
  for (const [typed, meant] of table) {
    it(`takes "${typed}" for ${meant ?? 'nothing known'}`, () => {
      expect(suggestWord(typed, words)).to.equal(meant);
    });
  }

  it('prefers the nearest word to the first one', () => {
    expect(suggestWord('stop', ['step up', 'shop', 'stop!'])).to.equal('stop!');
    expect(suggestWord('serev', ['seven', 'serve'])).to.equal('serve');
  });
});
