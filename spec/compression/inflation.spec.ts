import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { expect } from 'chai';
import { COMPLETION, Inflation, checkComplete, checkFinalBlocks } from '../../lib/compression/inflation.js';
import { SlidingWindow } from '../../lib/compression/sliding-window.js';
import { ProtocolError } from '../../lib/errors.js';
import { noise } from '../protocol/wire.js';
import { until } from '../turns.js';
import { octets as hex, settled } from '../wire-peer.js';

const SYNC = constants.Z_SYNC_FLUSH;

/** Compresses as a message without its end (RFC 7692 §7.2.1). */
function deflated(octets: string | Buffer, options: ZlibOptions = {}): Buffer {
  return deflateRawSync(octets, { finishFlush: SYNC, ...options }).subarray(0, -4);
}

/** Compresses with a final block, and the octet that makes a message of it (RFC 7692 §7.2.3.4). */
function finished(octets: string | Buffer): Buffer {
  return Buffer.concat([deflateRawSync(octets), Buffer.from([0])]);
}

function begin(window = new SlidingWindow(15), onOctets?: (octets: Buffer) => void) {
  const parts: Buffer[] = [];
  const inflation = new Inflation(window, (octets) => {
    parts.push(octets);
    onOctets?.(octets);
  });
  return { inflation, parts, length: () => parts.reduce((sum, { length }) => sum + length, 0) };
}

/** Inflates a message that comes in these pieces. */
async function inflate(...pieces: readonly Buffer[]): Promise<string> {
  const { inflation, parts } = begin();
  for (const piece of pieces) await inflation.push(piece);
  await inflation.end();
  inflation.fail(new Error('over'));
  return Buffer.concat(parts).toString();
}

/** Waits as long as it takes to inflate a megabyte, twice: time enough for what must not happen. */
async function whileInflating(): Promise<void> {
  const payload = deflated(Buffer.alloc(1_000_000));
  expect(await inflate(payload)).to.have.length(1_000_000);
  expect(await inflate(payload)).to.have.length(1_000_000);
}

/** Gives what a promise is rejected with. */
function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

async function expectInvalid(promise: Promise<unknown>, why: RegExp): Promise<void> {
  const error = await failureOf(promise);
  expect(error).to.be.instanceOf(ProtocolError);
  expect(error).to.include({ code: 'ERR_WS_INVALID_DEFLATE', closeCode: 1007 });
  expect((error as Error).message).to.match(why);
}

