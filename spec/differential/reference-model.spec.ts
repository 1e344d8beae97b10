import { isUtf8 } from 'node:buffer';
import { expect } from 'chai';
import fc from 'fast-check';
import { EXAMPLE_OPTIONS } from './differences.js';
import { decode, isCloseCode, readUtf8 } from './reference-model.js';

const octetsOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** Decodes and shows everything on one line. */
function decoded(hex: string, options: Partial<typeof EXAMPLE_OPTIONS> = {}): string {
  const { events, end, at, rules } = decode(octetsOf(hex), { ...EXAMPLE_OPTIONS, ...options });
  return [...events, end, ...(at > 0 ? [`at ${at}`] : []), ...rules].join(', ');
}

describe('the reference model', () => {
  describe('the examples of RFC 6455 §5.7', () => {
    const hello = '48656c6c6f';
    it('reads a single-frame unmasked text message', () => {
      expect(decoded(`8105 ${hello}`)).to.equal(`text ${hello}, open`);
    });
    it('reads a single-frame masked text message', () => {
      expect(decoded('8185 37fa213d 7f9f4d5158', { role: 'server' })).to.equal(`text ${hello}, open`);
    });
    it('reads a fragmented unmasked text message', () => {
      expect(decoded('0103 48656c 8002 6c6f')).to.equal(`text ${hello}, open`);
    });
    it('reads an unmasked ping and a masked pong', () => {
      expect(decoded(`8905 ${hello}`)).to.equal(`ping ${hello}, open`);
      expect(decoded('8a85 37fa213d 7f9f4d5158', { role: 'server' })).to.equal(`pong ${hello}, open`);
    });
    it('reads 256 octets and 64 KiB in one frame', () => {
      const [small, large] = ['61'.repeat(256), '62'.repeat(65_536)];
      expect(decoded(`827e0100 ${small}`)).to.equal(`binary ${small}, open`);
      expect(decoded(`827f0000000000010000 ${large}`)).to.equal(`binary ${large}, open`);
    });
  });

  describe('the rules', () => {
    const RULES: Readonly<Record<string, string>> = {
      c100: 'fail 1002, at 2, ERR_WS_UNEXPECTED_RSV',
      '8300': 'fail 1002, at 2, ERR_WS_RESERVED_OPCODE',
      '0900': 'fail 1002, at 2, ERR_WS_FRAGMENTED_CONTROL',
      '897e': 'fail 1002, at 2, ERR_WS_CONTROL_TOO_LONG',
      '8000': 'fail 1002, at 2, ERR_WS_UNEXPECTED_CONTINUATION',
      '0100 8200': 'fail 1002, at 4, ERR_WS_UNFINISHED_MESSAGE',
      '8180': 'fail 1002, at 2, ERR_WS_MASK_FORBIDDEN',
      b37f: 'fail 1002, at 2, ERR_WS_UNEXPECTED_RSV, ERR_WS_RESERVED_OPCODE',
      '827e007d': 'fail 1002, at 4, ERR_WS_LENGTH_NOT_MINIMAL',
      '827f000000000000ffff': 'fail 1002, at 10, ERR_WS_LENGTH_NOT_MINIMAL',
      '827f8000000000000000': 'fail 1002, at 10, ERR_WS_LENGTH_TOP_BIT',
      '827f0000000001000001': 'fail 1009, at 10, ERR_WS_LIMIT_MAX_MESSAGE_BYTES',
      '8104 61ff6263': 'fail 1007, at 4, ERR_WS_INVALID_UTF8',
      '8101 c3': 'fail 1007, at 3, ERR_WS_INVALID_UTF8',
      '0101 c3 8000': 'fail 1007, at 5, ERR_WS_INVALID_UTF8',
      '0101 c3 8001 a9': 'text c3a9, open',
      '8800': 'close 1005 , at 2',
      '8801 03': 'fail 1002, at 3, ERR_WS_CLOSE_TRUNCATED',
      '8802 03e8 8900': 'close 1000 , at 4',
      '8803 0fa061': 'close 4000 61, at 5',
      '8802 03ee': 'fail 1002, at 4, ERR_WS_INVALID_CLOSE_CODE',
      '8803 03e8ff': 'fail 1007, at 5, ERR_WS_INVALID_UTF8',
    };
    for (const [hex, wanted] of Object.entries(RULES)) {
      it(`makes of ${hex}: ${wanted}`, () => expect(decoded(hex)).to.equal(wanted));
    }

    it('requires a mask of clients', () => {
      expect(decoded('8100', { role: 'server' })).to.equal('fail 1002, at 2, ERR_WS_MASK_REQUIRED');
    });

    it('counts empty fragments in a row', () => {
      const limit = { maxEmptyFragments: 1 };
      expect(decoded('8200 8200 0200 0001 61 0000 8001 61', limit)).to.equal(
        'binary , binary , binary 6161, open',
      );
      expect(decoded('0200 0000', limit)).to.equal('fail 1008, at 4, ERR_WS_LIMIT_MAX_EMPTY_FRAGMENTS');
    });

    it('limits messages, or with fragments frames', () => {
      expect(decoded('0202 6161 8002 6161', { maxMessageBytes: 4 })).to.equal('binary 61616161, open');
      expect(decoded('0202 6161 8002', { maxMessageBytes: 3 })).to.match(/^fail 1009, at 6,/);
      expect(decoded('0202 6161 8002 6161', { maxMessageBytes: 2, fragments: true })).to.match(/^binary/);
    });
  });

  it('knows the close codes that may be received', () => {
    const codes = Array.from({ length: 65_536 }, (_, code) => code).filter(isCloseCode);
    const listed = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
    expect(codes).to.deep.equal([...listed, ...Array.from({ length: 2_000 }, (_, i) => 3_000 + i)]);
  });

  it('tells UTF-8 as Node does, and fails where no octets could follow any more', () => {
    const octet = fc.oneof(fc.nat(255), fc.constantFrom(0x80, 0xbf, 0xc3, 0xe0, 0xed, 0xf0, 0xf4));
    const mixed = fc.array(
      fc.oneof(
        octet.map((one) => [one]),
        fc.string({ unit: 'binary' }).map((text) => [...Buffer.from(text)]),
      ),
    );
    fc.assert(
      fc.property(mixed, (parts) => {
        const octets = parts.flat();
        const { wrong, isWhole } = readUtf8(octets);
        expect(wrong === -1 && isWhole).to.equal(isUtf8(Buffer.from(octets)));
        // What stands before the wrong octet can be completed, what includes it cannot.
        const [before, through] = [octets.slice(0, wrong), octets.slice(0, wrong + 1)];
        if (wrong !== -1) expect([canGoOn(before), canGoOn(through)]).to.deep.equal([true, false]);
      }),
      { numRuns: 2_000 },
    );
  });
});

const ENDINGS = [
  '',
  '80',
  '8080',
  '808080',
  'a0',
  'a080',
  '90',
  '9080',
  '908080',
  'bf',
  'bf80',
  'bf8080',
].map(octetsOf);

/** Tells whether some octets make a text whole. */
function canGoOn(octets: readonly number[]): boolean {
  return ENDINGS.some((ending) => isUtf8(Buffer.concat([Buffer.from(octets), ending])));
}
