import { expect } from 'chai';
import { printableOctets, printableText } from '../../lib/cli/printable-text.js';

describe('printableText', () => {
  const table: [what: string, text: string, shown: string][] = [
    ['ordinary text', 'Grüße, 水 🚢', 'Grüße, 水 🚢'],
    ['line feeds and tabs', 'a\tb\nc', 'a\tb\nc'],
    ['escape sequences', '\u001b[2J\u001b]0;title\u0007', '\\x1b[2J\\x1b]0;title\\x07'],
    ['carriage returns', 'good\rbad', 'good\\x0dbad'],
    ['C1 controls', '\u009b31m', '\\x9b31m'],
    ['characters that turn the direction', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
  ];
  for (const [what, text, shown] of table) {
    it(`shows ${what}`, () => {
      expect(printableText(text)).to.equal(shown);
    });
  }
});

describe('printableOctets', () => {
  it('shows octets in hex', () => {
    expect(printableOctets(Buffer.from('00ff10', 'hex'))).to.equal('00 ff 10');
    expect(printableOctets(Buffer.alloc(0))).to.equal('');
  });

  it('says when there are more', () => {
    expect(printableOctets(Buffer.from('010203', 'hex'), 2)).to.equal('01 02 …');
  });
});
