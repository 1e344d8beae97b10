import { expect } from 'chai';
import fc from 'fast-check';
import { formatExtensions, parseExtensions } from '../../lib/protocol/extension-header.js';
import {
  acceptDeflate,
  offerDeflate,
  readDeflateResponse,
  type DeflateWishes,
} from '../../lib/protocol/permessage-deflate.js';

const NO_WISHES: DeflateWishes = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: undefined,
  clientMaxWindowBits: undefined,
};

/** What was agreed, in the order in which RFC 7692 §7.1 tells of it. */
type Agreed = readonly [
  serverForgets: boolean,
  clientForgets: boolean,
  serverWindow: number,
  clientWindow: number,
];

const agreementOf = ([serverForgets, clientForgets, serverWindow, clientWindow]: Agreed) => ({
  serverNoContextTakeover: serverForgets,
  clientNoContextTakeover: clientForgets,
  serverMaxWindowBits: serverWindow,
  clientMaxWindowBits: clientWindow,
});

const parse = (header: string) => (header === '' ? [] : parseExtensions(header));
const show = (wishes: Partial<DeflateWishes>) => JSON.stringify(wishes);

/** Elements that break the rules of RFC 7692 §7.1, whoever sends them. */
const BROKEN = [
  'unknown_parameter',
  'server_no_context_takeover=true',
  'server_no_context_takeover; server_no_context_takeover',
  'client_no_context_takeover=1',
  'client_no_context_takeover; client_no_context_takeover',
  'server_max_window_bits',
  'server_max_window_bits=10; server_max_window_bits=10',
  'client_max_window_bits=10; client_max_window_bits',
  ...['server', 'client'].flatMap((side) =>
    ['0', '1', '7', '16', '20', '08', '010', '+9', '-9', '9.0', '9x', 'x9', '115', '155', 'ten'].map(
      (bits) => `${side}_max_window_bits=${bits}`,
    ),
  ),
].map((params) => `permessage-deflate; ${params}`);

