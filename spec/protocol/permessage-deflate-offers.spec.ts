import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatExtensions,
  parseExtensions,
  type ExtensionOffer,
} from '../../lib/protocol/extension-header.js';
import {
  acceptDeflate,
  readDeflateResponse,
  type DeflateWishes,
} from '../../lib/protocol/permessage-deflate.js';

/*
 * What any client may offer, and any server answer: nonsense, names that every object has, values in quotes; judged by
 * the letter of RFC 7692 §7.1, written down here a second time.
 */

const SEED = 7692;

const S_NO = 'server_no_context_takeover';
const C_NO = 'client_no_context_takeover';
const S_BITS = 'server_max_window_bits';
const C_BITS = 'client_max_window_bits';

const BITS = ['8', '9', '10', '11', '12', '13', '14', '15'];
const BAD_BITS = ['0', '7', '16', '1000', '08', '+9', '-9', '9.0', '0x9', '1e1', '9a', 'a'];
/** Names of what objects have by themselves (H3). */
const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];

const ANY: DeflateWishes = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: undefined,
  clientMaxWindowBits: undefined,
};

/** Writes an element of the header: `pmd('a', 'b=1')` is `permessage-deflate; a; b=1`. */
const pmd = (...parameters: readonly string[]) => ['permessage-deflate', ...parameters].join('; ');

/** Tells what a server answers to a header; undefined when it declines. */
function answer(header: string, wishes: DeflateWishes = ANY): string | undefined {
  const accepted = acceptDeflate(parseExtensions(header), wishes);
  return accepted && formatExtensions([accepted.response]);
}

/** Tells by the letter whether a server with these wishes, and zlib, may accept an offer. */
function mayBeAccepted({ name, params }: ExtensionOffer, wishes: DeflateWishes): boolean {
  if (name !== 'permessage-deflate') return false;
  for (const [parameter, values] of params) {
    const [value] = values;
    if (values.length !== 1) return false;
    if (parameter === S_NO || parameter === C_NO) {
      if (value !== true) return false;
    } else if (parameter === S_BITS || parameter === C_BITS) {
      if (value === true ? parameter === S_BITS : !BITS.includes(value!)) return false;
    } else return false;
  }
  if (params.get(S_BITS)?.[0] === '8') return false;
  return wishes.clientMaxWindowBits === undefined || params.has(C_BITS);
}

/** Lists what is wrong with a response to an offer (RFC 7692 §7.1). */
function faults(offer: ExtensionOffer, response: ExtensionOffer): string[] {
  const asked = (name: string): string | true | undefined => offer.params.get(name)?.[0];
  const said = (name: string): string | true | undefined => response.params.get(name)?.[0];
  const wrong: string[] = [];
  if (response.name !== 'permessage-deflate') wrong.push('another extension');
  if ([...response.params.values()].some((values) => values.length !== 1)) wrong.push('a doubled parameter');
  if (asked(S_NO) === true && said(S_NO) !== true) wrong.push('the server does not say that it forgets');
  if (asked(S_BITS) !== undefined && !(Number(said(S_BITS)) <= Number(asked(S_BITS))))
    wrong.push('the window of the server is larger than asked for');
  if (said(S_BITS) !== undefined && !(Number(said(S_BITS)) >= 9))
    wrong.push('a window that zlib cannot have');
  if (said(C_BITS) === true) wrong.push('a window of the client without a value');
  if (said(C_BITS) !== undefined && asked(C_BITS) === undefined)
    wrong.push('tells a client that does not obey');
  if (typeof asked(C_BITS) === 'string' && Number(said(C_BITS)) > Number(asked(C_BITS)))
    wrong.push('allows the client more than it will use');
  return wrong;
}

