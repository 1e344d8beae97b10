import { expect } from 'chai';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { connectionSettings } from '../../lib/connection/connection-options.js';
import { MessageSource, type MessagePieces } from '../../lib/connection/message-source.js';
import type { MessageData } from '../../lib/connection/outgoing-message.js';
import { Sender } from '../../lib/connection/sender.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { Opcode } from '../../lib/protocol/constants.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { WirePeer, outcomeOf, settled } from '../wire-peer.js';

const KiB = 1024;
const FRAME = 256 * KiB;

describe('MessageSource: its pieces', () => {
  const reason = new Error('enough');

  function make(): { sender: Sender; peer: WirePeer; stream: PairEnd } {
    const [stream, far] = duplexPair();
    const owner = { onDrain: () => {}, onRest: () => {}, fail: () => {}, endSlowConsumer: () => {} };
    return {
      sender: new Sender(owner, stream, connectionSettings({}), false),
      peer: new WirePeer(far, 'client'),
      stream,
    };
  }

  /** Sends a message, and gives its frames. */
  async function framesOf(
    pieces: MessagePieces,
    opcode: Opcode = Opcode.TEXT,
  ): Promise<ReturnType<WirePeer['frames']>> {
    const { sender, peer } = make();
    const source = new MessageSource(opcode, pieces, 16 * FRAME);
    expect(await source.sendTo({ sender }, () => {})).to.equal(undefined);
    await settled(12);
    return peer.frames();
  }

  /** Gives pieces, and counts how many were asked for. */
  function counted(pieces: readonly MessageData[]): { pieces: Iterable<MessageData>; asked: () => number } {
    let asked = 0;
    const iterable = {
      *[Symbol.iterator]() {
        for (const piece of pieces) {
          asked += 1;
          yield piece;
        }
      },
    };
    return { pieces: iterable, asked: () => asked };
  }

  describe('in frames', () => {
    it('send nothing for an empty one, whatever the type', async () => {
      for (const [opcode, pieces] of [
        [Opcode.TEXT, ['', 'a', '', Buffer.alloc(0)]],
        [Opcode.BINARY, [Buffer.alloc(0), Buffer.from('a'), new Uint8Array(0)]],
      ] as const) {
        const frames = await framesOf(pieces, opcode);
        expect(frames.map((frame) => [frame.opcode, frame.payload.toString(), frame.fin])).to.deep.equal([
          [opcode, 'a', false],
          [0, '', true],
        ]);
      }
    });

    for (const [kind, fill] of [
      ['text', (length: number) => 'é'.repeat(length)],
      ['octets', (length: number) => Buffer.alloc(length, 'octets')],
    ] as const) {
      it(`are cut at 256 Ki units of ${kind}, and lose nothing`, async () => {
        const opcode = kind === 'text' ? Opcode.TEXT : Opcode.BINARY;
        for (const [length, units] of [
          [FRAME, [FRAME, 0]],
          [FRAME + 1, [FRAME, 1, 0]],
          [2 * FRAME + 5, [FRAME, FRAME, 5, 0]],
        ] as const) {
          const whole = fill(length);
          const frames = await framesOf([whole], opcode);
          const payloads = frames.map(({ payload }) => payload);
          expect(Buffer.concat(payloads).equals(Buffer.from(whole))).to.equal(true);
          expect(
            payloads.map((payload) => (kind === 'text' ? payload.toString() : payload).length),
          ).to.deep.equal(units);
        }
      });
    }
  });

  describe('of the wrong kind', () => {
    it('are refused by that name', async () => {
      const { sender } = make();
      const source = new MessageSource(Opcode.TEXT, ['a', 5 as unknown as string], 1024);
      const error = await source.sendTo({ sender }, () => {});
      expect(error).to.be.instanceOf(InvalidOptionError).with.property('option', 'piece');
      expect(await outcomeOf(source.sent)).to.equal(error);
      expect(source.isUnfinished).to.equal(true);
    });

    it('are octets of text that ends within a character', async () => {
      const { sender } = make();
      const source = new MessageSource(Opcode.TEXT, [Buffer.from('61c3', 'hex')], 1024);
      const error = await source.sendTo({ sender }, () => {});
      expect(error).to.be.instanceOf(InvalidOptionError);
      expect(error?.message).to.match(
        /^message: expected the rest of the character that the fragment before/,
      );
    });
  });

  describe('that end in an error', () => {
    it('give the error that they threw', async () => {
      const { sender } = make();
      const thrown = new TypeError('theirs');
      const source = new MessageSource(
        Opcode.TEXT,
        (function* () {
          yield 'a';
          throw thrown;
        })(),
        1024,
      );
      expect(await source.sendTo({ sender }, () => {})).to.equal(thrown);
      expect(await outcomeOf(source.sent)).to.equal(thrown);
    });

    it('give an error that has what they threw for its cause', async () => {
      const { sender } = make();
      const source = new MessageSource(
        Opcode.TEXT,
        (function* () {
          yield 'a';
          throw 'text';
        })(),
        1024,
      );
      const error = await source.sendTo({ sender }, () => {});
      expect(error).to.be.instanceOf(Error).with.property('message', 'the source threw what is no error');
      expect(error?.cause).to.equal('text');
      expect(await outcomeOf(source.sent)).to.equal('text');
    });

    it('are those of a Readable that failed before it was asked', async () => {
      const { sender } = make();
      const readable = new Readable({ objectMode: true, read() {} });
      const source = new MessageSource(Opcode.TEXT, readable, 1024);
      readable.destroy(reason);
      await settled(2);
      expect(await source.sendTo({ sender }, () => {})).to.equal(reason);
      expect(await outcomeOf(source.sent)).to.equal(reason);
    });

    it('are those of a web stream that somebody else reads', async () => {
      const { sender } = make();
      const locked = new ReadableStream<string>();
      locked.getReader();
      const source = new MessageSource(Opcode.TEXT, locked as MessagePieces, 1024);
      const error = await source.sendTo({ sender }, () => {});
      expect(error).to.be.instanceOf(TypeError);
      expect(await outcomeOf(source.sent)).to.equal(error);
    });
  });

  describe('as fast as others allow', () => {
    for (const [what, pieces, askedFirst] of [
      ['64 KiB in all', Array<string>(40).fill('x'.repeat(16 * KiB - 64)), 4],
      ['1024 that are empty', Array<string>(3000).fill(''), 1024],
    ] as const) {
      it(`leave a turn of the event loop to others after ${what}`, async () => {
        const { sender } = make();
        const { pieces: source, asked } = counted(pieces);
        const seen: number[] = [];
        const watch = (): void => {
          seen.push(asked());
          if (seen.length < 2) setImmediate(watch);
        };
        setImmediate(watch);
        await new MessageSource(Opcode.TEXT, source, 16 * FRAME).sendTo({ sender }, () => {});
        expect(seen).to.deep.equal([askedFirst, 2 * askedFirst]);
        expect(asked()).to.equal(pieces.length);
      });
    }

    for (const [soft, askedWhileHeld] of [
      [7, 1],
      [8, 2],
      [14, 2],
      [100, 5],
    ] as const) {
      it(`wait for the socket at a soft limit of ${soft} octets`, async () => {
        const { sender, stream, peer } = make();
        const { pieces, asked } = counted(['one--', 'two--', 'three', 'four-', 'five-']);
        stream.hold();
        const done = new MessageSource(Opcode.TEXT, pieces, soft).sendTo({ sender }, () => {});
        await settled();
        expect(asked()).to.equal(askedWhileHeld);
        stream.release();
        expect(await done).to.equal(undefined);
        await settled();
        expect(peer.said()).to.have.length(6);
      });
    }

    it('are asked of a web stream one at a time, of any kind', async () => {
      const { sender, stream, peer } = make();
      const pieces = ['', 'a', new DataView(new ArrayBuffer(1)), '', 'c'];
      let pulls = 0;
      const web = new ReadableStream<MessageData>(
        {
          pull(controller) {
            const piece = pieces[pulls++];
            if (piece === undefined) controller.close();
            else controller.enqueue(piece);
          },
        },
        { highWaterMark: 0 },
      );
      stream.hold();
      const source = new MessageSource(Opcode.TEXT, web as MessagePieces, 1);
      await settled();
      expect(pulls).to.equal(0);
      const done = source.sendTo({ sender }, () => {});
      await settled();
      expect(pulls).to.be.at.most(3);
      stream.release();
      expect(await done).to.equal(undefined);
      await settled();
      expect(peer.said()).to.deep.equal(['text "a" …', 'more "\\u0000" …', 'more "c" …', 'more ""']);
    });
  });

  describe('that nobody waits for any more', () => {
    it('end a source that has its next piece still to come, and one that cancels within the call', async () => {
      for (const isWithin of [false, true]) {
        const { sender, peer } = make();
        let ends = 0;
        const pieces: AsyncIterable<string> = {
          [Symbol.asyncIterator]: () => ({
            next: () => {
              if (isWithin) source.cancel(reason);
              return new Promise(() => {});
            },
            return: () => {
              ends += 1;
              return Promise.reject(new Error('of no interest'));
            },
          }),
        };
        const source: MessageSource = new MessageSource(Opcode.TEXT, pieces, 1024);
        const outcomes = Promise.all([source.sendTo({ sender }, () => {}), source.sent].map(outcomeOf));
        await settled(1);
        if (!isWithin) source.cancel(reason);
        expect(await outcomes).to.deep.equal([reason, reason]);
        expect(ends).to.equal(1);
        expect(peer.frames()).to.deep.equal([]);
      }
    });

    it('destroy a Readable at once, and cancel a web stream, though a piece is under way', async () => {
      const { sender } = make();
      const readable = new Readable({ objectMode: true, read() {} });
      let isCancelled = false;
      const web = new ReadableStream<string>({ cancel: () => void (isCancelled = true) });
      for (const pieces of [readable, web as MessagePieces]) {
        const source = new MessageSource(Opcode.TEXT, pieces, 1024);
        const outcomes = Promise.all([source.sendTo({ sender }, () => {}), source.sent].map(outcomeOf));
        await settled(1);
        source.cancel(reason);
        expect(await outcomes).to.deep.equal([reason, reason]);
      }
      expect([readable.destroyed, isCancelled]).to.deep.equal([true, true]);
    });
  });
});
