import { expect } from 'chai';
import { deflateSettings } from '../../lib/compression/deflate-options.js';
import { Deflater } from '../../lib/compression/deflater.js';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { Sender, slowConsumer } from '../../lib/connection/sender.js';
import { messagesIn, sentFrames } from '../compression/compressed-wire.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { outcomeOf, settled } from '../wire-peer.js';

const KiB = 1024;

describe('Sender: whole messages', () => {
  const opened: { sender: Sender; stream: PairEnd; far: PairEnd }[] = [];

  afterEach(() => {
    for (const { sender, stream, far } of opened.splice(0)) {
      sender.discard(() => new Error('over'));
      stream.destroy();
      far.destroy();
    }
  });

  function make({
    masked = false,
    keepsContext,
    ...options
  }: ConnectionOptions & { masked?: boolean; keepsContext?: boolean } = {}) {
    const [stream, far] = duplexPair();
    const owner = { onDrain: () => {}, onRest: () => {}, fail: () => {}, endSlowConsumer: () => {} };
    const deflater =
      keepsContext === undefined
        ? undefined
        : new Deflater({ windowBits: 15, keepsContext }, deflateSettings({ threshold: 10 })!);
    const sender = new Sender(owner, stream, connectionSettings(options), masked, deflater);
    opened.push({ sender, stream, far });
    const wire = async (): Promise<string> => {
      await settled();
      return Buffer.concat(stream.taken).toString('hex');
    };
    return { sender, stream, wire };
  }

  it('go as they are where nothing is compressed', async () => {
    const { sender, wire } = make();
    expect(sender.isPlain).to.equal(true);
    expect([sender.sendPlain(1, 'ab'), sender.sendPlain(2, Buffer.from('c'))]).to.deep.equal([4, 3]);
    expect(await wire()).to.equal('81026162' + '820163');
    expect(make({ keepsContext: false }).sender.isPlain).to.equal(false);
  });

  it('are followed by a Close in one frame', async () => {
    const { sender, wire } = make();
    sender.sendPlain(1, 'a');
    sender.sendClose(1000, 'b');
    expect(await wire()).to.equal('810161' + '880303e862');
  });

  it('are waited for until the socket took them', async () => {
    const { sender, stream } = make();
    stream.hold();
    sender.sendPlain(1, 'a');
    const taken = sender.taken();
    expect(await outcomeOf(taken)).to.equal('pending');
    stream.release();
    expect(await outcomeOf(taken)).to.equal(undefined);
  });

  it('matter to nobody else until the process counts them', () => {
    const { sender, stream } = make();
    stream.hold();
    sender.sendPlain(2, Buffer.alloc(60 * KiB));
    expect(sender.awaitsProgress).to.equal(false);
    sender.sendPlain(2, Buffer.alloc(4 * KiB));
    expect(sender.awaitsProgress).to.equal(true);
  });

  it('name what is too much when the peer is slow', () => {
    expect(slowConsumer('hardBacklogBytes', 1, 2).message).to.match(/backlog of output \(octets\)/);
  });

  describe('made for many', () => {
    const message = new PreparedMessage('text', 'for many');

    it('are handed on where that is all there is to do', async () => {
      for (const isAlone of [false, true]) {
        const { sender, wire } = make();
        expect(sender.sendLightly(message, isAlone)).to.equal(10);
        expect(sender.sendLightly(message, isAlone)).to.equal(10);
        const frame = `8108${Buffer.from('for many').toString('hex')}`;
        expect(await wire()).to.equal(frame + frame);
      }
    });

    it('are not, where they are masked, or each peer gets another form', async () => {
      for (const { sender, wire } of [make({ masked: true }), make({ keepsContext: true })]) {
        const large = new PreparedMessage('text', 'x'.repeat(50));
        expect(sender.sendLightly(large, false)).to.equal(0);
        expect(await wire()).to.equal('');
      }
    });

    it('are not, where they would come to the soft limit, or be too much to be joined', () => {
      for (const [options, octets, isLight] of [
        [{ softBacklogBytes: 20 }, 17, true],
        [{ softBacklogBytes: 20 }, 18, false],
        [{ hardBacklogBytes: 20 }, 18, false],
        [{}, 16 * KiB - 4, true],
        [{}, 16 * KiB - 3, false],
      ] as const) {
        const { sender } = make(options);
        const sent = sender.sendLightly(new PreparedMessage('binary', Buffer.alloc(octets)), false);
        expect(sent > 0, `${octets} octets, ${JSON.stringify(options)}`).to.equal(isLight);
      }
    });

    it('are compressed anew for a peer that is to remember them, and for no other', async () => {
      for (const keepsContext of [false, true]) {
        const { sender, stream } = make({ keepsContext });
        sender.sendPrepared(new PreparedMessage('text', 'x'.repeat(50)));
        sender.sendPrepared(new PreparedMessage('text', 'few'));
        await settled();
        expect(messagesIn(sentFrames(stream))).to.deep.equal([`deflated text ${'x'.repeat(50)}`, 'text few']);
      }
    });
  });
});
