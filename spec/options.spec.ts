import { expect } from 'chai';
import { InvalidOptionError } from '../lib/errors.js';
import {
  boolean,
  check,
  either,
  func,
  instance,
  integer,
  limit,
  listOf,
  MAX_TIMER_MS,
  milliseconds,
  normalise,
  number,
  oneOf,
  option,
  type Option,
  rejectUnknown,
  required,
  type SchemaOf,
  string,
} from '../lib/options.js';

/** Runs `act`, which must throw an InvalidOptionError, and returns it. */
function refused(act: () => unknown): InvalidOptionError {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidOptionError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('options', () => {
  describe('what each description takes and refuses', () => {
    const table: [what: string, of: Option<unknown>, taken: unknown[], refusedValues: unknown[]][] = [
      [
        'number',
        number(),
        [0, -1.5, 1e308, Number.MIN_VALUE],
        [NaN, Infinity, -Infinity, '1', 1n, true, {}, [], () => 1],
      ],
      ['number within bounds', number(1, { min: 0, max: 2 }), [0, 0.5, 2], [-0.1, 2.1, NaN, Infinity]],
      [
        'number with open ends',
        number(1, { min: -Infinity, max: Infinity }),
        [Infinity, -Infinity, 3],
        [NaN, '3'],
      ],
      ['integer', integer(), [0, 1, Number.MAX_SAFE_INTEGER], [-1, 0.5, 2 ** 53, NaN, Infinity, '1', 1n]],
      ['integer within bounds', integer(5, { min: -2, max: 7 }), [-2, 7], [-3, 8, 1.5]],
      ['limit', limit(10), [0, 2 ** 40, Infinity], [-1, 0.5, NaN, -Infinity, '10']],
      ['limit of at least one', limit(10, { min: 1 }), [1, Infinity], [0]],
      ['milliseconds', milliseconds(10), [0, 0.5, MAX_TIMER_MS], [-1, MAX_TIMER_MS + 1, Infinity, NaN, '10']],
      ['milliseconds with another minimum', milliseconds(10, { min: 1 }), [1], [0, 0.5]],
      ['boolean', boolean(), [true, false], [0, 1, 'true', new Boolean(true)]],
      ['string', string(), ['', 'é', 'x'.repeat(1000)], [1, new String('x'), ['x']]],
      ['string of bounded length', string('', 3), ['abc', 'é!'], ['abcd', 'éé']],
      ['oneOf', oneOf(['drop', 'pause', 1]), ['drop', 'pause', 1], ['Drop', '', '1', 0]],
      ['func', func(), [() => 1, class {}, async () => undefined], ['f', {}, 1]],
      ['instance', instance(Uint8Array), [new Uint8Array(), Buffer.alloc(1)], [[], {}, 'x', Uint8Array]],
      [
        'listOf',
        listOf(string()),
        [[], ['a', 'b']],
        ['a', [1], ['a', undefined], new Array(1), { length: 0 }],
      ],
      ['either', either(string(), listOf(string())), ['a', ['a']], [1, [1]]],
      ['option', option('2', (value) => value === 2), [2], [3]],
    ];
    for (const [what, of, taken, bad] of table) {
      it(`${what}: ${of.expected}`, () => {
        for (const value of taken) expect(check('name', of, value)).to.equal(value);
        for (const value of [...bad, null, Symbol('s')]) {
          const error = refused(() => check('name', of, value));
          expect(error).to.include({ option: 'name', expected: of.expected, code: 'ERR_WS_INVALID_OPTION' });
          expect(Object.is(error.value, value)).to.equal(true);
        }
      });
    }

    it('says in words what is expected', () => {
      const words = [
        [number(), 'a number'],
        [number(1, { min: -Infinity, max: Infinity }), 'a number or Infinity'],
        [number(1, { max: 5 }), 'a number of at most 5'],
        [integer(), 'an integer of at least 0'],
        [integer(1, { min: 1, max: 9 }), 'an integer from 1 to 9'],
        [limit(1), 'an integer of at least 0 or Infinity'],
        [milliseconds(1), 'milliseconds from 0 to 2147483647'],
        [string(), 'a string'],
        [string('', 125), 'a string of at most 125 octets in UTF-8'],
        [oneOf(['a', 2]), 'one of "a", 2'],
        [instance(Date), 'a Date'],
        [instance(AbortSignal), 'an AbortSignal'],
        [listOf(boolean()), 'an array, each item true or false'],
        [either(boolean(), func()), 'true or false or a function'],
      ] as const;
      for (const [of, expected] of words) expect(of.expected).to.equal(expected);
    });

    it('takes null for nothing, whatever else it takes', () => {
      const anything = option('anything', (value): value is unknown => typeof value !== 'undefined');
      expect(check('name', anything, 0)).to.equal(0);
      expect(refused(() => check('name', anything, null)).value).to.equal(null);
    });

    it('never converts', () => {
      expect(check('n', integer(1), -0)).to.equal(-0);
      expect(refused(() => check('n', integer(1), '7')).message).to.equal(
        'n: expected an integer of at least 0, got "7"',
      );
    });
  });

  describe('defaults', () => {
    it('stand for undefined, and only for undefined', () => {
      const schema = {
        number: number(1.5),
        integer: integer(2),
        limit: limit(Infinity),
        ms: milliseconds(3),
        flag: boolean(false),
        text: string('t'),
        word: oneOf(['a', 'b'], 'b'),
        list: listOf(string(), ['x']),
        both: either(string('s'), boolean(true)),
        nothing: boolean(),
      };
      const defaults = {
        number: 1.5,
        integer: 2,
        limit: Infinity,
        ms: 3,
        flag: false,
        text: 't',
        word: 'b',
        list: ['x'],
        both: 's',
        nothing: undefined,
      };
      expect(normalise(schema, undefined, 'Options')).to.deep.equal(defaults);
      expect(normalise(schema, {}, 'Options')).to.deep.equal(defaults);
      expect(normalise(schema, { number: undefined, text: undefined }, 'Options')).to.deep.equal(defaults);
      expect(refused(() => normalise(schema, { text: null }, 'Options'))).to.include({
        option: 'text',
        value: null,
      });
    });

    it('keep the very object given as a default', () => {
      const made = new Date();
      const act = () => 1;
      const result = normalise({ made: instance(Date, made), act: func(act) }, {}, 'Options');
      expect(result.made).to.equal(made);
      expect(result.act).to.equal(act);
    });

    it('do not exist for what is required', () => {
      const schema = { port: required(integer(80)) };
      expect(normalise(schema, { port: 0 }, 'Options')).to.deep.equal({ port: 0 });
      expect(refused(() => normalise(schema, {}, 'Options')).message).to.equal(
        'port: expected an integer of at least 0, got undefined',
      );
      expect(refused(() => normalise(schema, undefined, 'Options')).option).to.equal('port');
    });
  });

  describe('normalise', () => {
    interface Options {
      readonly timeoutMs?: number;
      readonly handler?: (text: string) => void;
      readonly policy?: 'drop' | 'pause';
    }
    const schema = {
      timeoutMs: milliseconds(5),
      handler: func<(text: string) => void>(),
      policy: oneOf(['drop', 'pause'], 'drop'),
    } satisfies SchemaOf<Options>;

    it('returns the types of the schema', () => {
      const result = normalise(schema, { policy: 'pause' } satisfies Options, 'Options');
      const timeoutMs: number = result.timeoutMs;
      const handler: ((text: string) => void) | undefined = result.handler;
      const policy: 'drop' | 'pause' = result.policy;
      expect([timeoutMs, handler, policy]).to.deep.equal([5, undefined, 'pause']);
    });

    it('freezes what it returns and leaves the caller’s object alone', () => {
      const given = { timeoutMs: 7 };
      const result = normalise(schema, given, 'Options');
      given.timeoutMs = 8;
      expect(result.timeoutMs).to.equal(7);
      expect(result).to.be.frozen;
      expect(given).to.deep.equal({ timeoutMs: 8 });
      expect(given).not.to.be.frozen;
    });

    it('reads each option once', () => {
      let reads = 0;
      const given = {
        get timeoutMs() {
          reads++;
          return reads === 1 ? 1 : 'changed';
        },
      };
      expect(normalise(schema, given, 'Options').timeoutMs).to.equal(1);
      expect(reads).to.equal(1);
    });

    it('returns its own result unchanged, but only for the same schema', () => {
      const result = normalise(schema, {}, 'Options');
      expect(normalise(schema, result, 'Options')).to.equal(result);
      expect(refused(() => normalise({ other: boolean() }, result, 'Other')).option).to.equal('timeoutMs');
    });

    for (const [what, value] of [
      ['null', null],
      ['an array', []],
      ['a function', () => 1],
      ['a string', 'x'],
      ['a number', 0],
      ['false', false],
    ] as const) {
      it(`refuses ${what} in place of the options`, () => {
        expect(refused(() => normalise(schema, value as never, 'ClientOptions'))).to.include({
          option: 'ClientOptions',
          value,
          expected: 'an object',
        });
      });
    }

    it('takes objects without a prototype and with one of their own', () => {
      const bare = Object.assign(Object.create(null) as object, { timeoutMs: 1 });
      expect(normalise(schema, bare, 'Options').timeoutMs).to.equal(1);
      const derived = Object.create({ timeoutMs: 2 }) as object;
      expect(normalise(schema, derived, 'Options').timeoutMs).to.equal(2);
      class Settings {
        get timeoutMs() {
          return 3;
        }
      }
      expect(normalise(schema, new Settings(), 'Options').timeoutMs).to.equal(3);
    });

    it('does not read options from a polluted Object.prototype', () => {
      const prototype = Object.prototype as Record<string, unknown>;
      prototype['timeoutMs'] = 99;
      prototype['unheardOf'] = true;
      try {
        expect(normalise(schema, {}, 'Options').timeoutMs).to.equal(5);
      } finally {
        delete prototype['timeoutMs'];
        delete prototype['unheardOf'];
      }
    });

    it('takes "constructor", "toString" and "__proto__" for unknown options like any other', () => {
      for (const name of ['constructor', 'toString', '__proto__']) {
        const given = JSON.parse(`{ "${name}": 1 }`) as object;
        expect(refused(() => normalise(schema, given, 'Options'))).to.include({ option: name, value: 1 });
      }
      expect(normalise(schema, {}, 'Options')).to.not.have.any.keys('constructor', 'toString', '__proto__');
    });

    it('lets the names through that belong to somebody else, unread', () => {
      const given = {
        timeoutMs: 1,
        get agent(): never {
          throw new Error('read');
        },
      };
      expect(normalise(schema, given, 'Options', ['agent'])).to.have.all.keys(Object.keys(schema));
      expect(refused(() => normalise(schema, { agen: 1 }, 'Options', ['agent'])).message).to.include(
        'did you mean agent?',
      );
    });
  });

  describe('rejectUnknown', () => {
    const known = [
      'closeTimeoutMs',
      'closeTotalTimeoutMs',
      'maxMessageBytes',
      'keepalive',
      'ping',
      'pongTimeoutMs',
    ];
    const hint = (name: string) =>
      /did you mean (\w+)\?/.exec(refused(() => rejectUnknown({ [name]: 5 }, known, 'Options')).message)?.[1];

    it('accepts the known names', () => {
      rejectUnknown({ ping: 'x', keepalive: undefined }, known, 'Options');
    });

    it('names the unknown option, its value and the place', () => {
      const error = refused(() => rejectUnknown({ ping: 'x', colour: 'red' }, known, 'ConnectionOptions'));
      expect(error).to.include({ option: 'colour', value: 'red' });
      expect(error.message).to.equal(
        'colour: expected nothing (ConnectionOptions has no such option), got "red"',
      );
    });

    it('refuses an unknown option even when it is undefined', () => {
      expect(refused(() => rejectUnknown({ colour: undefined }, known, 'Options')).option).to.equal('colour');
    });

    it('guesses what was meant', () => {
      expect(hint('keepAlive')).to.equal('keepalive');
      expect(hint('closeTimeout')).to.equal('closeTimeoutMs');
      expect(hint('closeTotalTimeout')).to.equal('closeTotalTimeoutMs');
      expect(hint('closeTimoutMs')).to.equal('closeTimeoutMs');
      expect(hint('maxMessage')).to.equal('maxMessageBytes');
      expect(hint('pign')).to.equal('ping');
    });

    it('does not guess wildly', () => {
      expect(hint('colour')).to.equal(undefined);
      expect(hint('x')).to.equal(undefined);
      expect(hint('y'.repeat(100_000))).to.equal(undefined);
    });
  });
});
