import { expect } from 'chai';
import { cleanChatName, uniqueChatName } from '../../lib/cli/chat-name.js';

describe('cleanChatName', () => {
  const table: [what: string, wanted: string, name: string][] = [
    ['keeps names of any script', 'Зоя 水', 'Зоя 水'],
    ['trims and joins white space', '  Ann \n\t Lee ', 'Ann Lee'],
    ['drops what cannot be seen', '\u0000\u200b\u202e', ''],
    ['drops escape sequences', '\u001b[31mred', '[31mred'],
    ['cuts long names between characters', '🚢'.repeat(30), '🚢'.repeat(24)],
    ['bounds the marks on a letter', `x${'\u0323'.repeat(40)}y`, 'x\u0323\u0323y'],
  ];
  for (const [what, wanted, name] of table) {
    it(what, () => {
      expect(cleanChatName(wanted).normalize('NFC')).to.equal(name.normalize('NFC'));
    });
  }
});

describe('uniqueChatName', () => {
  it('numbers the later ones', () => {
    expect(uniqueChatName('Ann', new Set())).to.equal('Ann');
    expect(uniqueChatName('Ann', new Set(['Ann']))).to.equal('Ann 2');
    expect(uniqueChatName('Ann', new Set(['Ann', 'Ann 2', 'Bob']))).to.equal('Ann 3');
  });
});
