import { expect } from 'chai';
import { InvalidOptionError } from '../../lib/errors.js';
import { ROLES } from '../wire-peer.js';
import { CODE_RANGES, mayBeOnTheWire } from './oracle/close-codes.js';
import {
  Differences,
  observeEach,
  withoutStacks,
  type ObservedConnection,
} from './oracle/observed-connection.js';
import { readFrames } from './oracle/sent-frames.js';
import { decode, judge, REPRESENTATIVES, sequences } from './oracle/utf8-table.js';

type Role = (typeof ROLES)[number];

const KEY = Buffer.from('a1b2c3d4', 'hex');
const CODES = Array.from({ length: 0x1_0000 }, (_, code) => code);

/** Makes a Close frame as the peer of a role has to send it. */
function closeFrame(role: Role, body: Buffer): Buffer {
  if (role === 'client') return Buffer.concat([Buffer.from([0x88, body.length]), body]);
  const masked = Buffer.from(body.map((octet, i) => octet ^ KEY[i % 4]!));
  return Buffer.concat([Buffer.from([0x88, 0x80 | body.length]), KEY, masked]);
}

/** Makes the body of a Close frame. */
function bodyOf(code: number, reason: readonly number[] = []): Buffer {
  return Buffer.from([code >> 8, code & 0xff, ...reason]);
}

const hexOf = (octets: readonly number[]): string => Buffer.from(octets).toString('hex');

