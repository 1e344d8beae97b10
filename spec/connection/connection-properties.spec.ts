import { expect } from 'chai';
import fc from 'fast-check';
import type { SinonFakeTimers } from 'sinon';
import { finished } from 'node:stream';
import type { TakeoverOptions } from '../../lib/connection/takeover-options.js';
import { setLogger } from '../../lib/logging.js';
import { fakeClock, names, settled, unwire, wire, type Wired } from '../wire-peer.js';

/** Is what a run remembers besides the events. */
interface Run extends Wired {
  readonly clock: SinonFakeTimers;
  /** Texts that the peer sent, in order. */
  readonly sent: string[];
  /** Texts that were delivered, in order. */
  readonly delivered: string[];
  /** How often each callback and promise that was given out came back. */
  readonly calls: number[];
}

/** Does something, whether or not it makes sense at the time: that is the connection's business. */
type Step = (run: Run) => void | Promise<void>;

/** Numbers the texts, so that no two are the same. */
let texts = 0;

const STEPS: Readonly<Record<string, Step>> = {
  'turn passes': () => settled(2),
  'second passes': ({ clock }) => void clock.tick(1_000),
  'peer sends text': ({ peer, sent }) => sayTexts(peer, sent, 1),
  'peer sends many': ({ peer, sent }) => sayTexts(peer, sent, 10),
  'peer pings': ({ peer }) => say(peer, peer.frame(9, 'p')),
  'peer breaks a rule': ({ peer }) => say(peer, peer.frame(3)),
  'peer closes': ({ peer }) => say(peer, peer.closeFrame(4000, 'theirs')),
  'peer ends': ({ peer }) => void peer.stream.end(),
  'peer resets': ({ peer }) => peer.stream.reset(),
  'socket is full': ({ stream }) => stream.hold(),
  'socket takes one': ({ stream }) => stream.release(1),
  'socket takes all': ({ stream }) => stream.release(),
  send: ({ connection }) => void connection.send('text', 'sent'),
  'send much': ({ connection }) => void connection.send('text', 'x'.repeat(9_000)),
  'send fragment': ({ connection }) => void connection.send('text', 'part', false),
  ping: ({ connection }) => void connection.ping('ours'),
  write: (run) => tolerate(run, () => run.connection.write('written', give(run))),
  cork: ({ connection }) => connection.cork(),
  uncork: ({ connection }) => connection.uncork(),
  pause: ({ connection }) => void connection.pause(),
  resume: ({ connection }) => void connection.resume(),
  close: ({ connection }) => connection.close(4001, 'ours'),
  end: (run) => tolerate(run, () => run.connection.end('last', give(run))),
  'end without a word': ({ connection }) => void connection.end(),
  destroy: ({ connection }) => void connection.destroy(),
  'destroy with an error': ({ connection }) => void connection.destroy(new Error('ours')),
  terminate: ({ connection }) => connection.terminate(),
  'drop locally': ({ connection }) => connection.close(1006),
  flushed: (run) => {
    const settle = give(run);
    void run.connection.flushed().then(settle, settle);
  },
  dispose: (run) => void run.connection[Symbol.asyncDispose]().then(give(run)),
  'listen for text': ({ connection }) => void connection.on('text', () => {}),
  'listen for data': ({ connection }) => void connection.on('data', () => {}),
  'listen and throw': ({ connection }) =>
    void connection.once('text', () => {
      throw new Error('a listener');
    }),
  iterate: ({ connection }) =>
    void (async () => {
      for await (const message of connection) if (message === 'never') break;
    })().catch(() => {}),
  'iterate and leave': ({ connection }) =>
    void (async () => {
      for await (const message of connection) if (message !== '') break;
    })().catch(() => {}),
};

/** Makes a callback that has to be called, and once. */
function give(run: Run): () => void {
  const index = run.calls.push(0) - 1;
  return () => {
    run.calls[index]! += 1;
  };
}

/** Lets a fragmented message that is open refuse a write. */
function tolerate(run: Run, step: () => void): void {
  try {
    step();
  } catch (error) {
    expect(String(error)).to.match(/fragmented message is not finished/);
    run.calls.pop();
  }
}

function say(peer: Wired['peer'], octets: Buffer): void {
  if (peer.stream.writable) peer.send(octets);
}

function sayTexts(peer: Wired['peer'], sent: string[], count: number): void {
  if (!peer.stream.writable) return;
  const batch = Array.from({ length: count }, () => `t${texts++}`);
  sent.push(...batch);
  peer.sendTexts(...batch);
}

