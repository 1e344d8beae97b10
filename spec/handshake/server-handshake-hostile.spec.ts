import { expect } from 'chai';
import fc from 'fast-check';
import { rejectResponse } from '../../lib/handshake/handshake-response.js';
import { examineRequest } from '../../lib/handshake/server-handshake.js';
import {
  examine,
  expectAccepted,
  expectRejected,
  FIELDS,
  having,
  KEY,
  request,
  type Field,
} from './opening-request.js';

describe('examineRequest, by hostile peers', () => {
  describe('the number of fields (H1)', () => {
    const padded = (count: number) => [
      ...FIELDS,
      ...Array.from({ length: count - FIELDS.length }, (): Field => ['X', 'y']),
    ];

    it('accepts 200 fields and refuses 201 with 431 by default', () => {
      expectAccepted(padded(200));
      expectRejected(431, /^more than 200 header fields$/, padded(201));
      expectRejected(431, /^more than 200 header fields$/, padded(2000));
    });

    it('takes another limit', () => {
      expect(examineRequest(request(), { maxHeaderFields: 5 }).ok).to.equal(true);
      expect(examineRequest(request(), { maxHeaderFields: 4 })).to.include({ status: 431 });
    });

    it('counts before anything else, even in a request that is wrong otherwise', () => {
      expectRejected(431, /./, padded(201), { method: 'POST', url: '*' });
    });
  });

  describe('any input', () => {
    const values = fc.constantFrom(
      '',
      'websocket',
      'Upgrade',
      '13',
      KEY,
      'a',
      ',',
      'a, a',
      '__proto__',
      '\u00ff',
      ' ',
    );
    const names = fc.constantFrom(
      ...FIELDS.map(([name]) => name),
      'Sec-WebSocket-Protocol',
      'Sec-WebSocket-Extensions',
      'Origin',
      'Content-Length',
      '__proto__',
      'constructor',
    );

    it('is decided without throwing, and a refusal can always be rendered', () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(names, values)), fc.boolean(), fc.string(), (extra, complete, url) => {
          const decision = examine(complete ? [...FIELDS, ...extra] : extra, { url });
          if (!decision.ok) expect(rejectResponse(decision).byteLength).to.be.above(0);
        }),
      );
    });

    it('of several orders of the same valid fields gives one decision', () => {
      const order = fc.shuffledSubarray([...FIELDS, ['Origin', 'http://a'], ['X', 'y']] as Field[], {
        minLength: FIELDS.length + 2,
      });
      fc.assert(
        fc.property(order, (fields) => {
          expect(expectAccepted(fields)).to.include({
            key: KEY,
            host: 'server.example.com',
            origin: 'http://a',
          });
        }),
      );
    });

    it('is examined in linear time, whichever field holds it (H2)', () => {
      const long = `b${' '.repeat(1 << 18)}x`;
      const hostile = [
        long,
        ','.repeat(1 << 18),
        'a; b="\\c'.repeat(1 << 15),
        `${'a,'.repeat(1 << 17)}\u00ff`,
        KEY.repeat(1 << 15),
      ];
      for (const value of hostile) {
        for (const [name] of [
          ...FIELDS,
          ['Origin'],
          ['Sec-WebSocket-Protocol'],
          ['Sec-WebSocket-Extensions'],
          ['Content-Length'],
        ] as Field[]) {
          // Quadratic, each would take many seconds; the spec's timeout is the generous bound.
          expect(examine(having(name, value))).to.have.property('ok');
        }
      }
    });

    it('leaves prototypes alone (H3)', () => {
      expectAccepted([
        ...FIELDS,
        ['__proto__', 'polluted'],
        ['constructor', 'polluted'],
        ['__proto__', 'twice'],
      ]);
      expect(Object.keys(Object.prototype)).to.deep.equal([]);
      expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
    });
  });
});