describe('status codes of Close frames (RFC 6455 §5.5.1, §7.4)', function () {
  this.timeout(120_000);
  withoutStacks();

  const expectNone = ({ shown, count }: Differences): void => {
    expect(shown, `${count} differences`).to.deep.equal([]);
  };

  describe('the table', () => {
    it('has one row for each of the 65,536 values, of which 2,011 may be sent', () => {
      expect(CODES.filter(mayBeOnTheWire)).to.have.length(4 + 5 + 3 + 2000);
      expect(CODE_RANGES.reduce((sum, { first, last }) => sum + last - first + 1, 0)).to.equal(0x1_0000);
    });
  });

  for (const role of ROLES) {
    describe(`received in the ${role} role`, () => {
      it('each of the 65,536 is echoed, or fails the connection with 1002', async () => {
        const differences = new Differences();
        const begin = (observed: ObservedConnection, code: number): void =>
          observed.receive(closeFrame(role, bodyOf(code)));
        const count = await observeEach(role, CODES, begin, (observed, code) => {
          const isGood = mayBeOnTheWire(code);
          const what = (): string => String(code);
          const told = isGood ? `closing ${code} remote; disconnect ${code}, clean` : FAILED_1002;
          differences.compare(what, observed.told.join('; '), told);
          differences.compare(what, observed.sent.join(), `close ${isGood ? code : 1002}`);
          differences.compare(what, observed.broken, isGood ? undefined : 'ERR_WS_INVALID_CLOSE_CODE');
          differences.compare(what, observed.brokenCode, isGood ? undefined : 1002);
        });
        expectNone(differences);
        expect(count).to.equal(0x1_0000);
      });

      it('behind our own Close each is taken, or fails the connection', async () => {
        const differences = new Differences();
        const begin = (observed: ObservedConnection, code: number): void => {
          observed.connection.close(4321);
          observed.receive(closeFrame(role, bodyOf(code)));
        };
        // All that the table has borders among, and some of the rest.
        const codes = CODES.filter((code) => code < 5010 || code % 101 === 0);
        await observeEach(role, codes, begin, (observed, code) => {
          const isGood = mayBeOnTheWire(code);
          const what = (): string => String(code);
          const ended = isGood ? `disconnect ${code}, clean` : 'disconnect 1006';
          differences.compare(what, observed.told.join('; '), `closing 4321 local; ${ended}`);
          differences.compare(what, observed.sent.join(), 'close 4321');
          differences.compare(what, observed.broken, isGood ? undefined : 'ERR_WS_INVALID_CLOSE_CODE');
        });
        expectNone(differences);
      });

      it('an empty body is answered by an empty body, and counts as 1005', async () => {
        await observeEach(
          role,
          [Buffer.alloc(0)],
          (observed, body) => observed.receive(closeFrame(role, body)),
          (observed) => {
            expect(observed.told).to.deep.equal(['closing 1005 remote', 'disconnect 1005, clean']);
            expect(observed.sent).to.deep.equal(['close']);
            expect(readFrames(observed.wire)[0]?.payload).to.have.length(0);
          },
        );
      });

      it('a body of one octet, whichever, fails the connection with 1002', async () => {
        const differences = new Differences();
        await observeEach(
          role,
          CODES.slice(0, 256),
          (observed, octet) => observed.receive(closeFrame(role, Buffer.from([octet]))),
          (observed, octet) => {
            differences.compare(() => hexOf([octet]), observed.told.join('; '), FAILED_1002);
            differences.compare(() => hexOf([octet]), observed.sent.join(), 'close 1002');
            differences.compare(() => hexOf([octet]), observed.broken, 'ERR_WS_CLOSE_TRUNCATED');
          },
        );
        expectNone(differences);
      });

      it('a wrong code fails with 1002 whatever the reason is, and however the frame is cut', async () => {
        const differences = new Differences();
        const cases = [999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].flatMap((code) =>
          [[], [0x61], [0xff]].flatMap((reason) => {
            const frame = closeFrame(role, bodyOf(code, reason));
            return Array.from({ length: frame.length }, (_, at) => ({ frame, at }));
          }),
        );
        await observeEach(
          role,
          cases,
          (observed, { frame, at }) => {
            observed.receive(frame.subarray(0, at));
            observed.receive(frame.subarray(at));
          },
          (observed, { frame, at }) => {
            const what = (): string => `${frame.toString('hex')} cut at ${at}`;
            differences.compare(what, observed.told.join('; '), FAILED_1002);
            differences.compare(what, observed.broken, 'ERR_WS_INVALID_CLOSE_CODE');
          },
        );
        expectNone(differences);
      });

      it('a reason that is not UTF-8 fails the connection with 1007, and one that is, is reported', async () => {
        const differences = new Differences();
        const reasons = [
          ...sequences([REPRESENTATIVES, REPRESENTATIVES, REPRESENTATIVES]),
          ...sequences([[0xf0, 0xf1, 0xf3, 0xf4], REPRESENTATIVES, REPRESENTATIVES, REPRESENTATIVES]),
          ...[0xc0, 0xff, 0x80].flatMap((wrong) =>
            // At each place of the longest reason there is.
            Array.from({ length: 123 }, (_, at) => [
              ...Array<number>(at).fill(0x2a),
              wrong,
              ...Array<number>(122 - at).fill(0x2a),
            ]),
          ),
        ];
        await observeEach(
          role,
          reasons,
          (observed, reason) => observed.receive(closeFrame(role, bodyOf(1000, reason))),
          (observed, reason) => {
            const { wrongAt, isComplete } = judge(reason);
            const isGood = wrongAt === undefined && isComplete;
            const told = isGood
              ? `closing 1000 remote; disconnect 1000 ${decode(reason)}, clean`
              : 'closing 1007 local; disconnect 1006';
            differences.compare(() => hexOf(reason), observed.told.join('; '), told);
            differences.compare(
              () => hexOf(reason),
              observed.sent.join(),
              isGood ? 'close 1000' : 'close 1007',
            );
            differences.compare(
              () => hexOf(reason),
              observed.broken,
              isGood ? undefined : 'ERR_WS_INVALID_UTF8',
            );
            // Our own reason says what was wrong; there is none to say when nothing was.
            const own = [...readFrames(observed.wire)[0]!.payload.subarray(2)];
            differences.compare(() => hexOf(reason), own.length > 0, !isGood);
            differences.compare(() => hexOf(reason), judge(own).isComplete && own.length <= 123, true);
          },
        );
        expectNone(differences);
      });

      it('a reason that is not UTF-8 fails the connection wherever the frame is cut', async () => {
        const differences = new Differences();
        const cases = [
          [0x61, 0xc3, 0x28],
          [0xed, 0xa0, 0x80],
          [0xf0, 0x9f, 0x92],
          [0xf4, 0x90, 0x80, 0x80],
          [0xe2, 0x82, 0xac],
        ].flatMap((reason) => {
          const frame = closeFrame(role, bodyOf(3000, reason));
          const isGood = judge(reason).wrongAt === undefined && judge(reason).isComplete;
          return Array.from({ length: frame.length }, (_, at) => ({ frame, at, isGood, reason }));
        });
        await observeEach(
          role,
          cases,
          (observed, { frame, at }) => {
            observed.receive(frame.subarray(0, at));
            observed.receive(frame.subarray(at));
          },
          (observed, { frame, at, isGood, reason }) => {
            const what = (): string => `${frame.toString('hex')} cut at ${at}`;
            const told = isGood
              ? `closing 3000 remote; disconnect 3000 ${decode(reason)}, clean`
              : 'closing 1007 local; disconnect 1006';
            differences.compare(what, observed.told.join('; '), told);
            differences.compare(what, observed.sent.join(), isGood ? 'close 3000' : 'close 1007');
          },
        );
        expectNone(differences);
      });
    });

    describe(`given to close() in the ${role} role`, () => {
      it('each of the 65,536 is sent, or throws and changes nothing', async () => {
        const differences = new Differences();
        const judged = (code: number): boolean => [1005, 1006, 1015].includes(code) || mayBeOnTheWire(code);
        // Those that throw need no connection each.
        const [bad, good] = [CODES.filter((code) => !judged(code)), CODES.filter(judged)];
        await observeEach(
          role,
          [bad],
          ({ connection }, codes) => {
            for (const code of codes)
              differences.compare(() => String(code), refusalOf(connection, code), 'code');
            expect(connection.state).to.equal('CONNECTED');
            connection.close(4999);
          },
          (observed) => expect(observed.sent).to.deep.equal(['close 4999']),
        );
        const begin = (observed: ObservedConnection, code: number): void => {
          observed.connection.close(code);
          observed.receive(closeFrame(role, bodyOf(4000)));
        };
        await observeEach(role, good, begin, (observed, code) => {
          // RFC 6455 §7.4.1: these are never sent; 1005 means a Close without a code.
          const isLocal = code === 1006 || code === 1015;
          const sent = isLocal ? '' : code === 1005 ? 'close' : `close ${code}`;
          differences.compare(() => String(code), observed.sent.join(), sent);
          const end = isLocal ? 'disconnect 1006' : 'disconnect 4000, clean';
          differences.compare(() => String(code), observed.told.join('; '), `closing ${code} local; ${end}`);
        });
        expectNone(differences);
        expect([bad.length, good.length]).to.deep.equal([0x1_0000 - 2015, 2015]);
      });

      it('what is no code throws and changes nothing', async () => {
        const odd: unknown[] = [
          -1,
          -1000,
          0.5,
          1000.5,
          65536,
          65536 + 1000,
          2 ** 32 + 1000,
          NaN,
          Infinity,
          -Infinity,
          null,
          '',
          '1000',
          1000n,
          true,
          [1000],
          { valueOf: () => 1000 },
          Symbol('1000'),
          () => 1000,
        ];
        await observeEach(
          role,
          [odd],
          ({ connection }, values) => {
            for (const value of values) {
              expect(refusalOf(connection, value as number), `for the ${typeof value}`).to.equal('code');
            }
            expect(connection.state).to.equal('CONNECTED');
          },
          (observed) => expect(observed.sent).to.deep.equal([]),
        );
      });

      it('a reason is cut to 123 octets between two characters', async () => {
        const differences = new Differences();
        const reasons = ['a', '\u00e9', '\u20ac', '\u{1f600}'].flatMap((character) =>
          Array.from({ length: 8 }, (_, lead) => 'x'.repeat(lead) + character.repeat(130)),
        );
        const begin = ({ connection }: ObservedConnection, reason: string): void =>
          connection.close(1000, reason);
        await observeEach(role, reasons, begin, (observed, reason) => {
          const expected: string[] = [];
          for (const character of reason) {
            if (encodedLength([...expected, character]) > 123) break;
            expected.push(character);
          }
          const body = readFrames(observed.wire)[0]?.payload ?? Buffer.alloc(0);
          differences.compare(() => reason.slice(0, 10), body.toString('utf8', 2), expected.join(''));
          differences.compare(() => reason.slice(0, 10), judge([...body.subarray(2)]).isComplete, true);
        });
        expectNone(differences);
      });
    });
  }
});

const FAILED_1002 = 'closing 1002 local; disconnect 1006';

/** Tells which argument `close` refuses. */
function refusalOf(connection: ObservedConnection['connection'], code: number): string {
  try {
    connection.close(code);
    return 'nothing';
  } catch (error) {
    return error instanceof InvalidOptionError ? error.option : String(error);
  }
}

/** Counts octets by the ranges of RFC 3629 §3. */
function encodedLength(characters: readonly string[]): number {
  return characters.reduce((sum, character) => {
    const point = character.codePointAt(0)!;
    return sum + (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4);
  }, 0);
}
