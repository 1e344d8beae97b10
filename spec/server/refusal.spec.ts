import { expect } from 'chai';
import { InvalidOptionError } from '../../lib/errors.js';
import { Refusal, refuse } from '../../lib/server/refusal.js';

describe('refuse', () => {
  it('makes the whole response', () => {
    const refusal = refuse(403, { statusMessage: 'No', headers: { 'X-Why': 'so' }, body: 'go away' });
    expect(refusal).to.be.instanceOf(Refusal);
    expect([refusal.status, refusal.reason]).to.deep.equal([403, 'refused by authorize']);
    expect(refusal.response.toString()).to.equal(
      'HTTP/1.1 403 No\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 7\r\nX-Why: so\r\n\r\ngo away',
    );
  });

  it('throws at the call for what cannot be sent (H10)', () => {
    const wrong: readonly Parameters<typeof refuse>[] = [
      [200],
      [101],
      [304],
      [600],
      [NaN],
      ['403' as never],
      [403, { statusMessage: 'No\r\nSet-Cookie: a=b' }],
      [403, { headers: { 'X\r\nY': 'z' } }],
      [403, { headers: { X: 'a\nb' } }],
      [403, { headers: { X: 'a\0b' } }],
      [403, { headers: { 'Content-Length': '5' } }],
      [403, { body: {} as never }],
    ];
    for (const args of wrong)
      expect(() => refuse(...args), JSON.stringify(args)).to.throw(InvalidOptionError);
  });
});
