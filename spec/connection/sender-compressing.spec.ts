import { expect } from 'chai';
import { SYNC_BYTES } from '../../lib/compression/coding.js';
import { deflateSettings } from '../../lib/compression/deflate-options.js';
import { Deflater } from '../../lib/compression/deflater.js';
import { connectionSettings } from '../../lib/connection/connection-options.js';
import { Sender } from '../../lib/connection/sender.js';
import { inflated, messagesIn, sentFrames } from '../compression/compressed-wire.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { noise } from '../protocol/wire.js';
import { settled } from '../wire-peer.js';
import { plainSocket } from './plain-socket.js';

const TEXT = 1;
const BINARY = 2;
const MORE = 0;
const LARGE = SYNC_BYTES + 1;
const SETTINGS = connectionSettings({});

describe('Sender: compressing', () => {
  const opened: { sender: Sender; stream: PairEnd; far: PairEnd }[] = [];

  afterEach(() => {
    for (const { sender, stream, far } of opened.splice(0)) {
      sender.discard(() => new Error('over'));
      stream.destroy();
      far.destroy();
    }
  });

  /** Makes a sender that compresses from 10 octets on. */
  function make(masked: boolean): { sender: Sender; said: () => Promise<string[]>; stream: PairEnd } {
    const [stream, far] = duplexPair();
    const owner = { onDrain: () => {}, onRest: () => {}, fail: () => {}, endSlowConsumer: () => {} };
    const coding = { windowBits: 15, keepsContext: false };
    const deflater = new Deflater(coding, deflateSettings({ threshold: 10 })!);
    const sender = new Sender(owner, stream, SETTINGS, masked, deflater);
    opened.push({ sender, stream, far });
    const said = async (): Promise<string[]> => {
      await settled();
      return messagesIn(sentFrames(stream));
    };
    return { sender, said, stream };
  }

  for (const masked of [false, true]) {
    describe(masked ? 'and masking' : 'in the clear', () => {
      it('compresses messages from the threshold on, text and octets alike', async () => {
        const { sender, said, stream } = make(masked);
        const sizes = [
          sender.sendFrame({ opcode: TEXT, fin: true, data: 'x'.repeat(50) }),
          sender.sendFrame({ opcode: TEXT, fin: true, data: 'short' }),
          sender.sendFrame({ opcode: BINARY, fin: true, data: Buffer.alloc(60, 'y') }),
          sender.sendFrame({ opcode: BINARY, fin: true, data: Buffer.from('few') }),
        ];
        expect(await said()).to.deep.equal([
          `deflated text ${'x'.repeat(50)}`,
          'text short',
          `deflated binary ${'y'.repeat(60)}`,
          'binary few',
        ]);
        const wire = Buffer.concat(stream.taken).length;
        expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(wire);
      });

      it('leaves as it is what does not get shorter', async () => {
        const { sender, said } = make(masked);
        sender.sendFrame({ opcode: BINARY, fin: true, data: noise(300) });
        expect(await said()).to.deep.equal(['binary of 300']);
      });

      it('keeps texts apart that follow each other at once, of any length and alphabet', async () => {
        const { sender, stream } = make(masked);
        // Each text has characters of its own, so that what was left of another one would show; some go as they are.
        const alphabets = ['abcdefgh', 'äöüßàéîõ', 'жщюядёфи', '海の日本語列車', '🚢⚓🌊🪝', '\ud800x'];
        const jumble = (length: number): string => noise(length).toString('base64');
        const texts = [3000, 12, 900, 40_000, 11, 5000, 60].flatMap((length) => [
          ...alphabets.map((alphabet) => alphabet.repeat(Math.ceil(length / alphabet.length))),
          jumble(length),
          [...new Set(jumble(30))].join(''),
        ]);
        for (const data of texts) sender.sendFrame({ opcode: TEXT, fin: true, data });
        await settled();
        const frames = sentFrames(stream);
        const isCompressed = frames.map(({ rsv1 }) => rsv1);
        expect(new Set(isCompressed)).to.deep.equal(new Set([true, false]));
        const sent = frames.map(({ payload }, i) =>
          (isCompressed[i] ? inflated(payload) : payload).toString(),
        );
        // A lone surrogate becomes U+FFFD.
        expect(sent).to.deep.equal(texts.map((text) => Buffer.from(text).toString()));
      });

      it('compresses no control frame (RFC 7692 §5)', async () => {
        const { sender, said } = make(masked);
        sender.sendControl(9, 'p'.repeat(60));
        sender.sendFrame({ opcode: 10, fin: true, data: 'q'.repeat(60) });
        sender.sendFrame({ opcode: 8, fin: true, data: Buffer.from(`03e8${'72'.repeat(60)}`, 'hex') });
        expect(await said()).to.deep.equal([
          `ping ${'p'.repeat(60)}`,
          `pong ${'q'.repeat(60)}`,
          'close 1000',
        ]);
      });

      it('decides on all fragments by the first, and marks that alone (RFC 7692 §6.1)', async () => {
        const { sender, said, stream } = make(masked);
        sender.sendFrame({ opcode: TEXT, fin: false, data: 'x'.repeat(20) });
        sender.sendFrame({ opcode: MORE, fin: false, data: Buffer.from('y') });
        sender.sendFrame({ opcode: MORE, fin: true, data: 'z'.repeat(20) });
        sender.sendFrame({ opcode: BINARY, fin: false, data: Buffer.from('few') });
        sender.sendFrame({ opcode: MORE, fin: true, data: Buffer.alloc(20, 'm') });
        expect(await said()).to.deep.equal([
          `deflated text ${'x'.repeat(20)}y${'z'.repeat(20)}`,
          `binary few${'m'.repeat(20)}`,
        ]);
        expect(sentFrames(stream).map(({ opcode, rsv1 }) => [opcode, rsv1])).to.deep.equal([
          [TEXT, true],
          [MORE, false],
          [MORE, false],
          [BINARY, false],
          [MORE, false],
        ]);
      });

      it('has large messages compressed later, text and octets alike', async () => {
        const { sender, said } = make(masked);
        const text = { opcode: TEXT, fin: true, data: 'é'.repeat(LARGE / 2 + 1) };
        const octets = { opcode: BINARY, fin: true, data: Buffer.alloc(LARGE) };
        for (const frame of [text, octets]) {
          expect(sender.isSlow(frame)).to.equal(true);
          const size = await sender.sendSlowly(frame);
          expect(size).to.be.within(10, LARGE / 10);
        }
        expect(await said()).to.deep.equal([
          `deflated text of ${Buffer.byteLength(text.data)}`,
          `deflated binary of ${LARGE}`,
        ]);
      });

      it('has large fragments compressed later, of messages that are compressed', async () => {
        const { sender, said, stream } = make(masked);
        const large = 'x'.repeat(LARGE);
        const first = { opcode: TEXT, fin: false, data: large };
        const last = { opcode: MORE, fin: true, data: large };
        await sender.sendSlowly(first);
        expect(sender.isSlow(last)).to.equal(true);
        await sender.sendSlowly(last);
        sender.sendFrame({ opcode: TEXT, fin: false, data: 'few' });
        expect(sender.isSlow(last)).to.equal(false);
        sender.sendFrame(last);
        expect(await said()).to.deep.equal([`deflated text of ${2 * LARGE}`, `text of ${LARGE + 3}`]);
        expect(sentFrames(stream).map(({ rsv1 }) => rsv1)).to.deep.equal([true, false, false, false]);
      });

      it('compresses the last large fragment though it gets no shorter: the first has decided', async () => {
        const { sender, said } = make(masked);
        await sender.sendSlowly({ opcode: BINARY, fin: false, data: Buffer.alloc(LARGE) });
        await sender.sendSlowly({ opcode: MORE, fin: true, data: noise(LARGE) });
        expect(await said()).to.deep.equal([`deflated binary of ${2 * LARGE}`]);
      });

      it('leaves a large message as it is that does not get shorter', async () => {
        const { sender, said } = make(masked);
        await sender.sendSlowly({ opcode: BINARY, fin: true, data: noise(LARGE) });
        expect(await said()).to.deep.equal([`binary of ${LARGE}`]);
      });
    });
  }

  it('does at once what is small, and control frames', () => {
    const { sender } = make(false);
    expect(sender.isSlow({ opcode: TEXT, fin: true, data: 'x'.repeat(SYNC_BYTES) })).to.equal(false);
    expect(sender.isSlow({ opcode: TEXT, fin: true, data: 'x'.repeat(LARGE) })).to.equal(true);
    for (const opcode of [8, 9, 10])
      expect(sender.isSlow({ opcode, fin: true, data: Buffer.alloc(LARGE) })).to.equal(false);
  });

  it('lets the write of a turn that compressed wait for those of others; no other turn waits', async () => {
    const { sender } = make(false);
    const { socket, taken } = plainSocket();
    sender.begin(
      { onDrain: () => {}, onRest: () => {}, fail: () => {}, endSlowConsumer: () => {} },
      socket,
      SETTINGS,
      0,
    );
    const write = (data: string): number => {
      sender.beginTurn();
      sender.sendFrame({ opcode: TEXT, fin: true, data });
      sender.endTurn();
      return taken.splice(0).length;
    };
    // Turns that do not wait may be left from other specs.
    let turns = 0;
    while (write('x'.repeat(50)) > 0) expect((turns += 1)).to.be.below(100);
    await settled();
    expect(taken.splice(0)).to.have.lengthOf(1);
    for (let turn = 0; turn < 40; turn++) expect(write('short')).to.equal(1);
    socket.destroy();
  });
});
