import { createHook } from 'node:async_hooks';
import { constants, deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { Charge } from '../../lib/compression/charge.js';
import { deflateSettings } from '../../lib/compression/deflate-options.js';
import { Deflater } from '../../lib/compression/deflater.js';
import { INFLATION_BYTES, Inflater } from '../../lib/compression/inflater.js';
import { LimitError } from '../../lib/errors.js';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import { noise } from '../protocol/wire.js';
import { turn, until } from '../turns.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Compresses as a message (RFC 7692 §7.2.1), optionally with a flush point every so many octets. */
function bomb(length: number, flushEvery = length): Buffer {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, level: 9 };
  if (flushEvery === length) return deflateRawSync(Buffer.alloc(length), options).subarray(0, -4);
  const block = deflateRawSync(Buffer.alloc(flushEvery), options);
  const blocks = Array.from({ length: length / flushEvery }, () => block);
  return Buffer.concat([...blocks, Buffer.from([0])]);
}

/** Is one connection's share of a process: what it is charged, and whether the process failed it. */
class Holder {
  inflater!: Inflater<object>;
  isFailed = false;
}

function shared(limit = Infinity) {
  let most = 0;
  const budget = new MemoryBudget<object>(limit, (largest) => {
    const holder = largest as Holder;
    holder.isFailed = true;
    holder.inflater.discard(new Error('held the most'));
  });
  const charge = budget.charge.bind(budget);
  budget.charge = (holder, delta) => {
    charge(holder, delta);
    most = Math.max(most, budget.total);
  };
  const connect = (maxMessageBytes = 16 * MiB, keepsContext = false): Holder => {
    const holder = new Holder();
    const coding = { windowBits: 15, keepsContext };
    holder.inflater = new Inflater(coding, maxMessageBytes, budget, holder);
    return holder;
  };
  return { budget, connect, most: () => most };
}

/** Tells how a promise ended, and how often. */
function watch(promise: Promise<unknown>) {
  const outcome = { ends: 0, result: undefined as unknown };
  const end = (result: unknown): void => {
    outcome.ends += 1;
    outcome.result = result;
  };
  promise.then(end, end);
  return outcome;
}

/** Waits as long as it takes to inflate two megabytes: time enough for what must not happen. */
async function whileInflating(): Promise<void> {
  const { inflater } = shared().connect();
  expect(await inflater.inflateLater(bomb(2 * MiB))).to.have.length(2 * MiB);
}

describe('D1: messages that inflate to a thousand times as much', () => {
  it('are inflated no further than the limit, counted as they come', async () => {
    const payload = bomb(64 * MiB);
    expect(payload.length).to.be.below(100 * KiB);
    for (const max of [1000, 100 * KiB, MiB, 16 * MiB]) {
      const { budget, connect, most } = shared();
      const { inflater } = connect(max);
      expect(inflater.inflateNow(payload)).to.equal(undefined);
      const error = await inflater.inflateLater(payload).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(LimitError);
      await whileInflating();
      expect(most()).to.be.at.most(payload.length + max + 32 * KiB + INFLATION_BYTES);
      expect(budget.total).to.equal(0);
    }
  });

  it('are inflated no further with flush points, either', async () => {
    const payload = bomb(64 * MiB, 64 * KiB);
    const { budget, connect, most } = shared();
    const { inflater } = connect(MiB);
    expect(inflater.inflateNow(payload)).to.equal(undefined);
    expect(await inflater.inflateLater(payload).catch((reason: unknown) => reason)).to.be.instanceOf(
      LimitError,
    );
    await whileInflating();
    expect(most()).to.be.at.most(payload.length + MiB + 32 * KiB + INFLATION_BYTES);
    expect(budget.total).to.equal(0);
  });

  it('are inflated two at a time, whoever sends them', async function () {
    this.timeout(20_000);
    const payload = bomb(8 * MiB);
    const { budget, connect, most } = shared();
    const holders = Array.from({ length: 20 }, () => connect(8 * MiB));
    const messages = await Promise.all(holders.map(({ inflater }) => inflater.inflateLater(payload)));
    expect(messages.every((message) => message.length === 8 * MiB)).to.equal(true);
    expect(most()).to.be.within(8 * MiB, 20 * payload.length + 2 * (8 * MiB + INFLATION_BYTES));
    expect(budget.total).to.equal(0);
  });

  it('hand on no more than the limit for a frame, of a message in pieces', async () => {
    const payload = bomb(16 * MiB);
    const { inflater } = shared().connect(MiB);
    let length = 0;
    const error = await inflater
      .inflatePiece(payload, true, true, (octets) => void (length += octets.length))
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(LimitError);
    await whileInflating();
    expect(length).to.be.at.most(MiB);
  });

  it('cost the one that holds the most, when a process holds too much', async () => {
    const { budget, connect } = shared(4 * MiB);
    const large = connect();
    const small = connect();
    const outcomes = await Promise.all([
      large.inflater.inflateLater(bomb(12 * MiB)).catch((reason: unknown) => reason),
      small.inflater.inflateLater(bomb(MiB)).catch((reason: unknown) => reason),
    ]);
    expect([large.isFailed, small.isFailed]).to.deep.equal([true, false]);
    expect(String(outcomes[0])).to.equal('Error: held the most');
    expect(outcomes[1]).to.have.length(MiB);
    await whileInflating();
    expect(budget.total).to.equal(0);
  });

  it('give back what they were charged, whatever becomes of them', async () => {
    const { budget, connect } = shared();
    const other = {};
    budget.charge(other, 77);
    const holder = connect(MiB);
    for (const payload of [
      bomb(MiB),
      bomb(MiB + 1),
      noise(40 * KiB),
      bomb(MiB).subarray(0, 500),
      bomb(300),
    ]) {
      const one = connect(MiB);
      await one.inflater.inflateLater(payload).catch(() => {});
      expect(budget.total).to.equal(77);
    }
    expect(budget.heldBy(holder)).to.equal(0);
  });
});

