import { expect } from 'chai';
import { ResponseBody } from '../../lib/client/response-body.js';

describe('ResponseBody', () => {
  it('keeps what comes as far as there is room, and tells when there is none', () => {
    const body = new ResponseBody(5);
    expect(body.add(Buffer.from('abc'))).to.be.true;
    expect(body.add(Buffer.from('de'))).to.be.true;
    expect(body.add(Buffer.from('f'))).to.be.false;
    expect(body.add(Buffer.from('g'))).to.be.false;
    expect(String(body.octets)).to.equal('abcde');
    const cut = new ResponseBody(2);
    expect(cut.add(Buffer.from('abc'))).to.be.false;
    expect(String(cut.octets)).to.equal('ab');
    const all = new ResponseBody(Infinity);
    expect(all.add(Buffer.alloc(100_000))).to.be.true;
    expect(all.octets).to.have.length(100_000);
  });

  it('shows the first line, shortened, and nothing that is no text', () => {
    const shown = (octets: string | Buffer): string => {
      const body = new ResponseBody(Infinity);
      body.add(Buffer.from(octets as string));
      return body.describe();
    };
    expect(shown('')).to.equal('');
    expect(shown('no\nway')).to.equal(': no');
    expect(shown('a\tb')).to.equal(': a\tb');
    expect(shown('\r\nx')).to.equal('');
    expect(shown('x'.repeat(200))).to.equal(`: ${'x'.repeat(120)}`);
    expect(shown('ä€😀'.repeat(100))).to.match(/^: (ä€😀)+/);
    for (const odd of ['\0', 'a\x1b[2J', 'a\x7f', Buffer.from('ff', 'hex')]) expect(shown(odd)).to.equal('');
  });
});
