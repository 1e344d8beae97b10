import { expect } from 'chai';
import fc from 'fast-check';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import sinon from 'sinon';
import { InvalidStateError } from '../../lib/errors.js';
import { OutputBatch } from '../../lib/connection/output-batch.js';

const KiB = 1024;
const SLICE = 256 * KiB;

/** Is a stream in memory that keeps what it is given, and takes it at once or when it is told to. */
class SlowStream extends Duplex {
  /** Each write as the batch's socket would see it: the buffers themselves, and what they held then. */
  readonly writes: { readonly buffers: readonly Buffer[]; readonly octets: Buffer }[] = [];
  /** Whether writes are taken before `write` returns. */
  isQuick = false;
  /** Fails writes before `write` returns. */
  failure: Error | undefined;
  takenBytes = 0;
  #callbacks: { readonly length: number; readonly callback: (error?: Error | null) => void }[] = [];

  constructor() {
    super({ highWaterMark: 1, autoDestroy: true });
    this.on('error', () => {});
  }

  /** All that was written, as it is now: nobody may have changed it. */
  get octets(): Buffer {
    return Buffer.concat(this.writes.flatMap(({ buffers }) => buffers));
  }

  get text(): string {
    return this.octets.toString('latin1');
  }

  get isBusy(): boolean {
    return this.#callbacks.length > 0;
  }

  /** Takes the write under way. */
  accept(): void {
    const { length, callback } = this.#callbacks.shift()!;
    this.takenBytes += length;
    callback();
  }

  /** Takes all that comes, until nothing does. */
  acceptAll(): void {
    while (this.isBusy) this.accept();
  }

  /** Fails the write under way. */
  fail(error: Error): void {
    this.#callbacks.shift()!.callback(error);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#written([chunk], callback);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    callback: (error?: Error | null) => void,
  ): void {
    this.#written(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  #written(buffers: readonly Buffer[], callback: (error?: Error | null) => void): void {
    if (this.failure !== undefined) {
      callback(this.failure);
      return;
    }
    const octets = Buffer.concat(buffers);
    this.writes.push({ buffers, octets });
    this.#callbacks.push({ length: octets.length, callback });
    if (this.isQuick) this.accept();
  }
}

function setUp(isQuick = false) {
  const stream = new SlowStream();
  stream.isQuick = isQuick;
  const onProgress = sinon.fake();
  return {
    stream,
    onProgress,
    batch: new OutputBatch(stream, {
      awaitsProgress: false,
      batchOnProgress: onProgress,
      batchOnShared: () => {},
      batchOnRest: () => {},
    }),
  };
}

/** Frames some octets into the slab, as the writer of frames does. */
function put(batch: OutputBatch, octets: string | Buffer): void {
  const source = Buffer.from(octets);
  const start = batch.reserve(source.length);
  source.copy(batch.slab, start);
}

/** Waits for what the present turn has put off to its end. */
const nextTick = () => new Promise<void>((resolve) => process.nextTick(resolve));
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Tells whether a promise is settled, and how. */
async function fateOf(promise: Promise<void>): Promise<string> {
  const rejected = (reason: unknown) => (reason instanceof Error ? reason.message : String(reason));
  return Promise.race([promise.then(() => 'resolved', rejected), turn().then(() => 'pending')]);
}

