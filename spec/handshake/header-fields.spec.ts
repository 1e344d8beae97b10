import { expect } from 'chai';
import fc from 'fast-check';
import { HeaderFields } from '../../lib/handshake/header-fields.js';

const RAW = ['Host', 'a', 'X-List', ' b, c ', 'x-list', '', 'X-LIST', 'd', 'hOST', 'e', 'Empty', ''] as const;

describe('HeaderFields', () => {
  const fields = new HeaderFields(RAW);

  it('counts every occurrence', () => {
    expect(fields.count).to.equal(6);
    expect(new HeaderFields([]).count).to.equal(0);
  });

  it('gathers the values of a field in any letter case, in order, trimmed', () => {
    expect(fields.all('host')).to.deep.equal(['a', 'e']);
    expect(fields.all('x-list')).to.deep.equal(['b, c', '', 'd']);
    expect(fields.all('absent')).to.deep.equal([]);
  });

  it('gives a single value only for a field that came once', () => {
    expect(fields.single('empty')).to.equal('');
    expect(fields.single('host')).to.equal(undefined);
    expect(fields.single('absent')).to.equal(undefined);
  });

  it('combines fields, leaving out empty ones (RFC 7230 §3.2.2)', () => {
    expect(fields.combined('x-list')).to.equal('b, c, d');
    expect(fields.combined('empty')).to.equal('');
    expect(fields.combined('absent')).to.equal('');
  });

  it('lists the elements over all fields', () => {
    expect(fields.list('x-list')).to.deep.equal(['b', 'c', 'd']);
    expect(fields.list('absent')).to.deep.equal([]);
  });

  it('copies itself into a record', () => {
    expect({ ...fields.toRecord() }).to.deep.equal({
      host: ['a', 'e'],
      'x-list': ['b, c', '', 'd'],
      empty: '',
    });
  });

  it('ignores a name without a value', () => {
    const odd = new HeaderFields(['a', '1', 'b']);
    expect(odd.count).to.equal(1);
    expect(odd.all('b')).to.deep.equal([]);
  });

  describe('names of the prototype (H3)', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'prototype', 'valueOf']) {
      it(`has no ${name} of its own accord`, () => {
        expect(fields.all(name.toLowerCase())).to.deep.equal([]);
        expect(fields.single(name.toLowerCase())).to.equal(undefined);
        expect(fields.list(name.toLowerCase())).to.deep.equal([]);
      });

      it(`holds a field ${name} like any other`, () => {
        const odd = new HeaderFields([name, 'x']);
        expect(odd.single(name.toLowerCase())).to.equal('x');
        const record = odd.toRecord();
        expect(Object.getPrototypeOf(record)).to.equal(null);
        expect(Object.entries(record)).to.deep.equal([[name.toLowerCase(), 'x']]);
        expect(({} as Record<string, unknown>)['x']).to.equal(undefined);
      });
    }
  });

  it('agrees with a plain search through the raw fields', () => {
    const name = fc.constantFrom('a', 'A', 'b', 'B', '__proto__', 'constructor');
    const value = fc.string({ unit: fc.constantFrom('x', ',', ' ', '\t') });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        const random = new HeaderFields(pairs.flat());
        for (const wanted of ['a', 'b', '__proto__', 'constructor']) {
          const values = pairs.filter(([one]) => one.toLowerCase() === wanted).map(([, one]) => one.trim());
          expect(random.all(wanted)).to.deep.equal(values);
          expect(random.list(wanted)).to.deep.equal(
            values
              .join(',')
              .split(',')
              .map((one) => one.trim())
              .filter((one) => one !== ''),
          );
        }
      }),
    );
  });
});
