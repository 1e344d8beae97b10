import { expect } from 'chai';
import { ProtocolError } from '../../lib/errors.js';
import { FragmentDecoder, type MessageFragment } from '../../lib/protocol/fragment-decoder.js';
import { octets as hex } from '../wire-peer.js';
import { allCuts, allDoubleCuts } from './wire.js';

const TEXT = 'aé€👋z';

function make() {
  const fragments: MessageFragment[] = [];
  const decoder = new FragmentDecoder((fragment) => fragments.push(fragment));
  return { decoder, fragments };
}

/** Pushes the pieces of one text message. */
function text(pieces: readonly Buffer[]): MessageFragment[] {
  const { decoder, fragments } = make();
  pieces.forEach((piece, index) => decoder.push('text', piece, index === pieces.length - 1));
  return fragments;
}

function expectInvalid(run: () => void): void {
  expect(run)
    .to.throw(ProtocolError, 'the text message is not valid UTF-8')
    .that.includes({ code: 'ERR_WS_INVALID_UTF8', closeCode: 1007 });
}

describe('FragmentDecoder', () => {
  it('hands on octets as they come', () => {
    const { decoder, fragments } = make();
    const data = hex('01 ff');
    decoder.push('binary', data, false);
    decoder.push('binary', hex('02'), true);
    expect(fragments).to.deep.equal([
      { type: 'binary', data, final: false },
      { type: 'binary', data: hex('02'), final: true },
    ]);
    expect(fragments[0]?.data).to.equal(data);
  });

  it('hands on text between characters, wherever it was cut', () => {
    for (const pieces of [...allCuts(Buffer.from(TEXT)), ...allDoubleCuts(Buffer.from(TEXT))]) {
      const fragments = text(pieces);
      expect(fragments.map(({ data }) => data).join('')).to.equal(TEXT);
      for (const { data } of fragments) expect(Buffer.from(data as string).toString()).to.equal(data);
      expect(fragments.map(({ final }) => final).lastIndexOf(false)).to.equal(fragments.length - 2);
      expect(fragments.every(({ type }) => type === 'text')).to.equal(true);
    }
  });

  it('says nothing of a piece in which no character ends, unless it is the last', () => {
    const { decoder, fragments } = make();
    for (const piece of ['', 'f0', '9f', '91']) decoder.push('text', hex(piece), false);
    decoder.push('binary', hex(''), false);
    expect(fragments).to.deep.equal([]);
    decoder.push('text', hex('8b'), false);
    decoder.push('text', hex(''), true);
    expect(fragments).to.deep.equal([
      { type: 'text', data: '👋', final: false },
      { type: 'text', data: '', final: true },
    ]);
    decoder.push('binary', hex(''), true);
    expect(fragments[2]).to.deep.equal({ type: 'binary', data: hex(''), final: true });
  });

  it('takes one message after the other, with others between', () => {
    const { decoder, fragments } = make();
    decoder.push('text', Buffer.from('é'), true);
    decoder.push('binary', hex('c3'), true);
    decoder.push('text', hex('c3'), false);
    decoder.push('text', hex('a9'), true);
    expect(fragments.map(({ data }) => String(data))).to.deep.equal(['é', '�', 'é']);
  });

  it('fails for text at the first wrong octet, before that is handed on', () => {
    for (const [good, bad] of [
      ['61', 'ff'],
      ['', '80'],
      ['c3', '28'],
      ['e0', '80'],
      ['ed', 'a0'],
      ['f0 9f 91', '41'],
      ['f4', '90'],
    ] as const) {
      const { decoder, fragments } = make();
      decoder.push('text', hex(good), false);
      const { length } = fragments;
      expectInvalid(() => decoder.push('text', hex(bad), false));
      expect(fragments).to.have.length(length);
    }
  });

  it('fails for text that ends within a character', () => {
    for (const octets of ['c3', 'e2 82', 'f0 9f 91', '61 c3']) {
      expectInvalid(() => text([hex(octets)]));
      expectInvalid(() => text([hex(octets), hex('')]));
    }
  });

  it('does not judge octets', () => {
    const { decoder, fragments } = make();
    decoder.push('binary', hex('ff c3'), true);
    expect(fragments).to.have.length(1);
  });
});
