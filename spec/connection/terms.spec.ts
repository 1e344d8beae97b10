import { expect } from 'chai';
import { NO_TERMS, termsOf } from '../../lib/connection/terms.js';

describe('terms', () => {
  const chat = { protocol: 'chat', extensions: 'x', path: '/room', query: 'a=1' };

  it('keeps what was agreed on, and no header fields', () => {
    const details = { ...chat, headers: { host: 'example.org' } };
    expect(termsOf(details, 'me')).to.deep.equal({ ...chat, remoteName: 'me' });
    expect(NO_TERMS).to.deep.equal({ protocol: '', extensions: '', path: '', query: '', remoteName: '' });
  });

  it('is shared by connections that agreed on the same, one after the other', () => {
    expect(termsOf({ ...chat }, 'me')).to.equal(termsOf({ ...chat }, 'me'));
  });

  for (const [name, value] of Object.entries({ protocol: 'b', extensions: 'y', path: '/', query: '' })) {
    it(`is not shared with another ${name}`, () => {
      const first = termsOf(chat, '');
      const other = { ...chat, [name]: value };
      expect(termsOf(other, '')).to.deep.equal({ ...other, remoteName: '' });
      expect(first).to.deep.equal({ ...chat, remoteName: '' });
    });
  }

  it('is not shared with another name', () => {
    const first = termsOf(chat, 'one');
    expect(termsOf(chat, 'two').remoteName).to.equal('two');
    expect(first.remoteName).to.equal('one');
  });
});