describe('OutputBatch', () => {
  afterEach(() => sinon.restore());

  describe('outside of a turn', () => {
    it('writes all that was sent in one write, on the next tick', async () => {
      const { stream, batch } = setUp();
      put(batch, 'one ');
      batch.append(Buffer.from('two '));
      put(batch, 'three ');
      put(batch, 'four');
      expect(stream.writes).to.have.length(0);
      await nextTick();
      expect(stream.writes).to.have.length(1);
      expect(stream.text).to.equal('one two three four');
      stream.acceptAll();
    });

    it('writes once per tick', async () => {
      const { stream, batch } = setUp(true);
      for (const text of ['a', 'b', 'c']) {
        put(batch, text);
        put(batch, text);
        await nextTick();
        await turn();
      }
      expect(stream.writes.map(({ octets }) => String(octets))).to.deep.equal(['aa', 'bb', 'cc']);
    });

    it('writes a lone payload that goes by reference', async () => {
      const { stream, batch } = setUp(true);
      batch.append(Buffer.from('payload'));
      await nextTick();
      expect(stream.text).to.equal('payload');
    });

    it('sends what room was not given back', async () => {
      const { stream, batch } = setUp(true);
      const start = batch.reserve(100);
      batch.slab.write('abc', start);
      batch.giveBack(97);
      expect(batch.totalBytes).to.equal(3);
      put(batch, 'def');
      await nextTick();
      expect(stream.text).to.equal('abcdef');
    });
  });

  describe('within a turn', () => {
    it('writes all that was sent in one write, at its end', async () => {
      const { stream, batch } = setUp(true);
      batch.beginTurn();
      for (let i = 0; i < 100; i++) put(batch, 'frame ');
      batch.append(Buffer.from('large '));
      put(batch, 'last');
      await nextTick();
      expect(stream.writes).to.have.length(0);
      batch.endTurn();
      expect(stream.writes).to.have.length(1);
      expect(stream.text).to.equal(`${'frame '.repeat(100)}large last`);
      await turn();
      expect(stream.writes).to.have.length(1);
    });

    it('writes nothing when nothing was sent', async () => {
      const { stream, batch } = setUp(true);
      batch.beginTurn();
      batch.endTurn();
      await turn();
      expect(stream.writes).to.have.length(0);
    });

    it('takes along what was sent before it', async () => {
      const { stream, batch } = setUp(true);
      put(batch, 'before ');
      batch.beginTurn();
      put(batch, 'in it');
      batch.endTurn();
      expect(stream.writes.map(({ octets }) => String(octets))).to.deep.equal(['before in it']);
      await turn();
      expect(stream.writes).to.have.length(1);
    });

    it('writes what is sent after it on the next tick', async () => {
      const { stream, batch } = setUp(true);
      batch.beginTurn();
      put(batch, 'in it');
      batch.endTurn();
      put(batch, 'after');
      batch.append(Buffer.from(' it'));
      expect(stream.writes).to.have.length(1);
      await nextTick();
      expect(stream.writes.map(({ octets }) => String(octets))).to.deep.equal(['in it', 'after it']);
    });
  });

  describe('at once', () => {
    for (const inTurn of [true, false]) {
      it(`writes when 64 KiB wait, ${inTurn ? 'within' : 'outside of'} a turn`, async () => {
        const { stream, batch } = setUp(true);
        if (inTurn) batch.beginTurn();
        put(batch, Buffer.alloc(32 * KiB));
        batch.append(Buffer.alloc(32 * KiB - 1));
        batch.flushIfLarge();
        expect(stream.writes).to.have.length(0);
        put(batch, 'x');
        batch.flushIfLarge();
        expect(stream.writes.map(({ octets }) => octets.length)).to.deep.equal([64 * KiB]);
        if (inTurn) batch.endTurn();
        await turn();
        expect(stream.writes).to.have.length(1);
      });
    }

    it('writes what it is told to flush, before a Close', async () => {
      const { stream, batch } = setUp(true);
      put(batch, 'data');
      put(batch, 'close');
      batch.flush();
      expect(stream.text).to.equal('dataclose');
      await turn();
      expect(stream.writes).to.have.length(1);
    });
  });

  describe('while the socket is busy', () => {
    it('waits, then writes all in one', async () => {
      const { stream, batch } = setUp();
      put(batch, 'first ');
      batch.flush();
      for (const text of ['a', 'b', 'c']) {
        batch.beginTurn();
        put(batch, text);
        batch.endTurn();
        put(batch, text);
        await turn();
      }
      batch.flush();
      expect(stream.writes).to.have.length(1);
      stream.accept();
      expect(stream.writes.map(({ octets }) => String(octets))).to.deep.equal(['first ', 'aabbcc']);
      stream.accept();
    });

    it('gives it at most 256 KiB at a time, the header of a large payload with its first slice', () => {
      const { stream, batch } = setUp();
      const payload = Buffer.from(Array.from({ length: 600 * KiB }, (_, i) => i % 251));
      put(batch, 'header');
      batch.append(payload);
      put(batch, 'next');
      batch.flush();
      const lengths = () => stream.writes.map(({ octets }) => octets.length);
      expect(lengths()).to.deep.equal([SLICE]);
      stream.accept();
      expect(lengths()).to.deep.equal([SLICE, SLICE]);
      stream.acceptAll();
      expect(lengths()).to.deep.equal([SLICE, SLICE, 600 * KiB + 10 - 2 * SLICE]);
      expect(
        stream.octets.equals(Buffer.concat([Buffer.from('header'), payload, Buffer.from('next')])),
      ).to.equal(true);
    });

    it('gives it a large payload by reference', () => {
      const { stream, batch } = setUp(true);
      const payload = Buffer.alloc(600 * KiB, 'x');
      batch.append(payload);
      batch.flush();
      const buffers = stream.writes.flatMap((write) => write.buffers);
      expect(buffers.map(({ length }) => length)).to.deep.equal([SLICE, SLICE, 88 * KiB]);
      for (const buffer of buffers) expect(buffer.buffer).to.equal(payload.buffer);
    });

    it('keeps the order of very many frames', () => {
      const { stream, batch } = setUp();
      const expected: string[] = [];
      for (let i = 0; i < 5000; i++) {
        const text = `${i} `;
        expected.push(text);
        if (i % 2 === 0) put(batch, text);
        else batch.append(Buffer.from(text.padEnd(300)));
        if (i % 100 === 0) batch.flush();
        // The queue never is empty, and still forgets what it has written.
        if (i % 900 === 899) stream.accept();
      }
      batch.flush();
      stream.acceptAll();
      expect(stream.text.replace(/ +/g, ' ')).to.equal(expected.join(''));
      expect([batch.backlog, batch.takenBytes]).to.deep.equal([0, batch.totalBytes]);
    });

    it('waits for octets of others that the stream has not taken, and comes behind them', async () => {
      const { stream, batch } = setUp();
      stream.write('HTTP/1.1 101');
      put(batch, 'frame');
      expect([batch.totalBytes, batch.backlog, batch.takenBytes]).to.deep.equal([5, 17, 0]);
      const taken = batch.taken();
      expect(await fateOf(taken)).to.equal('pending');
      stream.acceptAll();
      expect(stream.text).to.equal('HTTP/1.1 101frame');
      expect(await fateOf(taken)).to.equal('resolved');
      expect([batch.totalBytes, batch.backlog, batch.takenBytes]).to.deep.equal([5, 0, 5]);
    });
  });

  it('keeps order and count of everything, at each moment', async () => {
    const frameLength = fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 1, max: 200 }) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 9000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 70_000 }) },
    );
    const length = fc.oneof(frameLength, fc.integer({ min: 60_000, max: 600_000 }));
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ what: fc.constant('put' as const), length: frameLength }) },
      { weight: 3, arbitrary: fc.record({ what: fc.constant('append' as const), length }) },
      {
        weight: 8,
        arbitrary: fc.record({
          what: fc.constantFrom(
            'begin',
            'end',
            'flush',
            'flushIfLarge',
            'take',
            'quick',
            'slow',
            'tick',
            'taken',
          ),
          length: fc.constant(0),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { stream, batch } = setUp();
        const sent: Buffer[] = [];
        const settled: number[] = [];
        const marks: number[] = [];
        let total = 0;
        for (const [i, { what, length }] of steps.entries()) {
          const octets = Buffer.alloc(length, i + 1);
          if (what === 'put') put(batch, octets);
          if (what === 'append') batch.append(octets);
          if (what === 'begin') batch.beginTurn();
          if (what === 'end') batch.endTurn();
          if (what === 'flush') batch.flush();
          if (what === 'flushIfLarge') batch.flushIfLarge();
          if (what === 'take' && stream.isBusy) stream.accept();
          if (what === 'quick') stream.isQuick = true;
          if (what === 'slow') stream.isQuick = false;
          if (what === 'tick') await nextTick();
          if (what === 'taken') {
            const mark = total;
            marks.push(mark);
            void batch.taken().then(() => {
              expect(stream.takenBytes).to.be.at.least(mark);
              settled.push(mark);
            });
          }
          sent.push(octets);
          total += length;
          expect([batch.totalBytes, batch.takenBytes, batch.backlog]).to.deep.equal([
            total,
            stream.takenBytes,
            total - stream.takenBytes,
          ]);
        }
        batch.endTurn();
        batch.flush();
        stream.acceptAll();
        await turn();
        stream.acceptAll();
        await turn();
        expect(stream.octets.equals(Buffer.concat(sent))).to.equal(true);
        for (const { octets } of stream.writes) expect(octets.length).to.be.at.most(SLICE + KiB);
        expect(settled).to.deep.equal(marks);
        expect([batch.backlog, batch.takenBytes]).to.deep.equal([0, total]);
      }),
      { numRuns: 150 },
    );
  }).timeout(60_000);

  it('tells its owner each time that the socket took something', async () => {
    const { stream, batch, onProgress } = setUp();
    batch.append(Buffer.alloc(2 * SLICE));
    batch.flush();
    expect(onProgress.callCount).to.equal(0);
    stream.accept();
    await turn();
    expect(onProgress.callCount).to.equal(1);
    stream.accept();
    await turn();
    expect(onProgress.callCount).to.equal(2);
  });

  describe('taken', () => {
    it('resolves at once when nothing is on its way', async () => {
      const { batch } = setUp();
      expect(await fateOf(batch.taken())).to.equal('resolved');
    });

    it('resolves when the stream takes all at once', async () => {
      const { stream, batch } = setUp(true);
      put(batch, 'a');
      batch.flush();
      expect(await fateOf(batch.taken())).to.equal('resolved');
      put(batch, 'b');
      expect(await fateOf(batch.taken())).to.equal('resolved');
      batch.beginTurn();
      put(batch, 'c');
      const taken = batch.taken();
      batch.endTurn();
      expect(await fateOf(taken)).to.equal('resolved');
      expect(stream.text).to.equal('abc');
    });

    it('resolves in order, each when its own octets are taken', async () => {
      const { stream, batch } = setUp();
      const order: string[] = [];
      const waits = ['a', 'b', 'c'].map((text) => {
        batch.append(Buffer.alloc(SLICE, text));
        return batch.taken().then(() => order.push(text));
      });
      await turn();
      for (const seen of [[], ['a'], ['a', 'b']]) {
        expect(order).to.deep.equal(seen);
        stream.accept();
        await turn();
      }
      await Promise.all(waits);
      expect(order).to.deep.equal(['a', 'b', 'c']);
    });

    it('rejects when the stream goes first, and from then on', async () => {
      const { stream, batch } = setUp();
      put(batch, 'a');
      const taken = batch.taken();
      await turn();
      batch.discard(() => new Error('gone'));
      expect(await fateOf(taken)).to.equal('gone');
      batch.discard(() => new Error('gone again'));
      expect(await fateOf(batch.taken())).to.equal('gone');
      stream.acceptAll();
    });
  });

  describe('end', () => {
    for (const isQuick of [true, false]) {
      it(`ends the stream behind everything, when it takes ${isQuick ? 'all at once' : 'its time'}`, async () => {
        const { stream, batch } = setUp(isQuick);
        const whenTaken = sinon.fake();
        batch.beginTurn();
        put(batch, 'frames');
        batch.append(Buffer.alloc(2 * SLICE, 'x'));
        put(batch, 'close');
        batch.end(whenTaken);
        expect([stream.writableEnded, whenTaken.callCount]).to.deep.equal([isQuick, 0]);
        stream.acceptAll();
        batch.endTurn();
        await once(stream, 'finish');
        expect(stream.text).to.match(/^framesx+close$/);
        expect(whenTaken.callCount).to.equal(1);
        expect([batch.backlog, batch.takenBytes]).to.deep.equal([0, batch.totalBytes]);
      });
    }

    it('ends a stream that nothing was sent on, once', async () => {
      const { stream, batch } = setUp();
      const whenTaken = sinon.fake();
      batch.end(whenTaken);
      batch.end(() => expect.fail('the first one counts'));
      expect(stream.writableEnded).to.equal(true);
      await turn();
      expect(whenTaken.callCount).to.equal(1);
    });

    it('drops what comes after it, and leaves what came before alone', async () => {
      const { stream, batch } = setUp();
      stream.on('error', (error) => expect.fail(error.message));
      put(batch, 'first ');
      batch.flush();
      batch.beginTurn();
      put(batch, 'last');
      const taken = batch.taken();
      batch.end(() => {});
      for (let i = 0; i < 3; i++) {
        put(batch, 'too late');
        batch.reserve(5);
        batch.giveBack(5);
        batch.append(Buffer.from('too late'));
        batch.flushIfLarge();
        batch.endTurn();
      }
      expect(batch.totalBytes).to.equal(10);
      stream.acceptAll();
      put(batch, 'much too late');
      batch.append(Buffer.from('much too late'));
      batch.flush();
      await turn();
      expect(stream.text).to.equal('first last');
      expect(await fateOf(taken)).to.equal('resolved');
      expect([batch.totalBytes, batch.takenBytes, batch.backlog]).to.deep.equal([10, 10, 0]);
    });
  });

  describe('discard', () => {
    it('writes nothing any more, whatever comes', async () => {
      const { stream, batch, onProgress } = setUp();
      put(batch, 'under way');
      batch.flush();
      put(batch, 'waiting');
      batch.append(Buffer.from('waiting'));
      put(batch, 'waiting');
      batch.discard(() => new Error('gone'));
      stream.acceptAll();
      batch.beginTurn();
      put(batch, 'too late');
      batch.giveBack(1);
      batch.append(Buffer.alloc(100 * KiB));
      batch.flushIfLarge();
      batch.endTurn();
      batch.end(() => expect.fail('the stream is gone'));
      batch.flush();
      await turn();
      expect(stream.text).to.equal('under way');
      expect(stream.writableEnded).to.equal(false);
      expect(onProgress.callCount).to.equal(0);
    });

    it('counts what was lost as handed in, not as taken, and holds nothing', () => {
      const { stream, batch } = setUp();
      put(batch, '12345');
      batch.flush();
      stream.accept();
      put(batch, '6789');
      batch.flush();
      put(batch, 'abc');
      batch.append(Buffer.from('de'));
      expect([batch.totalBytes, batch.takenBytes, batch.backlog]).to.deep.equal([14, 5, 9]);
      batch.discard(() => new Error('gone'));
      expect([batch.totalBytes, batch.takenBytes, batch.backlog]).to.deep.equal([14, 5, 0]);
      put(batch, 'late');
      stream.acceptAll();
      expect([batch.totalBytes, batch.takenBytes, batch.backlog]).to.deep.equal([14, 5, 0]);
    });

    it('drops a tick that is due', async () => {
      const { stream, batch } = setUp();
      put(batch, 'waiting');
      batch.discard(() => new Error('gone'));
      await turn();
      expect(stream.writes).to.have.length(0);
    });
  });

  describe('when a write fails', () => {
    for (const when of ['at once', 'later']) {
      it(`writes nothing any more, and takes nothing for taken: ${when}`, async () => {
        const { stream, batch, onProgress } = setUp();
        put(batch, 'taken');
        batch.flush();
        stream.accept();
        await turn();
        onProgress.resetHistory();
        const failure = new Error('EPIPE');
        if (when === 'at once') stream.failure = failure;
        batch.append(Buffer.alloc(2 * SLICE));
        put(batch, 'fails');
        const taken = batch.taken();
        batch.flush();
        put(batch, 'waits');
        if (when === 'later') stream.fail(failure);
        const later = batch.taken();
        put(batch, 'comes too late');
        batch.append(Buffer.from('comes too late'));
        await turn();
        expect(stream.writes).to.have.length(when === 'later' ? 2 : 1);
        expect([await fateOf(taken), await fateOf(later)]).to.deep.equal(['pending', 'pending']);
        expect([onProgress.callCount, batch.backlog, batch.takenBytes]).to.deep.equal([0, 0, 5]);
        batch.discard(() => new Error('gone'));
        expect([await fateOf(taken), await fateOf(later)]).to.deep.equal(['gone', 'gone']);
        expect(batch.takenBytes).to.equal(5);
      });
    }
  });

  describe('memory handed in by reference (HOSTILE C3)', () => {
    for (const [what, spoil] of [
      ['detached', (memory: ArrayBuffer) => void structuredClone(memory, { transfer: [memory] })],
      [
        'made smaller',
        (memory: ArrayBuffer) => (memory as ArrayBuffer & { resize(n: number): void }).resize(9),
      ],
    ] as const) {
      it(`ends the stream when it is ${what} before it was written, and sends nothing of it`, async () => {
        const { stream, batch } = setUp();
        const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
        const memory = new Resizable(20_000, what === 'detached' ? {} : { maxByteLength: 20_000 });
        put(batch, 'before ');
        batch.flush();
        put(batch, 'header ');
        batch.append(what === 'detached' ? Buffer.from(memory) : Buffer.from(memory, 0));
        put(batch, 'after');
        const taken = batch.taken();
        spoil(memory);
        stream.acceptAll();
        const [error] = (await once(stream, 'error')) as [Error];
        expect(error).to.be.instanceOf(InvalidStateError);
        expect(error.message).to.include('detached');
        expect(stream.destroyed).to.equal(true);
        expect(stream.text).to.equal('before ');
        batch.discard(() => error);
        expect(await fateOf(taken)).to.equal(error.message);
      });
    }

    it('ends the stream when it is detached between two slices', () => {
      const { stream, batch } = setUp();
      const memory = new ArrayBuffer(2 * SLICE);
      batch.append(Buffer.from(memory));
      batch.flush();
      structuredClone(memory, { transfer: [memory] });
      stream.accept();
      expect(stream.destroyed).to.equal(true);
      expect(stream.writes).to.have.length(1);
    });
  });

  describe('the slab that batches share', () => {
    it('is never overwritten while a stream in memory holds what was in it', async () => {
      const { stream, batch } = setUp(true);
      for (let i = 0; i < 50; i++) {
        batch.beginTurn();
        put(batch, Buffer.alloc(1000, i));
        if (i % 3 === 0) batch.append(Buffer.alloc(10, i));
        put(batch, Buffer.alloc(1000, i));
        if (i % 5 === 0) batch.flush();
        put(batch, Buffer.alloc(10, i));
        batch.endTurn();
      }
      await turn();
      for (const { buffers, octets } of stream.writes)
        expect(Buffer.concat(buffers).equals(octets)).to.equal(true);
    });

    it('serves one of two batches whose turns nest', async () => {
      for (const isQuick of [true, false]) {
        const outer = setUp(isQuick);
        const inner = setUp(isQuick);
        let expectedOuter = '';
        let expectedInner = '';
        for (let i = 0; i < 20; i++) {
          outer.batch.beginTurn();
          put(outer.batch, `outer ${i} `);
          inner.batch.beginTurn();
          put(inner.batch, `inner ${i} `);
          inner.batch.append(Buffer.from('-'));
          put(inner.batch, 'end ');
          inner.batch.endTurn();
          put(outer.batch, 'end ');
          outer.batch.endTurn();
          expectedOuter += `outer ${i} end `;
          expectedInner += `inner ${i} -end `;
        }
        await turn();
        outer.stream.acceptAll();
        inner.stream.acceptAll();
        expect(outer.stream.text).to.equal(expectedOuter);
        expect(inner.stream.text).to.equal(expectedInner);
      }
    });

    it('serves a batch again that had to do without it', () => {
      const [outer, inner] = [setUp(true), setUp(true)];
      outer.batch.beginTurn();
      put(outer.batch, 'x');
      const shared = outer.batch.slab.buffer;
      inner.batch.beginTurn();
      put(inner.batch, 'y');
      expect(inner.batch.slab.buffer).to.not.equal(shared);
      inner.batch.endTurn();
      outer.batch.endTurn();
      inner.batch.beginTurn();
      put(inner.batch, 'z');
      expect(inner.batch.slab.buffer).to.equal(shared);
      inner.batch.endTurn();
      expect(inner.stream.text).to.equal('yz');
    });

    it('is free again for the next when a stream goes in the middle of a turn', async () => {
      await withSocketPair(async ({ near }) => {
        const lost = setUp();
        lost.batch.beginTurn();
        put(lost.batch, 'x');
        const shared = lost.batch.slab.buffer;
        lost.batch.discard(() => new Error('gone'));
        lost.batch.endTurn();
        const batch = new OutputBatch(near, {
          awaitsProgress: false,
          batchOnProgress: () => {},
          batchOnShared: () => {},
          batchOnRest: () => {},
        });
        batch.beginTurn();
        put(batch, 'y');
        expect(batch.slab.buffer).to.equal(shared);
        batch.endTurn();
        await batch.taken();
      });
    });

    it('takes no frame that it has no room for', () => {
      const { stream, batch } = setUp(true);
      const [small, large] = [Buffer.alloc(100, 'a'), Buffer.alloc(70_000, 'b')];
      batch.beginTurn();
      put(batch, small);
      put(batch, large);
      put(batch, small);
      batch.endTurn();
      batch.beginTurn();
      put(batch, large);
      batch.endTurn();
      expect(stream.octets.equals(Buffer.concat([small, large, small, large]))).to.equal(true);
    });
  });

  describe('over a TCP socket', () => {
    it('writes all turns that the kernel takes at once from the same memory', async () => {
      await withSocketPair(async ({ near, received }) => {
        const batch = new OutputBatch(near, {
          awaitsProgress: false,
          batchOnProgress: () => {},
          batchOnShared: () => {},
          batchOnRest: () => {},
        });
        const write = sinon.spy(near, 'write');
        for (let i = 0; i < 50; i++) {
          batch.beginTurn();
          for (let frame = 0; frame < 10; frame++) {
            const start = batch.reserve(100);
            batch.slab.fill(i, start, start + 100);
          }
          batch.endTurn();
        }
        const chunks = write.args.map(([chunk]) => chunk as Buffer);
        expect(chunks.map(({ length }) => length)).to.deep.equal(Array(50).fill(1000));
        expect([...new Set(chunks.map(({ buffer }) => buffer.byteLength))]).to.deep.equal([64 * KiB]);
        expect(new Set(chunks.map(({ buffer }) => buffer)).size).to.equal(1);
        const octets = await received(50_000);
        for (let i = 0; i < 50; i++) {
          expect(octets.subarray(i * 1000, i * 1000 + 1000).every((octet) => octet === i)).to.equal(true);
        }
      });
    });

    it('writes once per turn', async () => {
      await withSocketPair(async ({ near, received }) => {
        const batch = new OutputBatch(near, {
          awaitsProgress: false,
          batchOnProgress: () => {},
          batchOnShared: () => {},
          batchOnRest: () => {},
        });
        const write = sinon.spy(near, 'write');
        for (let i = 0; i < 5; i++) {
          batch.beginTurn();
          for (let frame = 0; frame < 100; frame++) put(batch, 'frame ');
          batch.endTurn();
        }
        expect(write.callCount).to.equal(5);
        expect(String(await received(3000))).to.equal('frame '.repeat(500));
      });
    });

    it('never overwrites what the kernel was too full to take', async () => {
      await withSocketPair(async ({ near, far, received }) => {
        await withSocketPair(async (other) => {
          far.pause();
          const batch = new OutputBatch(near, {
            awaitsProgress: false,
            batchOnProgress: () => {},
            batchOnShared: () => {},
            batchOnRest: () => {},
          });
          const otherBatch = new OutputBatch(other.near, {
            awaitsProgress: false,
            batchOnProgress: () => {},
            batchOnShared: () => {},
            batchOnRest: () => {},
          });
          const expected: Buffer[] = [];
          let wasFull = false;
          for (let i = 0; i < 400 && expected.length < 300; i++) {
            const octets = Buffer.alloc(60_000, i);
            batch.beginTurn();
            put(batch, octets);
            batch.endTurn();
            expected.push(octets);
            wasFull ||= near.writableLength > 0;
            // Another connection's turn, in the same memory if it were free.
            otherBatch.beginTurn();
            put(otherBatch, Buffer.alloc(60_000, 0xff));
            otherBatch.endTurn();
            await turn();
          }
          expect(wasFull, 'the kernel took 18 MB from us').to.equal(true);
          expect(batch.backlog).to.be.above(near.writableLength - 1);
          far.resume();
          const sent = Buffer.concat(expected);
          expect((await received(sent.length)).equals(sent)).to.equal(true);
          await batch.taken();
          expect([batch.backlog, batch.takenBytes]).to.deep.equal([0, sent.length]);
          await otherBatch.taken();
        });
      });
    }).timeout(30_000);

    it('keeps what is sent before the socket is connected', async () => {
      const server = net.createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const near = net.connect(port, '127.0.0.1');
      const batch = new OutputBatch(near, {
        awaitsProgress: false,
        batchOnProgress: () => {},
        batchOnShared: () => {},
        batchOnRest: () => {},
      });
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      for (const text of ['one ', 'two ', 'three']) {
        batch.beginTurn();
        put(batch, text);
        batch.endTurn();
      }
      batch.end(() => {});
      const [far] = await accepted;
      let text = '';
      for await (const chunk of far) text += String(chunk);
      expect(text).to.equal('one two three');
      far.destroy();
      near.destroy();
      server.close();
      await once(server, 'close');
    });

    it('writes nothing to a stream that was destroyed, and takes nothing for taken', async () => {
      await withSocketPair(async ({ near }) => {
        const batch = new OutputBatch(near, {
          awaitsProgress: false,
          batchOnProgress: () => expect.fail('no progress'),
          batchOnShared: () => {},
          batchOnRest: () => {},
        });
        const write = sinon.spy(near, 'write');
        put(batch, 'never sent');
        const taken = batch.taken();
        near.destroy();
        expect(await fateOf(taken)).to.equal('pending');
        expect(write.callCount).to.equal(0);
        batch.discard(() => new Error('gone'));
        expect(await fateOf(taken)).to.equal('gone');
      });
    });

    it('rejects what waits when the peer resets the connection', async () => {
      await withSocketPair(async ({ near, far }) => {
        far.pause();
        near.on('error', () => {});
        const batch = new OutputBatch(near, {
          awaitsProgress: false,
          batchOnProgress: () => {},
          batchOnShared: () => {},
          batchOnRest: () => {},
        });
        batch.append(Buffer.alloc(32 * 1024 * KiB));
        batch.flush();
        const taken = batch.taken();
        expect(near.writableLength, 'the kernel took 32 MiB').to.be.above(0);
        near.once('close', () => batch.discard(() => new Error('gone')));
        far.resetAndDestroy();
        const reason = await taken.then(
          () => 'resolved',
          (error: unknown) => (error as Error).message,
        );
        expect(reason).to.equal('gone');
        expect(batch.takenBytes).to.be.below(batch.totalBytes);
      });
    });
  });
});

interface SocketPair {
  readonly near: Socket;
  readonly far: Socket;
  /** Waits until the far end has so many octets, and gives them. */
  readonly received: (length: number) => Promise<Buffer>;
}

/** Runs with two connected sockets, and closes them. */
async function withSocketPair(run: (pair: SocketPair) => Promise<void>): Promise<void> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [Socket],
    unknown,
  ];
  const chunks: Buffer[] = [];
  let count = 0;
  far.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    count += chunk.length;
    far.emit('counted');
  });
  far.on('error', () => {});
  const received = async (length: number) => {
    while (count < length) await once(far, 'counted');
    return Buffer.concat(chunks);
  };
  try {
    await run({ near, far, received });
  } finally {
    near.destroy();
    far.destroy();
    server.close();
    await once(server, 'close');
  }
}
