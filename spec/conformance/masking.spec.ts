import { expect } from 'chai';
import sinon from 'sinon';
import { ROLES } from '../wire-peer.js';
import { Differences, observeEach, type ObservedConnection } from './oracle/observed-connection.js';
import { readFrames, type SentFrame } from './oracle/sent-frames.js';
import { framesOf, type FrameSketch } from './oracle/peer-frames.js';

type Role = (typeof ROLES)[number];

/** Is a frame that is masked as it must not be, and what the connection has told before it is seen. */
interface Situation {
  readonly name: string;
  /** Frames that are masked as they must be, in front of the wrong one. */
  readonly before?: readonly FrameSketch[];
  readonly wrong: FrameSketch;
  readonly told?: readonly string[];
  readonly isClosing?: boolean;
}

const TEXT = { opcode: 1, payload: 'Hello' } as const;
const FIRST = { opcode: 1, fin: false, payload: 'Hel' } as const;
const FIRST_BINARY = { opcode: 2, fin: false, payload: '\xff\xfe' } as const;
const HELLO = 'text 48656c6c6f';

const SITUATIONS: readonly Situation[] = [
  { name: 'a text message', wrong: TEXT },
  { name: 'an empty text message', wrong: { opcode: 1 } },
  { name: 'a text message of 126 octets', wrong: { opcode: 1, payload: 'x'.repeat(126) } },
  { name: 'a text message of 65,536 octets', wrong: { opcode: 1, payload: 'x'.repeat(65_536) } },
  { name: 'a binary message', wrong: { opcode: 2, payload: '\x00\xff' } },
  { name: 'an empty binary message', wrong: { opcode: 2 } },
  { name: 'the first fragment of a text message', wrong: FIRST },
  { name: 'the first fragment of a binary message', wrong: FIRST_BINARY },
  { name: 'a middle fragment', before: [FIRST], wrong: { opcode: 0, fin: false, payload: 'l' } },
  { name: 'an empty middle fragment', before: [FIRST], wrong: { opcode: 0, fin: false } },
  { name: 'the last fragment', before: [FIRST], wrong: { opcode: 0, payload: 'lo' } },
  { name: 'the last fragment, empty', before: [FIRST], wrong: { opcode: 0 } },
  {
    name: 'the last fragment of a binary message',
    before: [FIRST_BINARY],
    wrong: { opcode: 0, payload: 'x' },
  },
  {
    name: 'the fragment behind two others',
    before: [FIRST, { opcode: 0, fin: false, payload: 'l' }],
    wrong: { opcode: 0, payload: 'o' },
  },
  { name: 'a ping', wrong: { opcode: 9, payload: 'p' } },
  { name: 'an empty ping', wrong: { opcode: 9 } },
  { name: 'a ping of 125 octets', wrong: { opcode: 9, payload: 'p'.repeat(125) } },
  { name: 'a pong', wrong: { opcode: 10, payload: 'p' } },
  { name: 'an empty pong', wrong: { opcode: 10 } },
  { name: 'a Close', wrong: { opcode: 8, payload: '\x03\xe8bye' } },
  { name: 'an empty Close', wrong: { opcode: 8 } },
  { name: 'a ping between fragments', before: [FIRST], wrong: { opcode: 9, payload: 'p' } },
  { name: 'a pong between fragments', before: [FIRST_BINARY], wrong: { opcode: 10 } },
  { name: 'a Close between fragments', before: [FIRST], wrong: { opcode: 8, payload: '\x03\xe8' } },
  {
    name: 'a fragment behind a ping between fragments',
    before: [FIRST, { opcode: 9, payload: 'p' }],
    wrong: { opcode: 0, payload: 'lo' },
    told: ['ping 70'],
  },
  { name: 'a message behind a good one', before: [TEXT], wrong: TEXT, told: [HELLO] },
  {
    name: 'a message behind a good one in fragments',
    before: [FIRST, { opcode: 0, payload: 'lo' }],
    wrong: TEXT,
    told: [HELLO],
  },
  { name: 'a text message behind our Close', wrong: TEXT, isClosing: true },
  { name: 'a ping behind our Close', wrong: { opcode: 9 }, isClosing: true },
  { name: 'the Close that answers ours', wrong: { opcode: 8, payload: '\x03\xe8' }, isClosing: true },
];

