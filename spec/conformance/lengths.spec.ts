import { expect } from 'chai';
import { ROLES } from '../wire-peer.js';
import { Differences, observeEach, type ObservedConnection } from './oracle/observed-connection.js';
import { ANNOUNCEMENTS, FINE } from './oracle/announced-lengths.js';
import { framesOf, type FrameSketch } from './oracle/peer-frames.js';

/** Lists the kinds of data frame, with what comes before them. */
const DATA_FRAMES: readonly {
  readonly name: string;
  readonly before: readonly FrameSketch[];
  readonly frame: FrameSketch;
}[] = [
  { name: 'a text message', before: [], frame: { opcode: 1 } },
  { name: 'a binary message', before: [], frame: { opcode: 2 } },
  { name: 'the first fragment of a text message', before: [], frame: { opcode: 1, fin: false } },
  { name: 'the first fragment of a binary message', before: [], frame: { opcode: 2, fin: false } },
  { name: 'a middle fragment', before: [{ opcode: 1, fin: false }], frame: { opcode: 0, fin: false } },
  { name: 'the last fragment', before: [{ opcode: 2, fin: false }], frame: { opcode: 0 } },
];

const MiB = 2n ** 20n;
/** Default of `maxMessageBytes`. */
const LIMIT = 16n * MiB;

const WAYS = ['in one chunk', 'octet by octet'] as const;

function receiveHeader(observed: ObservedConnection, header: Buffer, way: (typeof WAYS)[number]): void {
  if (way === 'in one chunk') observed.receive(header);
  else for (const octet of header) observed.receive(Buffer.from([octet]));
}

const hasFailed = ({ told }: ObservedConnection): boolean => told.some((line) => line.startsWith('closing'));

/** Octets that buffers take, all in all. */
const held = (): number => process.memoryUsage().arrayBuffers;

