import { upgradeRequest } from '../../raw-peer.js';
import { ask, askEach } from '../attack/asking.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';
import { tally } from '../verdicts.js';

const NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf'];

const REQUESTS: readonly string[] = NAMES.flatMap((name) => [
  ...[name, `${name}; ${name}=1`, `permessage-deflate; ${name}`, `permessage-deflate; ${name}=1`].map(
    (offer) => upgradeRequest('/', { 'Sec-WebSocket-Extensions': offer }),
  ),
  upgradeRequest('/', { 'Sec-WebSocket-Protocol': name }),
  upgradeRequest(`/${name}?${name}=1&${name}[x]=1`, { [name]: 'x' }),
]);

export const prototypes: Row = {
  id: 'H3',
  peer: 'offers extensions, parameters and subprotocols named `constructor`, `__proto__`, `toString`',
  must: 'ignored or 400; prototypes untouched',
  removal: {
    file: 'protocol/permessage-deflate.ts',
    code: '!NAMES.has(name) || values.length > 1',
    instead: 'values.length > 1',
  },
  async run(library) {
    const victim = await Victim.listen(library, { behaviour: 'echo', options: { perMessageDeflate: true } });
    const wrong: string[] = [];
    for (const [request, { status, headers }] of await askEach(victim.port, REQUESTS, (one) => one)) {
      const isFine = status === 400 || (status === 101 && headers['sec-websocket-extensions'] === undefined);
      if (!isFine) wrong.push(`${request.split('\r\n').slice(0, -2).at(-1)!}: ${status}`);
    }
    const good = await ask(
      victim.port,
      upgradeRequest('/', { 'Sec-WebSocket-Extensions': 'permessage-deflate' }),
    );
    if (good.headers['sec-websocket-extensions']?.startsWith('permessage-deflate') !== true)
      wrong.push('the next one gets no extension');
    const { inherited } = await victim.facts();
    if (inherited.length > 0) wrong.push(`every object has ${inherited.join()}`);
    await victim.end();
    return { held: wrong.length === 0, figure: tally(REQUESTS.length, wrong) };
  },
};
