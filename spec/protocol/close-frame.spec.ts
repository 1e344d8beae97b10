import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidOptionError, ProtocolError } from '../../lib/errors.js';
import {
  encodeClosePayload,
  isReceivableCloseCode,
  isSendableCloseCode,
  parseClosePayload,
  truncateReason,
} from '../../lib/protocol/close-frame.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Parses the octets with others around them, so that the bounds count. */
function parse(payload: string) {
  const octets = hex(payload);
  return parseClosePayload(Buffer.concat([hex('03e9'), octets, hex('6162')]), 2, 2 + octets.length);
}

function violationOf(payload: string): ProtocolError {
  try {
    parse(payload);
  } catch (error) {
    expect(error).to.be.instanceOf(ProtocolError);
    return error as ProtocolError;
  }
  return expect.fail(`${payload} was parsed`);
}

/** RFC 6455 §7.4 and the IANA registry, row by row. */
const ALLOWED: [number, number, boolean][] = [
  [0, 999, false],
  [1000, 1003, true],
  [1004, 1006, false],
  [1007, 1014, true],
  [1015, 1015, false],
  [1016, 2999, false],
  [3000, 4999, true],
  [5000, 65_535, false],
];

describe('close-frame', () => {
  describe('status codes (RFC 6455 §7.4)', () => {
    for (const [first, last, allowed] of ALLOWED) {
      it(`${allowed ? 'allows' : 'refuses'} ${String(first)} to ${String(last)}`, () => {
        for (let code = first; code <= last; code++) {
          if (isReceivableCloseCode(code) !== allowed) expect.fail(`receive ${String(code)}`);
          if (isSendableCloseCode(code) !== allowed) expect.fail(`send ${String(code)}`);
        }
      });
    }

    it('sends nothing that is no whole number', () => {
      for (const code of [NaN, Infinity, -Infinity, -1000, 1000.5, 3000.1]) {
        expect(isSendableCloseCode(code), String(code)).to.equal(false);
      }
    });
  });

  describe('parseClosePayload (RFC 6455 §5.5.1)', () => {
    it('gives 1005 and no reason for an empty payload', () => {
      expect(parse('')).to.deep.equal({ code: 1005, reason: '' });
    });

    it('gives code and reason', () => {
      expect(parse('03e8')).to.deep.equal({ code: 1000, reason: '' });
      expect(parse('03e8 48656c6c6f20576f726c6421')).to.deep.equal({ code: 1000, reason: 'Hello World!' });
      expect(parse('1387 cebae1bdb9cf83cebcceb5')).to.deep.equal({ code: 4999, reason: 'κ\u1f79σμε' });
      expect(parse(`03e9${'2a'.repeat(123)}`)).to.deep.equal({ code: 1001, reason: '*'.repeat(123) });
    });

    it('parses each of the 65,536 codes or refuses it', () => {
      const octets = Buffer.alloc(2);
      for (let code = 0; code < 65_536; code++) {
        octets.writeUInt16BE(code);
        const allowed = ALLOWED.some(([first, last, yes]) => yes && code >= first && code <= last);
        let parsed = -1;
        try {
          parsed = parseClosePayload(octets, 0, 2).code;
        } catch (error) {
          if ((error as ProtocolError).code !== 'ERR_WS_INVALID_CLOSE_CODE') throw error;
        }
        if (parsed !== (allowed ? code : -1)) expect.fail(String(code));
      }
    }).timeout(60_000);

    it('refuses a single octet with 1002', () => {
      for (const octet of ['00', '03', '61']) {
        expect(violationOf(octet)).to.include({ code: 'ERR_WS_CLOSE_TRUNCATED', closeCode: 1002 });
      }
    });

    it('refuses a code that must not be sent with 1002', () => {
      for (const code of [
        '0000',
        '03e7',
        '03ec',
        '03ed',
        '03ee',
        '03f7',
        '03f8',
        '044c',
        '07d0',
        '0bb7',
        '1388',
        'ffff',
      ]) {
        expect(violationOf(code), code).to.include({ code: 'ERR_WS_INVALID_CLOSE_CODE', closeCode: 1002 });
      }
      expect(violationOf('03ee').message).to.include('1006');
    });

    it('refuses a reason that is not UTF-8 with 1007', () => {
      for (const reason of ['ff', 'c2', 'cebae1bdb9cf83cebcceb5eda080656469746564', 'f4908080']) {
        expect(violationOf(`03e8${reason}`), reason).to.include({
          code: 'ERR_WS_INVALID_UTF8',
          closeCode: 1007,
          message: 'the close reason is not valid UTF-8',
        });
      }
    });

    it('judges the code before the reason', () => {
      expect(violationOf('03ed ff').closeCode).to.equal(1002);
    });
  });

  describe('encodeClosePayload (RFC 6455 §5.5.1)', () => {
    const encode = (code: number, reason: string) => encodeClosePayload(code, reason).toString('hex');

    it('puts the code in network order before the reason', () => {
      expect(encode(1000, '')).to.equal('03e8');
      expect(encode(1000, 'Hello World!')).to.equal('03e848656c6c6f20576f726c6421');
      expect(encode(4999, 'κ\u1f79σμε')).to.equal('1387cebae1bdb9cf83cebcceb5');
    });

    it('makes an empty payload of 1005', () => {
      expect(encode(1005, '')).to.equal('');
      expect(encode(1005, 'not sent')).to.equal('');
    });

    it('cuts the reason to 123 octets', () => {
      expect(encode(1000, '*'.repeat(124))).to.equal(`03e8${'2a'.repeat(123)}`);
      expect(encode(1000, `${'*'.repeat(122)}é`)).to.equal(`03e8${'2a'.repeat(122)}`);
    });

    it('throws for codes that never go on the wire', () => {
      for (const code of [0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65_536, NaN, 1000.5]) {
        expect(() => encodeClosePayload(code, ''), String(code))
          .to.throw(InvalidOptionError, /^code: expected a status code of 1000–1003, .*, or 1005, got /)
          .with.property('code', 'ERR_WS_INVALID_OPTION');
      }
    });

    it('is read back by parseClosePayload', () => {
      const codes = fc.oneof(fc.integer({ min: 1000, max: 1003 }), fc.integer({ min: 3000, max: 4999 }));
      fc.assert(
        fc.property(codes, fc.string({ unit: 'binary', maxLength: 200 }), (code, reason) => {
          const payload = encodeClosePayload(code, reason);
          expect(payload.length).to.be.at.most(125);
          expect(parseClosePayload(payload, 0, payload.length)).to.deep.equal({
            code,
            reason: truncateReason(reason),
          });
        }),
      );
    });
  });

  describe('truncateReason (RFC 6455 §5.5)', () => {
    it('leaves what fits', () => {
      for (const reason of [
        '',
        'bye',
        '*'.repeat(123),
        'é'.repeat(61),
        '€'.repeat(41),
        '𝄞'.repeat(30),
        '\ufeffbom',
      ]) {
        expect(truncateReason(reason)).to.equal(reason);
      }
    });

    it('cuts between two code points', () => {
      expect(truncateReason('*'.repeat(124))).to.equal('*'.repeat(123));
      expect(truncateReason('é'.repeat(62))).to.equal('é'.repeat(61));
      expect(truncateReason('€'.repeat(42))).to.equal('€'.repeat(41));
      expect(truncateReason('𝄞'.repeat(31))).to.equal('𝄞'.repeat(30));
      for (const [fill, last] of [
        [122, 'é'],
        [122, '€'],
        [121, '€'],
        [120, '𝄞'],
        [121, '𝄞'],
        [122, '𝄞'],
      ] as const) {
        expect(truncateReason('*'.repeat(fill) + last)).to.equal('*'.repeat(fill));
      }
      expect(truncateReason(`${'*'.repeat(123)}𝄞`)).to.equal('*'.repeat(123));
    });

    it('counts a lone surrogate as U+FFFD, three octets', () => {
      expect(truncateReason('a\ud834b\udd1e')).to.equal('a\ufffdb\ufffd');
      expect(truncateReason('\ud834'.repeat(41))).to.equal('\ufffd'.repeat(41));
      expect(truncateReason('\ud834'.repeat(42))).to.equal('\ufffd'.repeat(41));
      expect(truncateReason(`${'*'.repeat(121)}\ud834`)).to.equal('*'.repeat(121));
    });

    it('keeps as many code points as fit, and no more', () => {
      const reasons = fc.string({
        unit: fc.oneof(fc.constantFrom('a', 'é', '€', '𝄞', '\ud834'), fc.string({ maxLength: 1 })),
        maxLength: 200,
      });
      fc.assert(
        fc.property(reasons, (reason) => {
          const wellFormed = Buffer.from(reason).toString();
          const kept = truncateReason(reason);
          const octets = Buffer.byteLength(kept);
          expect(wellFormed.startsWith(kept)).to.equal(true);
          expect(octets).to.be.at.most(123);
          const next = wellFormed.slice(kept.length).codePointAt(0);
          if (next !== undefined)
            expect(octets + Buffer.byteLength(String.fromCodePoint(next))).to.be.above(123);
        }),
      );
    });
  });
});