describe('permessage-deflate, whatever is said', () => {
  for (const [value, taken] of [
    ['"9"', '9'],
    ['"1\\0"', '10'],
    ['"\\1\\5"', '15'],
    ['"8"', undefined],
    ['"16"', undefined],
    ['"09"', undefined],
  ] as const) {
    it(`reads a value in quotes like any other (RFC 6455 §9.1): ${value}`, () => {
      expect(answer(pmd(`${S_BITS}=${value}`))).to.equal(taken && pmd(`${S_BITS}=${taken}`));
    });
  }

  it('passes over names that every object has, and leaves the prototypes alone (H3)', () => {
    const prototype = Object.prototype as Record<string, unknown>;
    const before = INHERITED.map((name) => prototype[name]);
    expect(answer(INHERITED.join(', '))).to.equal(undefined);
    expect(answer(INHERITED.map((name) => `${name}; ${name}=10`).join(', '))).to.equal(undefined);
    expect(answer(`${INHERITED.join(', ')}, ${pmd()}`)).to.equal(pmd());
    for (const name of INHERITED) {
      for (const parameter of [name, `${name}=10`, `${name}="10"`]) {
        expect(answer(pmd(parameter)), parameter).to.equal(undefined);
        expect(answer(`${pmd(parameter, C_BITS)}, ${pmd(C_NO)}`), parameter).to.equal(pmd(C_NO));
        const read = readDeflateResponse(parseExtensions(pmd(parameter)), ANY);
        expect(read, parameter).to.equal('has parameters that break its rules');
      }
      expect(readDeflateResponse(parseExtensions(name), ANY)).to.equal(undefined);
    }
    expect(INHERITED.map((name) => prototype[name])).to.deep.equal(before);
  });

  it('does not know names in odd case, as no registry of names has them', () => {
    for (const header of ['Permessage-Deflate', pmd('Server_no_context_takeover'), pmd(S_NO.toUpperCase())])
      expect(answer(header)).to.equal(undefined);
  });

  it('is the smaller of both windows of the server, for each pair', () => {
    for (const offered of BITS.slice(1)) {
      for (const wanted of BITS.slice(1)) {
        const wishes = { ...ANY, serverMaxWindowBits: Number(wanted) };
        const least = Math.min(Number(offered), Number(wanted));
        expect(answer(pmd(`${S_BITS}=${offered}`), wishes)).to.equal(pmd(`${S_BITS}=${least}`));
      }
    }
  });

  describe(`at random, seed ${SEED}`, () => {
    const bits = fc.option(fc.integer({ min: 8, max: 15 }), { nil: undefined });
    const wishes = fc.record<DeflateWishes>({
      serverNoContextTakeover: fc.boolean(),
      clientNoContextTakeover: fc.boolean(),
      serverMaxWindowBits: bits,
      clientMaxWindowBits: bits,
    });
    const ofServer = wishes.filter(({ serverMaxWindowBits }) => serverMaxWindowBits !== 8);
    const window = fc
      .tuple(fc.constantFrom(S_BITS, C_BITS), fc.constantFrom(...BITS))
      .map((pair) => pair.join('='));
    const nonsense = fc
      .tuple(fc.constantFrom(S_NO, C_NO, S_BITS, C_BITS, 'x', ...INHERITED), fc.constantFrom(...BAD_BITS))
      .map((pair) => pair.join('='));
    const parameter = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(S_NO, C_NO, C_BITS) },
      { weight: 3, arbitrary: window },
      { weight: 1, arbitrary: nonsense },
    );
    const element = fc
      .tuple(
        fc.constantFrom('permessage-deflate', 'permessage-deflate', 'x'),
        fc.array(parameter, { maxLength: 4 }),
      )
      .map(([name, parameters]) => [name, ...parameters].join('; '));
    const header = fc.array(element, { minLength: 1, maxLength: 4 }).map((elements) => elements.join(', '));

    it('takes the first offer that it may, and answers by the letter, so that any client can read it', () => {
      let accepts = 0;
      const numRuns = 3000;
      fc.assert(
        fc.property(header, ofServer, (offers, server) => {
          const parsed = parseExtensions(offers);
          const accepted = acceptDeflate(parsed, server);
          const first = parsed.find((offer) => mayBeAccepted(offer, server));
          expect(accepted === undefined).to.equal(first === undefined);
          if (accepted === undefined) return;
          accepts += 1;
          expect(faults(first!, accepted.response)).to.deep.equal([]);
          const read = readDeflateResponse(parseExtensions(formatExtensions([accepted.response])), ANY);
          // What the client has promised by its offer, it knows without being told.
          const { clientMaxWindowBits: promised, ...agreed } = accepted.agreement;
          expect(read).to.include(agreed);
          expect(read).to.have.property('clientMaxWindowBits').that.is.at.least(promised);
        }),
        { seed: SEED, numRuns },
      );
      expect(accepts).to.be.within(numRuns / 6, (numRuns * 5) / 6);
    });

    it('never throws for a response, and never agrees on more than was offered', () => {
      fc.assert(
        fc.property(header, wishes, (response, client) => {
          const agreement = readDeflateResponse(parseExtensions(response), client);
          if (typeof agreement !== 'object') return;
          expect(agreement.serverMaxWindowBits).to.be.within(8, 15);
          expect(agreement.clientMaxWindowBits).to.be.within(8, client.clientMaxWindowBits ?? 15);
          if (client.clientNoContextTakeover) expect(agreement.clientNoContextTakeover).to.equal(true);
        }),
        { seed: SEED, numRuns: 2000 },
      );
    });
  });
});