/** Lets everything come to its end: the peer leaves, and all deadlines pass. */
async function finish({ clock, peer, stream, connection }: Run): Promise<void> {
  await settled(3);
  stream.release();
  peer.stream.end();
  connection.resume();
  for (let half = 0; half < 80; half++) {
    clock.tick(500);
    await settled(2);
  }
  await settled(60);
}

/** Asserts all that holds whatever happened. */
function judge(run: Run, finishes: number): void {
  const { connection, events, peer, sent, delivered } = run;
  const seen = names(events);
  const count = (name: string): number => seen.filter((event) => event === name).length;
  expect(count('close'), 'close').to.equal(1);
  expect(seen.at(-1)).to.equal('close');
  expect(count('connect')).to.be.at.most(1);
  expect(count('disconnect'), 'disconnect').to.equal(count('connect'));
  expect(count('closing')).to.be.at.most(1);
  expect(count('error')).to.be.at.most(1);
  expect(finishes, 'finished').to.equal(1);
  expect(connection.destroyed).to.equal(true);
  expect(connection.bufferedAmount).to.equal(0);

  const frames = peer.frames();
  const closes = frames.filter(({ opcode }) => opcode === 8);
  expect(closes.length, 'Closes').to.be.at.most(1);
  if (closes.length === 1) expect(frames.at(-1)?.opcode).to.equal(8);
  let isInside = false;
  for (const { opcode, fin } of frames.filter((frame) => frame.opcode < 8)) {
    expect(opcode === 0, 'continuation').to.equal(isInside);
    isInside = !fin;
  }

  const [, code, , wasClean] = events.find(([name]) => name === 'disconnect') ?? [];
  if (wasClean === true) expect([code, closes.length]).to.deep.equal([4000, 1]);
  expect(events.at(-1)?.[1]).to.equal(code ?? 1006);

  let at = -1;
  for (const text of delivered) {
    expect(sent.indexOf(text), 'in order').to.be.above(at);
    at = sent.indexOf(text);
  }
  const { messagesReceived, messagesDiscarded } = connection.counters;
  expect(messagesReceived + messagesDiscarded).to.be.at.most(sent.length);
  expect(run.calls, 'callbacks').to.deep.equal(run.calls.map(() => 1));
}

describe('Connection: whatever happens, in whatever order', () => {
  before(() => setLogger({ debug() {}, info() {}, warn() {}, error() {} }));
  after(() => setLogger(null));
  afterEach(unwire);

  const scenario = fc.record({
    role: fc.constantFrom('client' as const, 'server' as const),
    atOnce: fc.boolean(),
    handler: fc.constantFrom('none', 'plain', 'slow'),
    steps: fc.array(fc.constantFrom(...Object.keys(STEPS)), { maxLength: 20 }),
  });

  it('ends once, in order, says nothing after its Close, and loses no callback', async function () {
    this.timeout(600_000);
    await fc.assert(
      fc.asyncProperty(scenario, async ({ role, atOnce, handler, steps }) => {
        const clock = fakeClock();
        try {
          const delivered: string[] = [];
          const options: TakeoverOptions = {
            maxQueuedMessages: 3,
            maxTurnFrames: 7,
            softBacklogBytes: 5_000,
            hardBacklogBytes: 50_000,
            keepalive: 0,
            ...(handler !== 'none' && {
              handler: async (...[, type]) => {
                if (type === 'text' && handler === 'slow') await settled(1);
              },
            }),
          };
          const wired = wire(role, options, { atOnce });
          const run: Run = { ...wired, clock, sent: [], delivered, calls: [] };
          const { emit } = run.connection;
          run.connection.emit = function (event: string | symbol, ...args: unknown[]) {
            if (event === 'text') delivered.push(args[0] as string);
            return emit.call(this, event, ...args);
          };
          let finishes = 0;
          finished(run.connection, () => (finishes += 1));
          for (const step of steps) await STEPS[step]?.(run);
          await finish(run);
          judge(run, finishes);
        } finally {
          clock.restore();
          await unwire();
        }
      }),
      // HAWSER_RUNS asks for more, HAWSER_SEED for others; a failure names its seed and the shortest list of steps.
      {
        numRuns: Number(process.env['HAWSER_RUNS'] ?? 1_000),
        seed: Number(process.env['HAWSER_SEED'] ?? 6455),
      },
    );
  });
});