describe('payload lengths (RFC 6455 §5.2, §5.5)', function () {
  this.timeout(60_000);

  for (const role of ROLES) {
    for (const { name, before, frame } of DATA_FRAMES) {
      it(`are judged from the header alone: ${name}, read in the ${role} role`, async () => {
        const differences = new Differences();
        const cases = ANNOUNCEMENTS.flatMap((one) => WAYS.map((way) => ({ ...one, way })));
        type Case = (typeof cases)[number];
        const show = ({ bits, length, way }: Case): string => `${length} in ${bits} bits, ${way}`;
        const begin = (observed: ObservedConnection, one: Case): void => {
          const { bits, length, verdict, way } = one;
          observed.receive(framesOf(role, before));
          // The header and nothing behind it: an empty payload is all there is.
          const header = framesOf(role, [{ ...frame, lengthBits: bits, length }]);
          observed.receive(header.subarray(0, 2));
          // They announce the field, and cannot be wrong by themselves.
          differences.compare(() => `two octets of ${show(one)}`, hasFailed(observed), false);
          receiveHeader(observed, header.subarray(2), way);
          differences.compare(() => show(one), hasFailed(observed), verdict !== FINE);
        };
        const count = await observeEach(role, cases, begin, (observed, one) => {
          const { broken = '', brokenCode = '', sent } = observed;
          differences.compare(() => show(one), `${broken} ${brokenCode}`.trim(), one.verdict);
          const close = one.verdict === FINE ? '' : `close ${one.verdict.slice(-4)}`;
          differences.compare(() => show(one), sent.join(), close);
        });
        expect(differences.shown, `${differences.count} differences`).to.deep.equal([]);
        expect(count).to.equal(ANNOUNCEMENTS.length * 2);
      });
    }

    it(`of control frames are at most 125, in the ${role} role`, async () => {
      const differences = new Differences();
      const cases = [0x8, 0x9, 0xa].flatMap((opcode) =>
        Array.from({ length: 128 }, (_, field) => ({ opcode, field })),
      );
      const begin = (observed: ObservedConnection, { opcode, field }: (typeof cases)[number]): void => {
        // 126 and 127 announce a longer field, and so more than 125: the second octet says it all.
        const header = framesOf(role, [{ opcode, lengthBits: 7, length: BigInt(field) }]);
        observed.receive(header.subarray(0, 2));
        const isFailed = observed.told.join() === 'closing 1002 local';
        differences.compare(() => `opcode ${opcode}, ${field}`, isFailed, field > 125);
      };
      await observeEach(role, cases, begin, (observed, { opcode, field }) => {
        const rule = field > 125 ? 'ERR_WS_CONTROL_TOO_LONG' : undefined;
        // Without its payload nothing but the length can be wrong; a frame of none is whole in one role.
        differences.compare(() => `opcode ${opcode}, ${field}`, observed.broken, rule);
      });
      expect(differences.shown, `${differences.count} differences`).to.deep.equal([]);
    });

    it(`of control frames in a longer form are refused whatever they say, in the ${role} role`, async () => {
      const differences = new Differences();
      const cases = [0x8, 0x9, 0xa].flatMap((opcode) =>
        ([16, 64] as const).flatMap((lengthBits) =>
          [0n, 1n, 125n, 126n, 65_535n].map((length) => ({ opcode, lengthBits, length })),
        ),
      );
      const begin = (observed: ObservedConnection, sketch: (typeof cases)[number]): void => {
        observed.receive(framesOf(role, [{ opcode: 1, fin: false, payload: 'ab' }]));
        observed.receive(framesOf(role, [sketch]));
      };
      await observeEach(role, cases, begin, (observed, { opcode, lengthBits, length }) => {
        const what = (): string => `opcode ${opcode}, ${length} in ${lengthBits} bits`;
        differences.compare(what, observed.broken, 'ERR_WS_CONTROL_TOO_LONG');
        differences.compare(what, observed.sent.join(), 'close 1002');
      });
      expect(differences.shown, `${differences.count} differences`).to.deep.equal([]);
    });

    it(`of the fragments of a message count together, in the ${role} role`, async () => {
      const told: Record<string, string> = {};
      const cases = [
        { name: '600 + 400', lengths: [600, 400] },
        { name: '600 + 401', lengths: [600, 401] },
        { name: '1000 + 0', lengths: [1000, 0] },
        { name: '1000 + 1', lengths: [1000, 1] },
        { name: '1001', lengths: [1001] },
        { name: '400 + 300 + 301', lengths: [400, 300, 301] },
        { name: '999 twice', lengths: [999], again: true },
      ];
      const begin = (
        observed: ObservedConnection,
        { lengths, again = false }: (typeof cases)[number],
      ): void => {
        for (let message = 0; message < (again ? 2 : 1); message++) {
          for (const [index, length] of lengths.entries()) {
            const isLast = index === lengths.length - 1;
            const sketch = { opcode: index === 0 ? 2 : 0, fin: isLast, payload: 'x'.repeat(length) };
            const frame = framesOf(role, [sketch]);
            const header = frame.length - length;
            observed.receive(frame.subarray(0, header));
            if (isLast) told[lengths.join(' + ')] = observed.told.join();
            observed.receive(frame.subarray(header));
          }
        }
      };
      await observeEach(
        role,
        cases,
        begin,
        (observed, { name, lengths }) => {
          const total = lengths.reduce((sum, length) => sum + length);
          const isLong = total > 1000;
          expect(observed.broken, name).to.equal(isLong ? 'ERR_WS_LIMIT_MAX_MESSAGE_BYTES' : undefined);
          expect(observed.sent.join(), name).to.equal(isLong ? 'close 1009' : '');
          // Known before the payload of the last one came.
          if (isLong) expect(told[lengths.join(' + ')], name).to.equal('closing 1009 local');
        },
        { maxMessageBytes: 1000 },
      );
    });

    it(`that are announced cost nothing until the payload is there, in the ${role} role`, async () => {
      const lengths = [LIMIT, 2n ** 31n, 2n ** 32n + 1n, 2n ** 40n, 2n ** 52n, 2n ** 63n - 1n];
      const cases = DATA_FRAMES.flatMap(({ before, frame }) =>
        lengths.map((length) => framesOf(role, [...before, { ...frame, length, key: '00000000' }])),
      );
      let most = 0;
      const begin = (observed: ObservedConnection, octets: Buffer): void => {
        const start = held();
        observed.receive(octets);
        // Some of the payload, too.
        for (let i = 0; i < 5; i++) observed.receive(Buffer.alloc(10, 'x'));
        expect(observed.told).to.deep.equal([]);
        most = Math.max(most, held() - start);
      };
      await observeEach(role, cases, begin, (observed) => expect(observed.broken).to.equal(undefined), {
        maxMessageBytes: Infinity,
      });
      // What five chunks and a first buffer may take; little of the least that was announced.
      expect(most).to.be.below(Number(LIMIT / 256n));
    });

    it(`past the limit cost nothing at all, in the ${role} role`, async () => {
      const cases = Array.from({ length: 200 }, (_, i) => i);
      const start = held();
      const begin = (observed: ObservedConnection): void =>
        observed.receive(framesOf(role, [{ opcode: 2, length: 2n ** 31n }]));
      await observeEach(role, cases, begin, (observed) => expect(observed.brokenCode).to.equal(1009));
      expect(held() - start).to.be.below(Number(2n * MiB));
    });
  }
});
