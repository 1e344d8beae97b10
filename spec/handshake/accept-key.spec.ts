import { expect } from 'chai';
import fc from 'fast-check';
import { acceptKey, generateKey, isValidKey } from '../../lib/handshake/accept-key.js';

describe('acceptKey', () => {
  it('answers the key of RFC 6455 §1.3', () => {
    expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).to.equal('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  it('hashes the key undecoded: two spellings of the same octets differ', () => {
    expect(acceptKey('dGhlIHNhbXBsZSBub25jZR==')).not.to.equal(acceptKey('dGhlIHNhbXBsZSBub25jZQ=='));
  });
});

describe('generateKey', () => {
  it('makes the base64 of 16 octets', () => {
    expect(Buffer.from(generateKey(), 'base64')).to.have.lengthOf(16);
    expect(isValidKey(generateKey())).to.equal(true);
  });

  it('makes another one each time', () => {
    expect(new Set(Array.from({ length: 100 }, generateKey)).size).to.equal(100);
  });
});

describe('isValidKey (RFC 6455 §4.2.1, item 5)', () => {
  const table: readonly (readonly [key: string, valid: boolean, why: string])[] = [
    ['dGhlIHNhbXBsZSBub25jZQ==', true, 'the example'],
    ['++++////AAAAaaaa0000zz==', true, 'every kind of digit'],
    ['dGhlIHNhbXBsZSBub25jZR==', true, 'unused bits set, which decoders may ignore'],
    ['', false, 'nothing'],
    ['==', false, 'padding alone'],
    ['dGhlIHNhbXBsZSBub25jZQ', false, 'no padding'],
    ['dGhlIHNhbXBsZSBub25jZQ=', false, 'half the padding'],
    ['dGhlIHNhbXBsZSBub25jZQ===', false, 'too much padding'],
    ['dGhlIHNhbXBsZSBub25j', false, '15 octets'],
    ['dGhlIHNhbXBsZSBub25jZWE=', false, '17 octets'],
    ['dGhlIHNhbXBsZSBub25jZWEh', false, '18 octets'],
    ['dGhlIHNhbXBsZSBub25j-_==', false, 'base64url'],
    ['dGhlIHNhbXBsZSBub25j Q==', false, 'a space inside'],
    ['dGhlIHNhbXBsZSBub25jZQ==\n', false, 'a line feed behind'],
    [' dGhlIHNhbXBsZSBub25jZQ==', false, 'a space in front'],
    ['dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==', false, 'two keys'],
  ];
  for (const [key, valid, why] of table) {
    it(`${valid ? 'takes' : 'refuses'} ${why}: ${JSON.stringify(key)}`, () => {
      expect(isValidKey(key)).to.equal(valid);
    });
  }

  it('takes any 16 octets and no other number of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
        expect(isValidKey(Buffer.from(octets).toString('base64'))).to.equal(octets.length === 16);
      }),
    );
  });
});