/** Lists how the octets come: what of the wrong frame, and in how many pieces. */
const WAYS: readonly {
  readonly name: string;
  readonly cut: (before: Buffer, wrong: Buffer) => Buffer[];
}[] = [
  { name: 'all in one chunk', cut: (before, wrong) => [Buffer.concat([before, wrong])] },
  { name: 'frame by frame', cut: (before, wrong) => [before, wrong] },
  {
    name: 'octet by octet',
    cut: (before, wrong) =>
      [...Buffer.concat([before, wrong.subarray(0, 300)])].map((octet) => Buffer.from([octet])),
  },
  // The mask bit is the first of the second octet: nothing more has to come.
  { name: 'only the first two octets', cut: (before, wrong) => [before, wrong.subarray(0, 2)] },
];

describe('masking (RFC 6455 §5.1, §5.3)', function () {
  this.timeout(60_000);

  for (const role of ROLES) {
    const rule = role === 'server' ? 'ERR_WS_MASK_REQUIRED' : 'ERR_WS_MASK_FORBIDDEN';

    describe(`${role === 'server' ? 'an unmasked' : 'a masked'} frame fails the connection in the ${role} role with 1002`, () => {
      for (const { name, before = [], wrong, told = [], isClosing = false } of SITUATIONS) {
        it(name, async () => {
          const [good, bad] = [
            framesOf(role, before),
            framesOf(role === 'server' ? 'client' : 'server', [wrong]),
          ];
          const begin = (observed: ObservedConnection, { cut }: (typeof WAYS)[number]): void => {
            if (isClosing) observed.connection.close();
            for (const chunk of cut(good, bad)) observed.receive(chunk);
          };
          await observeEach(role, WAYS, begin, (observed, way) => {
            const closing = isClosing ? 'closing 1000 local' : 'closing 1002 local';
            const all = isClosing ? [closing, ...told] : [...told, closing];
            expect(observed.told, way.name).to.deep.equal([...all, 'disconnect 1006']);
            expect(observed.sent.at(-1), way.name).to.equal(isClosing ? 'close 1000' : 'close 1002');
            expect([observed.broken, observed.brokenCode], way.name).to.deep.equal([rule, 1002]);
          });
        });
      }
    });
  }

  describe('frames of a client are read with their key', () => {
    const keys = [
      '00000000',
      'ffffffff',
      '00000001',
      '80000000',
      '01020304',
      'deadbeef',
      '61616161',
      'a1b2c3d4',
    ];

    it('whatever the key, the length and the cut', async () => {
      const differences = new Differences();
      const cases = keys.flatMap((key) =>
        Array.from({ length: 20 }, (_, length) => length).flatMap((length) =>
          // From the header on, since that it can be cut anywhere is another matter.
          Array.from({ length: length + 1 }, (_, cut) => ({ key, length, cut })),
        ),
      );
      const payloadOf = (length: number): Buffer =>
        Buffer.from(Array.from({ length }, (_, i) => (i * 37 + 200) & 0xff));
      const begin = (observed: ObservedConnection, { key, length, cut }: (typeof cases)[number]): void => {
        const frame = framesOf('server', [{ opcode: 2, payload: payloadOf(length).toString('latin1'), key }]);
        observed.receive(frame.subarray(0, 6 + cut));
        observed.receive(frame.subarray(6 + cut));
      };
      const count = await observeEach('server', cases, begin, (observed, { key, length, cut }) => {
        const binary = `binary ${payloadOf(length).toString('hex')}`.trimEnd();
        differences.compare(() => `${key}, ${length}, ${cut}`, observed.told[0], binary);
      });
      expect(differences.shown, `${differences.count} differences`).to.deep.equal([]);
      expect(count).to.equal((keys.length * (20 * 21)) / 2);
    });

    it('also long ones, cut at any place modulo 16 and again behind it', async () => {
      const payload = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
      const cases = keys.slice(4).flatMap((key) => Array.from({ length: 17 }, (_, cut) => ({ key, cut })));
      const begin = (observed: ObservedConnection, { key, cut }: (typeof cases)[number]): void => {
        const frame = framesOf('server', [{ opcode: 2, payload: payload.toString('latin1'), key }]);
        observed.receive(frame.subarray(0, 14 + cut));
        observed.receive(frame.subarray(14 + cut, 40_000 + 3 * cut));
        observed.receive(frame.subarray(40_000 + 3 * cut));
      };
      await observeEach('server', cases, begin, (observed, { key, cut }) => {
        const [told = ''] = observed.told;
        expect(told === `binary ${payload.toString('hex')}`, `${key}, cut at ${cut}`).to.equal(true);
      });
    });
  });

  describe('our own frames', () => {
    const sizes = [0, 1, 7, 41, 42, 125, 126, 8192, 8193, 65_535, 65_536, 65_537, 300_000];

    /** Sends each kind of frame, and the sizes for which the work is done in different ways. */
    const sendAll = ({ connection, receive }: Speaking): Buffer[] => {
      const given: Buffer[] = [];
      for (const size of sizes) {
        connection.send('text', 'x'.repeat(size));
        connection.send('text', '\u20ac'.repeat(size / 3));
        const octets = Buffer.alloc(size, 'octets');
        given.push(octets);
        connection.send('binary', octets);
        connection.send('binary', new Uint8Array(octets));
      }
      connection.send('text', 'frag', false);
      connection.ping('between');
      connection.send('text', 'ment');
      connection.send('binary', Buffer.from('frag'), false);
      connection.send('pong', 'unasked');
      connection.send('binary', Buffer.alloc(0), false);
      connection.send('binary', Buffer.from('ment'));
      connection.send('ping');
      connection.write('written');
      connection.write(Buffer.from('written'));
      receive([{ opcode: 9, payload: 'answer me' }]);
      connection.close(1000, 'bye');
      return given;
    };

    interface Speaking {
      readonly connection: ObservedConnection['connection'];
      readonly receive: (frames: readonly FrameSketch[]) => void;
    }

    const framesAfter = async (role: Role, speak: (speaking: Speaking) => void): Promise<SentFrame[]> => {
      let frames: SentFrame[] = [];
      const begin = (observed: ObservedConnection): void =>
        speak({
          connection: observed.connection,
          receive: (sketches) => observed.receive(framesOf(role, sketches)),
        });
      await observeEach(role, [role], begin, ({ wire }) => (frames = readFrames(wire)));
      return frames;
    };

    afterEach(() => sinon.restore());

    it('are never masked in the server role', async () => {
      const frames = await framesAfter('server', sendAll);
      expect(frames).to.have.length(sizes.length * 4 + 12);
      expect(frames.filter(({ key }) => key !== undefined)).to.deep.equal([]);
    });

    it('are all masked in the client role, and say the same as those of a server', async () => {
      let given: Buffer[] = [];
      const frames = await framesAfter('client', (speaking) => (given = sendAll(speaking)));
      const plain = await framesAfter('server', sendAll);
      expect(frames.filter(({ key }) => key === undefined)).to.deep.equal([]);
      const say = (all: readonly SentFrame[]): string[] =>
        all.map(({ fin, rsv, opcode, lengthBits, payload }) =>
          [fin, rsv, opcode, lengthBits, payload.toString('hex')].join(' '),
        );
      expect(say(frames)).to.deep.equal(say(plain));
      // What the caller handed in is the caller's.
      for (const octets of given) expect(octets.equals(Buffer.alloc(octets.length, 'octets'))).to.equal(true);
    });

    it('have a fresh key each, which nobody can foresee', async () => {
      const random = sinon.stub(Math, 'random').throws(new Error('Math.random is no source of keys'));
      const frames = await framesAfter('client', ({ connection }) => {
        for (let i = 0; i < 500; i++) {
          connection.send('text', 'the same text');
          connection.send('binary', Buffer.from('the same octets'));
          connection.ping('p');
          connection.send('text', 'x'.repeat(100));
        }
      });
      expect(random.callCount).to.equal(0);
      expect(frames).to.have.length(2000);
      const keys = frames.map(({ key }) => key!.readUInt32BE());
      // Two of 2,000 may be the same once in 2,000 runs; more than that never happens.
      expect(new Set(keys).size).to.be.at.least(1998);
      for (let bit = 0; bit < 32; bit++) {
        const ones = keys.filter((key) => ((key >>> bit) & 1) === 1).length;
        // Thirteen standard deviations.
        expect(ones, `keys with bit ${bit}`).to.be.within(700, 1300);
      }
      // RFC 6455 §10.3: no key tells the next; so neither do two differ by what the two before did.
      const steps = keys.slice(1).map((key, i) => (key - keys[i]!) >>> 0);
      expect(new Set(steps).size).to.be.at.least(1990);
    });

    it('have other keys on each connection', async () => {
      const firstKeys = new Set<string>();
      const begin = ({ connection }: ObservedConnection): void => void connection.send('text', 'first');
      const cases = Array.from({ length: 500 }, (_, i) => i);
      await observeEach('client', cases, begin, ({ wire }) =>
        firstKeys.add(readFrames(wire)[0]!.key!.toString('hex')),
      );
      expect(firstKeys.size).to.be.at.least(499);
    });
  });
});