describe('Inflation', () => {
  it('inflates a message in one piece or in several, cut anywhere', async () => {
    const compressed = deflated('Hello, hello, hello, world');
    expect(await inflate(compressed)).to.equal('Hello, hello, hello, world');
    for (let at = 1; at < compressed.length; at++)
      expect(await inflate(compressed.subarray(0, at), compressed.subarray(at))).to.equal(
        'Hello, hello, hello, world',
      );
    expect(await inflate(...Array.from(compressed, (octet) => Buffer.from([octet])))).to.equal(
      'Hello, hello, hello, world',
    );
  });

  it('hands on, before it resolves, all that a piece holds', async () => {
    const { inflation, parts } = begin();
    const whole = deflateRawSync('first', { finishFlush: SYNC });
    await inflation.push(whole);
    expect(Buffer.concat(parts).toString()).to.equal('first');
    await inflation.push(whole);
    expect(Buffer.concat(parts).toString()).to.equal('firstfirst');
    inflation.fail(new Error('over'));
  });

  it('takes a message without any octets for an empty one', async () => {
    expect(await inflate()).to.equal('');
    expect(await inflate(Buffer.from([0]))).to.equal('');
  });

  it('hands on a large message in parts of 32 KiB at most', async () => {
    const octets = Buffer.concat([Buffer.alloc(300_000), noise(300_000)]);
    const { inflation, parts } = begin();
    await inflation.push(deflated(octets));
    await inflation.end();
    expect(Buffer.concat(parts).equals(octets)).to.equal(true);
    expect(Math.max(...parts.map(({ length }) => length))).to.be.at.most(32 * 1024);
  });

  it('begins with what its window holds, and leaves there what it has inflated', async () => {
    const window = new SlidingWindow(15);
    window.slide(Buffer.from('Hello'));
    const { inflation, parts } = begin(window);
    await inflation.push(deflated('Hello', { dictionary: Buffer.from('Hello') }));
    await inflation.end();
    expect(Buffer.concat(parts).toString()).to.equal('Hello');
    expect(String(window.dictionary)).to.equal('HelloHello');
  });

  describe('final blocks (RFC 7692 §7.2.3.4)', () => {
    const one = deflateRawSync('one ');
    const two = deflated('two');

    it('end a message, with or without the octet behind', async () => {
      expect(await inflate(finished('whole'))).to.equal('whole');
      expect(await inflate(deflateRawSync('whole'))).to.equal('whole');
      // Of an empty final block the end is left out like that of any other.
      expect(
        await inflate(Buffer.concat([deflateRawSync('whole', { finishFlush: SYNC }), hex('01')])),
      ).to.equal('whole');
    });

    it('do not end it when more comes, cut anywhere', async () => {
      const message = Buffer.concat([one, one, two]);
      for (let at = 1; at < message.length; at++)
        expect(await inflate(message.subarray(0, at), message.subarray(at)), String(at)).to.equal(
          'one one two',
        );
      expect(await inflate(...Array.from(message, (octet) => Buffer.from([octet])))).to.equal('one one two');
    });

    it('let later blocks refer to what was before them', async () => {
      const text = noise(400);
      const again = deflated(text, { dictionary: text });
      expect(again.length).to.be.below(20);
      const { inflation, parts } = begin();
      await inflation.push(Buffer.concat([deflateRawSync(text), again]));
      await inflation.end();
      expect(Buffer.concat(parts).equals(Buffer.concat([text, text]))).to.equal(true);
    });

    it('are bounded: 16, and one more for each 64 octets', async () => {
      const empty = hex('03 00');
      expect(await inflate(...Array.from({ length: 16 }, () => empty))).to.equal('');
      const many = Buffer.concat(Array.from({ length: 17 }, () => empty));
      expect(await inflate(many)).to.equal('');
      await expectInvalid(
        inflate(Buffer.concat(Array.from({ length: 40 }, () => empty))),
        /too many final blocks/,
      );
      const long = Buffer.concat([
        deflateRawSync(noise(64 * 40)),
        ...Array.from({ length: 40 }, () => empty),
      ]);
      expect(await inflate(long)).to.have.length.above(0);
    });
  });

  it('fails for what is no deflate', async () => {
    await expectInvalid(inflate(hex('ff ff')), /invalid block type/);
    await expectInvalid(inflate(hex('00 01 00 01 00 61')), /invalid stored block lengths/);
    await expectInvalid(inflate(Buffer.concat([finished('one'), hex('ff ff')])), /does not inflate/);
  });

  it('fails for a message that ends within a block, at each octet', async () => {
    for (const compressed of [
      deflated('Hello Hello'),
      deflated(noise(600).subarray(0, 300).toString('hex')),
    ]) {
      for (let at = 1; at < compressed.length; at++)
        await expectInvalid(inflate(compressed.subarray(0, at)), /does not inflate/);
    }
  });

  it('fails once, and stays failed with the first reason', async () => {
    const { inflation, parts } = begin();
    const push = failureOf(inflation.push(deflated(Buffer.alloc(1_000_000))));
    const reason = new Error('gone');
    inflation.fail(reason);
    inflation.fail(new Error('again'));
    expect(await push).to.equal(reason);
    expect(await failureOf(inflation.push(deflated('x')))).to.equal(reason);
    expect(await failureOf(inflation.end())).to.equal(reason);
    const { length } = parts;
    await whileInflating();
    expect(parts.length).to.equal(length);
  });

  it('fails with what its sink throws, which ends no process', async () => {
    const thrown = new Error('from the sink');
    const { inflation } = begin(undefined, () => {
      throw thrown;
    });
    expect(await failureOf(inflation.push(deflated(Buffer.alloc(100_000))))).to.equal(thrown);
    expect(await failureOf(inflation.end())).to.equal(thrown);
  });

  it('can be failed by its sink, which then gets no more', async () => {
    let count = 0;
    const reason = new Error('enough');
    const { inflation } = begin(undefined, () => {
      count += 1;
      inflation.fail(reason);
    });
    expect(await failureOf(inflation.push(deflated(Buffer.alloc(1_000_000))))).to.equal(reason);
    await whileInflating();
    expect(count).to.equal(1);
  });

  describe('pause', () => {
    it('keeps what is inflated ahead small, until it goes on', async () => {
      const { inflation, length } = begin();
      inflation.pause();
      const all = inflation.push(deflated(Buffer.alloc(4_000_000)));
      await settled(50);
      expect(length()).to.equal(0);
      inflation.resume();
      await all;
      expect(length()).to.equal(4_000_000);
      inflation.fail(new Error('over'));
    });

    it('takes effect at once, from within the sink', async () => {
      let count = 0;
      const { inflation } = begin(undefined, () => {
        count += 1;
        inflation.pause();
      });
      const all = inflation.push(deflated(Buffer.alloc(200_000)));
      for (let expected = 1; expected <= 6; expected++) {
        await until(() => count >= expected);
        await settled(10);
        expect(count).to.equal(expected);
        inflation.resume();
      }
      await until(() => count === 7);
      inflation.resume();
      await all;
      expect(count).to.equal(7);
      inflation.fail(new Error('over'));
    });

    it('holds also across a final block, and back the end', async () => {
      const { inflation, parts } = begin();
      inflation.pause();
      const all = (async () => {
        await inflation.push(Buffer.concat([deflateRawSync('one '), deflated('two')]));
        await inflation.end();
      })();
      await settled(20);
      expect(parts).to.deep.equal([]);
      inflation.resume();
      await all;
      expect(Buffer.concat(parts).toString()).to.equal('one two');
    });

    it('holds for what comes behind a final block, too, when it was paused before that', async () => {
      const { inflation, parts } = begin(undefined, () => inflation.pause());
      const push = inflation.push(Buffer.concat([deflateRawSync('one '), deflated('two')]));
      await until(() => parts.length === 1);
      await whileInflating();
      expect(parts.map(String)).to.deep.equal(['one ']);
      inflation.resume();
      await until(() => parts.length === 2);
      inflation.resume();
      await push;
      expect(parts.map(String)).to.deep.equal(['one ', 'two']);
      inflation.fail(new Error('over'));
    });

    it('does not keep it from being failed', async () => {
      const { inflation } = begin();
      inflation.pause();
      const reason = new Error('gone');
      const push = inflation.push(deflated('Hello'));
      await settled(10);
      inflation.fail(reason);
      expect(await failureOf(push)).to.equal(reason);
    });
  });
});

describe('COMPLETION', () => {
  it('is the end of an empty block, and a final empty block', () => {
    expect(COMPLETION.toString('hex')).to.equal('0000ffff' + '010000ffff');
  });
});

describe('checkComplete', () => {
  it('wants none of the completion to be taken, the end of an empty block, or all of it', () => {
    const complete = Array.from({ length: 10 }, (_, consumed) => consumed).filter((consumed) => {
      try {
        checkComplete(consumed);
        return true;
      } catch (error) {
        expect(error).to.include({ code: 'ERR_WS_INVALID_DEFLATE', closeCode: 1007 });
        return false;
      }
    });
    expect(complete).to.deep.equal([0, 4, 9]);
  });
});

describe('checkFinalBlocks', () => {
  it('allows 16, and one more for each 64 octets', () => {
    for (const [octets, most] of [
      [0, 16],
      [63, 16],
      [64, 17],
      [6400, 116],
    ] as const) {
      expect(() => checkFinalBlocks(most, octets)).to.not.throw();
      expect(() => checkFinalBlocks(most + 1, octets))
        .to.throw(ProtocolError, 'too many final blocks')
        .that.includes({ code: 'ERR_WS_INVALID_DEFLATE', closeCode: 1007 });
    }
  });
});
