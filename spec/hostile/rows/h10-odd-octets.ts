import { RawServer } from '../../client/raw-server.js';
import { upgradeRequest } from '../../raw-peer.js';
import { askEach } from '../attack/asking.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';
import { tally } from '../verdicts.js';

/** Ends a line, and begins one of the peer's own. */
const OWN_LINE = '\r\nX-Injected: 1';
const ODD: readonly string[] = [
  OWN_LINE,
  '\nX-Injected: 1',
  '\rX-Injected: 1',
  '\r\n\r\nX-Injected: 1',
  '\0',
  '\x7f',
  '\u0100',
];

const inResponses: Row = {
  id: 'H10',
  peer: 'asks for a path with CR, LF, NUL or what else does not belong; the application repeats it in a header field of its refusal',
  must: 'none of it in the response',
  async run(library) {
    const victim = await Victim.listen(library, { behaviour: 'echo', authorises: true });
    const answers = await askEach(victim.port, ODD, (odd) =>
      upgradeRequest(`/refused?a${encodeURIComponent(odd)}`),
    );
    const wrong = answers.flatMap(([odd, { status, headers, wire }]) => {
      const isSplit = headers['x-injected'] !== undefined || /[\0\x7f]|\rX|\nX-Injected/.test(wire);
      return isSplit || status < 400 ? [`${JSON.stringify(odd)}: ${isSplit ? 'it is there' : status}`] : [];
    });
    if (!victim.isAlive) wrong.push('it ended');
    await victim.end();
    return { held: wrong.length === 0, figure: tally(ODD.length, wrong) };
  },
};

/** Options that a careless application makes of what others say. */
const OPTIONS: readonly Readonly<Record<string, unknown>>[] = [
  ...ODD.flatMap((odd) => [
    { headers: { 'X-A': `b${odd}` } },
    { headers: { [`X-A${odd}`]: 'b' } },
    { headers: { Cookie: [`a=b${odd}`] } },
    { protocol: [`a${odd}`] },
    { origin: `http://a${odd}` },
  ]),
  ...['a b', 'a,b', 'a;b', 'ä'].map((protocol) => ({ protocol: [protocol] })),
];

const inRequests: Row = {
  id: 'H10b',
  peer: 'has got CR, LF, NUL or what else does not belong into what our client is to send: path, fields, subprotocol',
  must: 'throws before one octet is written',
  removal: {
    file: 'handshake/subprotocol.ts',
    code: "typeof protocol !== 'string' || !isToken(protocol)",
    instead: "typeof protocol !== 'string'",
  },
  async run(library) {
    const server = await RawServer.listen(({ socket }) => socket.destroy());
    const victim = await Victim.start(library, { behaviour: 'echo' });
    const wrong: string[] = [];
    for (const options of OPTIONS) {
      const isThrown = await victim.dial(server.url(), options).then(
        () => false,
        () => true,
      );
      if (!isThrown) wrong.push(`${JSON.stringify(options).replaceAll('\\', '')}: no error`);
    }
    // What a URL leaves out or encodes is no harm.
    for (const odd of ODD) await victim.dial(`${server.url()}a${odd}`).catch(() => undefined);
    const facts = await victim.factsOnce(({ opened, closed }) => closed >= opened, 2_000);
    const injected = server.asked.filter(({ request }) => /^x-injected|[\0\x7f]/im.test(request));
    if (injected.length > 0) wrong.push(`${injected.length} requests with a line of the peer's`);
    if (facts.events['connect'] !== undefined) wrong.push('connected');
    await victim.end();
    await server.close();
    return { held: wrong.length === 0, figure: tally(OPTIONS.length, wrong) };
  },
};

export const oddOctets: readonly Row[] = [inResponses, inRequests];
