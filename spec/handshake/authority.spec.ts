import { expect } from 'chai';
import { parseAuthority } from '../../lib/handshake/authority.js';

describe('parseAuthority (RFC 7230 §5.4)', () => {
  const table: readonly (readonly [text: string, host: string | undefined, port?: number])[] = [
    ['example.com', 'example.com'],
    ['EXAMPLE.Com', 'example.com'],
    ['example.com.', 'example.com.'],
    ['example.com:', 'example.com'],
    ['example.com:8080', 'example.com', 8080],
    ['example.com:00080', 'example.com', 80],
    ['example.com:0', 'example.com', 0],
    ['example.com:65535', 'example.com', 65_535],
    ['example.com:65536', undefined],
    ['example.com:000080', undefined],
    ['example.com:8080:8080', undefined],
    ['example.com:80a', undefined],
    ['example.com:-1', undefined],
    ['example.com: 80', undefined],
    ['10.0.0.1:1', '10.0.0.1', 1],
    ['under_score', 'under_score'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['b%C3%BCcher.example', 'b%c3%bccher.example'],
    ['b\u00fccher.example', undefined],
    ['100%.example', undefined],
    ['a%2', undefined],
    ['a%2g', undefined],
    ['%', undefined],
    ['[::1]', '[::1]'],
    ['[2001:DB8::1]:443', '[2001:db8::1]', 443],
    ['[fe80::1%25eth0]', '[fe80::1%25eth0]'],
    ['[::1', undefined],
    ['::1', undefined],
    ['[]', undefined],
    ['[::1]x', undefined],
    ['', undefined],
    [':80', undefined],
    ['a b', undefined],
    ['a, b', undefined],
    ['a,b', undefined],
    ['user@host', undefined],
    ['host/path', undefined],
    ['host\\path', undefined],
    ['host?', undefined],
    ['host#', undefined],
    ['host\n', undefined],
    ['host\0', undefined],
    ['"host"', undefined],
    ['<script>', undefined],
  ];
  for (const [text, host, port] of table) {
    it(`reads ${JSON.stringify(text)} as ${host === undefined ? 'none' : `${host} and ${String(port)}`}`, () => {
      expect(parseAuthority(text)).to.deep.equal(host === undefined ? undefined : { host, port });
    });
  }

  it('takes time linear in the text (H2)', () => {
    expect(parseAuthority(`${'a'.repeat(1 << 22)}!`)?.host).to.have.lengthOf((1 << 22) + 1);
    expect(parseAuthority(`${'a.'.repeat(1 << 21)}:`.repeat(2))).to.equal(undefined);
  });
});