describe('what zlib holds between turns', () => {
  /** Counts the objects of zlib that are made. */
  function countZlib(): { readonly made: number; stop: () => void } {
    const count = { made: 0, stop: () => void hook.disable() };
    const hook = createHook({ init: (_id, type) => (count.made += Number(type === 'ZLIB')) }).enable();
    return count;
  }

  it('is nothing for a message that waits for its slot: it costs its octets', async () => {
    const payload = bomb(2 * MiB);
    const zlib = countZlib();
    const { budget, connect } = shared();
    const holders = Array.from({ length: 40 }, () => connect());
    const outcomes = holders.map(({ inflater }) => watch(inflater.inflateLater(payload)));
    expect(zlib.made).to.equal(2);
    expect(budget.total).to.equal(40 * payload.length + 2 * INFLATION_BYTES);
    // All but the two that run: they are told before any slot is free, and let go of their octets.
    for (const { inflater } of holders.slice(2)) inflater.discard(new Error('gone'));
    await turn();
    expect(outcomes.map(({ ends }) => ends)).to.deep.equal([0, 0, ...Array.from({ length: 38 }, () => 1)]);
    expect(budget.total).to.be.at.most(2 * (payload.length + INFLATION_BYTES + 2 * MiB));
    await until(() => outcomes.every(({ ends }) => ends === 1));
    zlib.stop();
    expect(zlib.made).to.equal(2);
    expect(budget.total).to.equal(0);
  });

  it('is charged for each message in pieces, and given back at its end, or with its connection', async () => {
    const { budget, connect } = shared();
    const octets = deflateRawSync(noise(3000), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const holder = connect();
    const { inflater } = holder;
    const ignore = (): void => undefined;
    const first = inflater.inflatePiece(octets.subarray(0, 1000), true, false, ignore);
    expect(budget.heldBy(holder)).to.equal(INFLATION_BYTES + 1000);
    await first;
    expect(budget.heldBy(holder)).to.equal(INFLATION_BYTES);
    await inflater.inflatePiece(octets.subarray(1000), true, true, ignore);
    expect(budget.total).to.equal(0);
    await inflater.inflatePiece(octets.subarray(0, 1000), true, false, ignore);
    inflater.discard(new Error('gone'));
    expect(budget.total).to.equal(0);
    // Whoever comes later, too late, is not charged either.
    const late = await inflater.inflatePiece(octets, true, true, ignore).catch(String);
    expect(late).to.equal('Error: gone');
    expect(budget.total).to.equal(0);
  });

  it('stays within the budget when 1,000 peers each park a fragment', async function () {
    this.timeout(30_000);
    const limit = 100 * INFLATION_BYTES;
    const { budget, connect, most } = shared(limit);
    const piece = bomb(100);
    const zlib = countZlib();
    const holders = Array.from({ length: 1000 }, () => connect());
    for (const { inflater } of holders) {
      await inflater.inflatePiece(piece, true, false, () => undefined).catch(() => undefined);
    }
    zlib.stop();
    expect(most()).to.be.at.most(limit + INFLATION_BYTES + piece.length);
    expect(budget.total).to.be.within(limit - INFLATION_BYTES, limit);
    expect(holders.filter(({ isFailed }) => !isFailed)).to.have.length(budget.total / INFLATION_BYTES);
    expect(zlib.made).to.be.at.most(1000);
    for (const { inflater } of holders) inflater.discard(new Error('over'));
    expect(budget.total).to.equal(0);
  });

  it('makes no more of a message whose own charge has failed it', async () => {
    const { budget, connect } = shared(INFLATION_BYTES / 2);
    const [piece, large] = [bomb(1000), bomb(2 * MiB)];
    const zlib = countZlib();
    const outcomes = await Promise.all([
      connect()
        .inflater.inflatePiece(piece, true, false, () => undefined)
        .catch(String),
      connect().inflater.inflateLater(large).catch(String),
      connect().inflater.inflateLater(noise(INFLATION_BYTES)).catch(String),
    ]);
    zlib.stop();
    expect(outcomes).to.deep.equal(Array.from({ length: 3 }, () => 'Error: held the most'));
    expect(zlib.made).to.equal(0);
    expect(budget.total).to.equal(0);
  });

  it('counts the window of a direction that takes its context over', async () => {
    const { budget, connect } = shared();
    const holder = connect(16 * MiB, true);
    holder.inflater.inflateNow(bomb(300));
    expect(budget.heldBy(holder)).to.be.within(300, 2048);
    for (let i = 0; i < 3; i++) holder.inflater.inflateNow(bomb(60 * KiB));
    expect(budget.heldBy(holder)).to.equal(64 * KiB);
    await holder.inflater.inflateLater(bomb(MiB));
    expect(budget.heldBy(holder)).to.equal(64 * KiB);
    holder.inflater.discard(new Error('gone'));
    expect(budget.total).to.equal(0);
  });

  it('counts what a compressor keeps, until it is discarded, whatever is under way', async () => {
    const budget = new MemoryBudget<object>(Infinity, () => undefined);
    const settings = deflateSettings({ threshold: 0 })!;
    for (const keepsContext of [true, false]) {
      const holder = {};
      const coding = { windowBits: 15, keepsContext };
      const deflater = new Deflater(coding, settings, new Charge(budget, holder));
      deflater.takes(true, 1000);
      deflater.deflateNow(noise(1000), false);
      expect(budget.heldBy(holder)).to.be.within(1000, 4096);
      deflater.takes(false, 0);
      deflater.deflateNow(noise(0), true);
      expect(budget.heldBy(holder) > 0).to.equal(keepsContext);
      deflater.takes(true, 100 * KiB);
      await deflater.deflateLater(noise(100 * KiB), false);
      expect(budget.heldBy(holder)).to.equal(64 * KiB);
      const late = deflater.deflateLater(noise(100 * KiB), false);
      deflater.discard();
      expect(budget.total).to.equal(0);
      await late;
      expect(budget.total).to.equal(0);
    }
  });
});

describe('D3: going away at each moment of a job', () => {
  const turns = [0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30];

  it('settles an inflation once, with the reason, and gives all back', async () => {
    const payload = bomb(3 * MiB);
    let early = 0;
    for (const count of turns) {
      const { budget, connect } = shared();
      const { inflater } = connect();
      const outcome = watch(inflater.inflateLater(payload));
      for (let i = 0; i < count; i++) await turn();
      const reason = new Error('gone');
      if (outcome.ends === 0) early += 1;
      inflater.discard(reason);
      inflater.discard(new Error('gone again'));
      await until(() => outcome.ends > 0);
      await whileInflating();
      expect(outcome.ends).to.equal(1);
      if (Buffer.isBuffer(outcome.result)) expect(outcome.result).to.have.length(3 * MiB);
      else expect(outcome.result).to.equal(reason);
      expect(budget.total, `${count} turns`).to.equal(0);
    }
    expect(early).to.be.at.least(3);
  });

  it('settles one that still waits for its turn, and lets the others have theirs', async () => {
    const { budget, connect } = shared();
    const holders = Array.from({ length: 6 }, () => connect());
    const outcomes = holders.map(({ inflater }) => watch(inflater.inflateLater(bomb(2 * MiB))));
    for (const index of [5, 3, 1]) holders[index]!.inflater.discard(new Error('gone'));
    await until(() => outcomes.every(({ ends }) => ends === 1));
    expect(
      outcomes.map(({ result }) => (Buffer.isBuffer(result) ? result.length : String(result))),
    ).to.deep.equal([2 * MiB, 'Error: gone', 2 * MiB, 'Error: gone', 2 * MiB, 'Error: gone']);
    expect(budget.total).to.equal(0);
    await whileInflating();
  });

  it('settles a message in pieces once, also a paused one', async () => {
    const payload = bomb(MiB);
    for (const isPaused of [false, true]) {
      for (const count of turns) {
        const { inflater } = shared().connect();
        if (isPaused) inflater.pause();
        let late = 0;
        let isGone = false;
        const outcome = watch(
          inflater.inflatePiece(payload, true, true, () => {
            if (isGone) late += 1;
          }),
        );
        for (let i = 0; i < count; i++) await turn();
        isGone = true;
        inflater.discard(new Error('gone'));
        await until(() => outcome.ends > 0);
        await turn();
        expect(outcome.ends).to.equal(1);
        expect(late).to.equal(0);
      }
    }
    await whileInflating();
  });

  it('goes through a wild sequence of failures with all slots free at the end', async function () {
    this.timeout(30_000);
    const { budget, connect } = shared();
    const payloads = [bomb(2 * MiB), noise(50 * KiB), bomb(300 * KiB).subarray(0, 100), bomb(20 * MiB)];
    const outcomes = Array.from({ length: 60 }, (_, index) => {
      const { inflater } = connect(4 * MiB);
      const outcome = watch(inflater.inflateLater(payloads[index % 4]!));
      if (index % 5 === 0) inflater.discard(new Error('gone'));
      return outcome;
    });
    await until(() => outcomes.every(({ ends }) => ends === 1));
    expect(outcomes.filter(({ result }) => Buffer.isBuffer(result))).to.have.length(12);
    expect(budget.total).to.equal(0);
    // Both slots: neither of these would end without one.
    const [one, other] = [connect(), connect()];
    const both = [one, other].map(({ inflater }) => inflater.inflateLater(bomb(MiB)));
    expect((await Promise.all(both)).map(({ length }) => length)).to.deep.equal([MiB, MiB]);
  });

  it('leaves compressors that nobody waits for to their end, two at a time', async () => {
    let begun = 0;
    const hook = createHook({ init: (_id, type) => (begun += Number(type === 'ZLIB')) }).enable();
    const make = () =>
      new Deflater({ windowBits: 15, keepsContext: false }, deflateSettings({ threshold: 0 })!);
    const outcomes = Array.from({ length: 8 }, () => watch(make().deflateLater(noise(200 * KiB), true)));
    const done = (): number => outcomes.filter(({ ends }) => ends > 0).length;
    expect(begun).to.equal(2);
    while (done() < 8) {
      await turn();
      expect(begun).to.be.at.most(done() + 2);
    }
    hook.disable();
    expect(begun).to.equal(8);
    expect(outcomes.every(({ ends, result }) => ends === 1 && Buffer.isBuffer(result))).to.equal(true);
  });

  it('lets one message at a time grow large, and finishes them all (D1)', async () => {
    const holders = [{}, {}, {}];
    const budget = new MemoryBudget<object>(Infinity, () => undefined);
    const charge = budget.charge.bind(budget);
    let most = 0;
    budget.charge = (holder, delta) => {
      charge(holder, delta);
      most = Math.max(most, holders.filter((each) => budget.heldBy(each) > 5 * 1024 * KiB).length);
    };
    const size = 12 * 1024 * KiB;
    const bomb = deflateRawSync(Buffer.alloc(size), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const messages = await Promise.all(
      holders.map((holder) =>
        new Inflater({ windowBits: 15, keepsContext: false }, size, budget, holder).inflateLater(bomb),
      ),
    );
    expect(messages.map(({ length }) => length)).to.deep.equal([size, size, size]);
    expect(most).to.equal(1);
    expect(budget.total).to.equal(0);
  });

  it('finishes a whole message though nobody takes messages: it holds a slot that others wait for', async () => {
    const budget = new MemoryBudget<object>(Infinity, () => undefined);
    const coding = { windowBits: 15, keepsContext: false };
    const size = 6 * 1024 * KiB;
    const compressed = deflateRawSync(Buffer.alloc(size), { finishFlush: constants.Z_SYNC_FLUSH });
    const inflaters = [0, 1, 2].map(() => new Inflater(coding, size, budget, {}));
    for (const inflater of inflaters) inflater.pause();
    const octets = compressed.subarray(0, -4);
    const messages = await Promise.all(inflaters.map((inflater) => inflater.inflateLater(octets)));
    expect(messages.map(({ length }) => length)).to.deep.equal([size, size, size]);
  });
});
