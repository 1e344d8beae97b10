import { expect } from 'chai';
import { NO_TERMS, termsOf } from '../../lib/connection/terms.js';

describe('terms', () => {
  const chat = { protocol: 'chat', extensions: 'x', path: '/room', query: 'a=1' };

  it('keeps what was agreed on, and no header fields', () => {
    const details = { ...chat, headers: { host: 'example.org' } };
    expect(termsOf(details)).to.deep.equal(chat);
    expect(NO_TERMS).to.deep.equal({ protocol: '', extensions: '', path: '', query: '' });
  });

  it('is shared by connections that agreed on the same, one after the other', () => {
    expect(termsOf({ ...chat })).to.equal(termsOf({ ...chat }));
  });

  for (const [name, value] of Object.entries({ protocol: 'b', extensions: 'y', path: '/', query: '' })) {
    it(`is not shared with another ${name}`, () => {
      const first = termsOf(chat);
      expect(termsOf({ ...chat, [name]: value })).to.deep.equal({ ...chat, [name]: value });
      expect(first).to.deep.equal(chat);
    });
  }
});