describe('permessage-deflate', () => {
  describe('offerDeflate (RFC 7692 §5)', () => {
    const table: readonly (readonly [wishes: Partial<DeflateWishes>, header: string])[] = [
      [{}, 'permessage-deflate; client_max_window_bits'],
      [
        { serverNoContextTakeover: true },
        'permessage-deflate; server_no_context_takeover; client_max_window_bits, ' +
          'permessage-deflate; client_max_window_bits',
      ],
      [
        { clientNoContextTakeover: true },
        'permessage-deflate; client_no_context_takeover; client_max_window_bits',
      ],
      [
        { serverMaxWindowBits: 8 },
        'permessage-deflate; server_max_window_bits=8; client_max_window_bits, ' +
          'permessage-deflate; client_max_window_bits',
      ],
      [{ clientMaxWindowBits: 9 }, 'permessage-deflate; client_max_window_bits=9'],
      [
        {
          serverNoContextTakeover: true,
          clientNoContextTakeover: true,
          serverMaxWindowBits: 10,
          clientMaxWindowBits: 15,
        },
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; ' +
          'client_max_window_bits=15, permessage-deflate; client_no_context_takeover; client_max_window_bits=15',
      ],
    ];
    for (const [wishes, header] of table) {
      it(`offers for ${show(wishes)}: ${header}`, () => {
        expect(formatExtensions(offerDeflate({ ...NO_WISHES, ...wishes }))).to.equal(header);
      });
    }
  });

  describe('acceptDeflate (RFC 7692 §5.1, §7.1)', () => {
    const table: readonly (readonly [
      offers: string,
      wishes: Partial<DeflateWishes>,
      response: string,
      agreed: Agreed,
    ])[] = [
      ['permessage-deflate', {}, 'permessage-deflate', [false, false, 15, 15]],
      // Among others.
      ['x-other; a=1, permessage-deflate', {}, 'permessage-deflate', [false, false, 15, 15]],
      ['permessage-deflate, x-other', {}, 'permessage-deflate', [false, false, 15, 15]],
      // Context takeover: what either side wants is answered.
      [
        'permessage-deflate; server_no_context_takeover',
        {},
        'permessage-deflate; server_no_context_takeover',
        [true, false, 15, 15],
      ],
      [
        'permessage-deflate',
        { serverNoContextTakeover: true },
        'permessage-deflate; server_no_context_takeover',
        [true, false, 15, 15],
      ],
      [
        'permessage-deflate; client_no_context_takeover',
        {},
        'permessage-deflate; client_no_context_takeover',
        [false, true, 15, 15],
      ],
      [
        'permessage-deflate',
        { clientNoContextTakeover: true },
        'permessage-deflate; client_no_context_takeover',
        [false, true, 15, 15],
      ],
      // The server's window: the smaller of both.
      [
        'permessage-deflate; server_max_window_bits=10',
        {},
        'permessage-deflate; server_max_window_bits=10',
        [false, false, 10, 15],
      ],
      [
        'permessage-deflate',
        { serverMaxWindowBits: 12 },
        'permessage-deflate; server_max_window_bits=12',
        [false, false, 12, 15],
      ],
      [
        'permessage-deflate; server_max_window_bits=10',
        { serverMaxWindowBits: 12 },
        'permessage-deflate; server_max_window_bits=10',
        [false, false, 10, 15],
      ],
      [
        'permessage-deflate; server_max_window_bits=15',
        { serverMaxWindowBits: 9 },
        'permessage-deflate; server_max_window_bits=9',
        [false, false, 9, 15],
      ],
      [
        'permessage-deflate; server_max_window_bits=9',
        {},
        'permessage-deflate; server_max_window_bits=9',
        [false, false, 9, 15],
      ],
      // zlib cannot compress with 8.
      [
        'permessage-deflate; server_max_window_bits=8, permessage-deflate; server_no_context_takeover',
        {},
        'permessage-deflate; server_no_context_takeover',
        [true, false, 15, 15],
      ],
      // The client's window: told only to a client that offers to obey.
      ['permessage-deflate; client_max_window_bits', {}, 'permessage-deflate', [false, false, 15, 15]],
      ['permessage-deflate; client_max_window_bits=8', {}, 'permessage-deflate', [false, false, 15, 8]],
      [
        'permessage-deflate; client_max_window_bits',
        { clientMaxWindowBits: 10 },
        'permessage-deflate; client_max_window_bits=10',
        [false, false, 15, 10],
      ],
      [
        'permessage-deflate; client_max_window_bits=12',
        { clientMaxWindowBits: 10 },
        'permessage-deflate; client_max_window_bits=10',
        [false, false, 15, 10],
      ],
      [
        'permessage-deflate; client_max_window_bits=9',
        { clientMaxWindowBits: 10 },
        'permessage-deflate; client_max_window_bits=9',
        [false, false, 15, 9],
      ],
      [
        'permessage-deflate, permessage-deflate; client_max_window_bits',
        { clientMaxWindowBits: 10 },
        'permessage-deflate; client_max_window_bits=10',
        [false, false, 15, 10],
      ],
      // The first that can be met.
      [
        'permessage-deflate; client_no_context_takeover, permessage-deflate; server_no_context_takeover',
        {},
        'permessage-deflate; client_no_context_takeover',
        [false, true, 15, 15],
      ],
    ];
    for (const [offers, wishes, response, agreed] of table) {
      it(`answers ${offers} with ${response}, wanting ${show(wishes)}`, () => {
        const accepted = acceptDeflate(parse(offers), { ...NO_WISHES, ...wishes })!;
        expect(formatExtensions([accepted.response])).to.equal(response);
        expect(accepted.agreement).to.deep.equal(agreementOf(agreed));
      });
    }

    const declined: readonly (readonly [offers: string, wishes?: Partial<DeflateWishes>])[] = [
      [''],
      ['x-other'],
      ['permessage-deflate; server_max_window_bits=8'],
      ['permessage-deflate; server_max_window_bits=15', { serverMaxWindowBits: 8 }],
      ['permessage-deflate', { clientMaxWindowBits: 10 }],
      ['permessage-deflate', { clientMaxWindowBits: 15 }],
    ];
    for (const [offers, wishes = {}] of declined) {
      it(`declines ${JSON.stringify(offers)}, wanting ${show(wishes)}`, () => {
        expect(acceptDeflate(parse(offers), { ...NO_WISHES, ...wishes })).to.equal(undefined);
      });
    }

    for (const broken of BROKEN) {
      it(`passes over ${broken}`, () => {
        expect(acceptDeflate(parse(broken), NO_WISHES)).to.equal(undefined);
        const next = acceptDeflate(parse(`${broken}, permessage-deflate`), NO_WISHES)!;
        expect(formatExtensions([next.response])).to.equal('permessage-deflate');
      });
    }
  });

  describe('readDeflateResponse (RFC 7692 §5.1, §7.1)', () => {
    const table: readonly (readonly [response: string, wishes: Partial<DeflateWishes>, agreed: Agreed])[] = [
      ['permessage-deflate', {}, [false, false, 15, 15]],
      ['x-other, permessage-deflate', {}, [false, false, 15, 15]],
      ['permessage-deflate; server_no_context_takeover', {}, [true, false, 15, 15]],
      // The server need not do what was wanted of it: the second offer goes without.
      ['permessage-deflate', { serverNoContextTakeover: true }, [false, false, 15, 15]],
      ['permessage-deflate; client_no_context_takeover', {}, [false, true, 15, 15]],
      ['permessage-deflate', { clientNoContextTakeover: true }, [false, true, 15, 15]],
      ['permessage-deflate; server_max_window_bits=8', {}, [false, false, 8, 15]],
      ['permessage-deflate', { serverMaxWindowBits: 9 }, [false, false, 15, 15]],
      ['permessage-deflate; client_max_window_bits=15', {}, [false, false, 15, 15]],
      ['permessage-deflate; client_max_window_bits=8', {}, [false, false, 15, 8]],
      ['permessage-deflate', { clientMaxWindowBits: 10 }, [false, false, 15, 10]],
      ['permessage-deflate; client_max_window_bits=10', { clientMaxWindowBits: 10 }, [false, false, 15, 10]],
      ['permessage-deflate; client_max_window_bits=9', { clientMaxWindowBits: 10 }, [false, false, 15, 9]],
    ];
    for (const [response, wishes, agreed] of table) {
      it(`reads ${response}, wanting ${show(wishes)}`, () => {
        expect(readDeflateResponse(parse(response), { ...NO_WISHES, ...wishes })).to.deep.equal(
          agreementOf(agreed),
        );
      });
    }

    it('gives nothing when it was not accepted', () => {
      for (const response of ['', 'x-other; server_no_context_takeover']) {
        expect(readDeflateResponse(parse(response), NO_WISHES)).to.equal(undefined);
      }
    });

    const refused: readonly (readonly [response: string, why: string, wishes?: Partial<DeflateWishes>])[] = [
      ['permessage-deflate, permessage-deflate', 'is doubled'],
      [
        'permessage-deflate; client_max_window_bits',
        'has client_max_window_bits without a value',
        { clientMaxWindowBits: 10 },
      ],
      [
        'permessage-deflate; client_max_window_bits=11',
        'has client_max_window_bits above the 10 that was offered',
        { clientMaxWindowBits: 10 },
      ],
      ...BROKEN.map((broken) => [broken, 'has parameters that break its rules'] as const),
    ];
    for (const [response, why, wishes = {}] of refused) {
      it(`says that ${response} ${why}`, () => {
        expect(readDeflateResponse(parse(response), { ...NO_WISHES, ...wishes })).to.equal(why);
      });
    }
  });

  it('has both sides agree on the same, whatever they want, or on nothing', () => {
    const bits = fc.constantFrom(undefined, 8, 9, 10, 12, 15);
    const wishes = fc.record({
      serverNoContextTakeover: fc.boolean(),
      clientNoContextTakeover: fc.boolean(),
      serverMaxWindowBits: bits,
      clientMaxWindowBits: bits,
    });
    fc.assert(
      fc.property(wishes, wishes, (ofClient, ofServer) => {
        const accepted = acceptDeflate(parse(formatExtensions(offerDeflate(ofClient))), ofServer);
        if (accepted === undefined) {
          // Every client of ours offers to obey: only a window of 8, which no server of ours has, is in the way.
          expect(ofServer.serverMaxWindowBits).to.equal(8);
          return;
        }
        const read = readDeflateResponse(parse(formatExtensions([accepted.response])), ofClient);
        // A client that forgets on its own account need not be told so.
        const { agreement } = accepted;
        expect(read).to.deep.equal(agreement);
        expect(agreement.clientNoContextTakeover).to.equal(
          ofClient.clientNoContextTakeover || ofServer.clientNoContextTakeover,
        );
      }),
      { numRuns: 1000 },
    );
  });
});
