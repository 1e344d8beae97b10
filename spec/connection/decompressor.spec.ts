import { constants, deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import sinon from 'sinon';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { Decompressor, type DecompressorOwner } from '../../lib/connection/decompressor.js';
import { unfinishedBudget } from '../../lib/connection/process-limits.js';
import { noise } from '../protocol/wire.js';
import { until } from '../turns.js';
import { octets as hex, settled } from '../wire-peer.js';

const KiB = 1024;

/** Compresses as a message (RFC 7692 §7.2.1). */
function deflated(octets: Buffer | string): Buffer {
  return deflateRawSync(octets, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

describe('Decompressor', () => {
  const opened: Decompressor[] = [];

  afterEach(async () => {
    sinon.restore();
    for (const decompressor of opened.splice(0)) decompressor.discard();
    await settled();
    expect(unfinishedBudget.total).to.equal(0);
  });

  function make(options: ConnectionOptions = {}) {
    const told: string[] = [];
    const kept: Buffer[] = [];
    const keep = (kind: string, octets: Buffer): void => {
      told.push(`${kind} ${octets.length}`);
      kept.push(octets);
    };
    const owner: DecompressorOwner = {
      onText: (text) => void told.push(`text ${text.slice(0, 20)}`),
      onUtf8: (octets) => keep('utf8', octets),
      onBinary: (data) => keep('binary', data),
      onFragment: ({ type, data, final }) =>
        void told.push(`fragment ${type} ${String(data).slice(0, 20)}${final ? ' final' : ''}`),
      onBusy: () => void told.push('busy'),
      onIdle: (error) => void told.push(`idle${error === undefined ? '' : `: ${error.message}`}`),
    };
    const holder = { fail: () => void told.push('fail'), endSlowConsumer: () => {} };
    const coding = { windowBits: 15, keepsContext: false };
    const decompressor = new Decompressor(owner, coding, connectionSettings(options), holder);
    opened.push(decompressor);
    return { decompressor, told, kept };
  }

  it('hands on small messages at once, and is never busy', () => {
    const { decompressor, told } = make();
    decompressor.take('text', deflated('Hello'));
    decompressor.take('binary', deflated(noise(300)));
    decompressor.take('text', hex('00'));
    decompressor.take('binary', hex(''));
    expect(told).to.deep.equal(['text Hello', 'binary 300', 'text ', 'binary 0']);
    expect(decompressor.isBusy).to.equal(false);
  });

  it('lets no octets that are handed on hold much more memory than their own', () => {
    const { decompressor, kept } = make({ textAs: 'buffer' });
    // What hardly gets shorter: its length says nothing, so zlib is given eight times as much room.
    for (const length of [1500, 3000]) {
      decompressor.take('binary', deflated(noise(length)));
      decompressor.take('text', deflated(noise(length).toString('base64')));
    }
    expect(kept).to.have.lengthOf(4);
    // Node 26 aligns what small Buffers share, which takes some octets more than Buffer.poolSize.
    const pool = Buffer.allocUnsafe(1).buffer.byteLength;
    for (const octets of kept) {
      expect(octets.buffer.byteLength).to.be.at.most(Math.max(4 * octets.length, pool));
    }
  });

  it("gives text as its octets with `textAs: 'buffer'`, and refuses what is no UTF-8", () => {
    const { decompressor, told } = make({ textAs: 'buffer' });
    decompressor.take('text', deflated('Héllo'));
    decompressor.take('binary', deflated(noise(3)));
    expect(told).to.deep.equal(['utf8 6', 'binary 3']);
    expect(() => decompressor.take('text', deflated(hex('ff')))).to.throw(/UTF-8/);
  });

  it('leaves the event loop to others once small ones have inflated to maxTurnBytes', async () => {
    const { decompressor, told } = make({ maxTurnBytes: 1200 });
    const payload = deflated(Buffer.alloc(400));
    for (let i = 0; i < 2; i++) decompressor.take('binary', payload);
    expect(decompressor.isBusy).to.equal(false);
    decompressor.take('binary', payload);
    expect([told.at(-1), decompressor.isBusy]).to.deep.equal(['busy', true]);
    let others = 0;
    setImmediate(() => (others += 1));
    for (let microtask = 0; microtask < 20; microtask++) await Promise.resolve();
    expect(decompressor.isBusy).to.equal(true);
    await until(() => !decompressor.isBusy);
    expect(others).to.equal(1);
    for (let i = 0; i < 2; i++) decompressor.take('binary', payload);
    expect(told).to.deep.equal([
      ...Array<string>(3).fill('binary 400'),
      'busy',
      'idle',
      'binary 400',
      'binary 400',
    ]);
  });

  it('is busy with a large one until it is handed on', async () => {
    for (const type of ['text', 'binary'] as const) {
      const { decompressor, told } = make();
      decompressor.take(type, deflated(Buffer.alloc(500_000, 'x')));
      expect([told, decompressor.isBusy]).to.deep.equal([['busy'], true]);
      await until(() => !decompressor.isBusy);
      const message = type === 'text' ? `text ${'x'.repeat(20)}` : 'binary 500000';
      expect(told).to.deep.equal(['busy', message, 'idle']);
    }
  });

  it('decodes text of any kind', async () => {
    for (const text of ['Hello', 'ä€👋', '']) {
      const { decompressor, told } = make();
      decompressor.take('text', deflated(text));
      expect(told).to.deep.equal([`text ${text}`]);
    }
    const { decompressor, told } = make();
    decompressor.take('text', deflated('€'.repeat(100_000)));
    await until(() => told.length === 3);
    expect(told[1]).to.equal(`text ${'€'.repeat(20)}`);
  });

  it('throws for what is no message, or tells it when it is idle', async () => {
    const { decompressor, told } = make({ maxMessageBytes: 1000 });
    expect(() => decompressor.take('text', hex('ff'))).to.throw('does not inflate');
    expect(() => decompressor.take('text', deflated(hex('ff')))).to.throw('not valid UTF-8');
    expect(() => decompressor.take('binary', deflated(Buffer.alloc(1001)))).to.throw('message too long');
    expect(told).to.deep.equal([]);
    decompressor.take('binary', noise(40 * KiB));
    await until(() => !decompressor.isBusy);
    expect(told[1]).to.match(/^idle: a compressed message does not inflate/);
    const text = make();
    text.decompressor.take('text', deflated(Buffer.alloc(200_000, 0xff)));
    await until(() => !text.decompressor.isBusy);
    expect(text.told).to.deep.equal(['busy', 'idle: the text message is not valid UTF-8']);
    const long = make({ maxMessageBytes: 200_000 });
    long.decompressor.take('binary', deflated(Buffer.alloc(200_001)));
    await until(() => !long.decompressor.isBusy);
    expect(long.told).to.have.length(2);
    expect(long.told[1]).to.match(/^idle: message too long/);
  });

  describe('in pieces', () => {
    it('hands them on, and the end of the message once', async () => {
      const { decompressor, told } = make({ fragments: true });
      const payload = deflateRawSync('Hello', { finishFlush: constants.Z_SYNC_FLUSH });
      decompressor.takePiece('text', payload.subarray(0, 3), false, false);
      expect(told).to.deep.equal(['busy']);
      await until(() => !decompressor.isBusy);
      decompressor.takePiece('text', payload.subarray(3), true, false);
      await until(() => !decompressor.isBusy);
      decompressor.takePiece('text', hex('00'), true, true);
      await until(() => !decompressor.isBusy);
      expect(told.filter((line) => line.startsWith('fragment'))).to.deep.equal(
        told.filter((line) => line.startsWith('fragment text')),
      );
      const texts = told.map((line) => /^fragment text (.*?)(?: final)?$/.exec(line)?.[1] ?? '');
      expect(texts.join('')).to.equal('Hello');
      expect(told.filter((line) => line.endsWith(' final'))).to.deep.equal(['fragment text  final']);
      expect(told.slice(-2)).to.deep.equal(['fragment text  final', 'idle']);
    });

    it('cuts text between characters', async () => {
      const { decompressor, told } = make({ fragments: true });
      const stored = deflateRawSync('ä€👋', { level: 0, finishFlush: constants.Z_SYNC_FLUSH }).subarray(
        0,
        -4,
      );
      for (const [index, octet] of stored.entries()) {
        decompressor.takePiece(
          'text',
          Buffer.from([octet]),
          index === stored.length - 1,
          index === stored.length - 1,
        );
        await until(() => !decompressor.isBusy);
      }
      expect(told.filter((line) => line.startsWith('fragment'))).to.deep.equal([
        'fragment text ä',
        'fragment text €',
        'fragment text 👋',
        'fragment text  final',
      ]);
    });

    it('tells of text that is not UTF-8, or ends within a character, when it is idle', async () => {
      for (const octets of ['61 ff', '61 c3']) {
        const { decompressor, told } = make({ fragments: true });
        decompressor.takePiece('text', deflated(hex(octets)), true, true);
        await until(() => !decompressor.isBusy);
        expect(told.at(-1)).to.equal('idle: the text message is not valid UTF-8');
        expect(told.filter((line) => line.endsWith('final'))).to.deep.equal([]);
      }
    });

    it('takes an empty message, without any octets too', async () => {
      for (const payload of ['', '00']) {
        const { decompressor, told } = make({ fragments: true });
        decompressor.takePiece('binary', hex(payload), true, true);
        await until(() => !decompressor.isBusy);
        expect(told).to.deep.equal(['busy', 'fragment binary  final', 'idle']);
      }
    });

    it('waits while it is paused', async () => {
      const { decompressor, told } = make({ fragments: true });
      decompressor.pause();
      decompressor.takePiece('binary', deflated('Hello'), true, true);
      await settled(40);
      expect(told).to.deep.equal(['busy']);
      decompressor.resume();
      await until(() => !decompressor.isBusy);
      expect(told).to.deep.equal(['busy', 'fragment binary Hello', 'fragment binary  final', 'idle']);
    });
  });

  describe('discard', () => {
    it('gives up a message in the thread pool, silently', async () => {
      for (const turns of [0, 1, 2, 5]) {
        const { decompressor, told } = make();
        decompressor.take('binary', deflated(Buffer.alloc(3_000_000)));
        await settled(turns);
        if (!decompressor.isBusy) continue;
        decompressor.discard();
        await until(() => !decompressor.isBusy);
        expect(told, String(turns)).to.deep.equal(['busy', 'idle']);
      }
    });

    it('hands on nothing of a message that was just finished', async () => {
      const { decompressor, told } = make();
      const charge = sinon.stub(unfinishedBudget, 'charge').callsFake((holder, delta) => {
        charge.wrappedMethod.call(unfinishedBudget, holder, delta);
        // The last that is done for a message.
        if (delta < 0) decompressor.discard();
      });
      decompressor.take('binary', deflated(Buffer.alloc(300_000)));
      await until(() => !decompressor.isBusy);
      expect(told).to.deep.equal(['busy', 'idle']);
    });

    it('gives up a message in pieces, also a paused one', async () => {
      const { decompressor, told } = make({ fragments: true });
      decompressor.pause();
      decompressor.takePiece('text', deflated('Hello'), true, true);
      await settled(20);
      decompressor.discard();
      await until(() => !decompressor.isBusy);
      expect(told).to.deep.equal(['busy', 'idle']);
    });

    it('tells nothing of an error that comes after it', async () => {
      const { decompressor, told } = make();
      decompressor.take('text', deflated(Buffer.alloc(200_000, 0xff)));
      decompressor.discard();
      await until(() => !decompressor.isBusy);
      expect(told).to.deep.equal(['busy', 'idle']);
    });
  });
});
