import { upgradeRequest } from '../../raw-peer.js';
import { askEach } from '../attack/asking.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';
import { tally } from '../verdicts.js';

interface Trial {
  readonly name: string;
  readonly request: string;
  readonly statuses: readonly number[];
}

const FIELDS = ['Host', 'Upgrade', 'Connection', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version'];

const oddly = (text: string): string =>
  text.replace(/./g, (character, index: number) =>
    index % 2 === 0 ? character.toLowerCase() : character.toUpperCase(),
  );

/** Makes a request of so many fields, without one of those that it must have. */
function requestOf(count: number, missing?: string): string {
  const request = upgradeRequest('/', missing === undefined ? {} : { [missing]: undefined });
  const [line = '', ...fields] = request.split('\r\n').filter((text) => text !== '');
  while (fields.length < count) fields.push(`a${fields.length}:b`);
  const named = fields.map((field) => field.replace(/^[^:]*/, oddly));
  return [line, ...named, '', ''].join('\r\n');
}

const TRIALS: readonly Trial[] = [
  { name: '200 fields', request: requestOf(200), statuses: [101] },
  { name: '201 fields', request: requestOf(201), statuses: [431] },
  { name: '2,000 fields', request: requestOf(2_000), statuses: [431] },
  ...FIELDS.flatMap((missing) =>
    [4, 201, 2_000].map((count) => ({
      name: `${count} fields without ${missing}`,
      request: requestOf(count, missing),
      // What names no WebSocket is an ordinary request.
      statuses: missing === 'Upgrade' || missing === 'Connection' ? [400, 426, 431] : [400, 431],
    })),
  ),
];

export const headerFields: Row = {
  id: 'H1',
  peer: 'sends 2,000 header fields, leaves out any that is needed, names them in odd case',
  must: '431 above 200, 400; never a crash',
  async run(library) {
    const victim = await Victim.listen(library, { behaviour: 'echo' });
    const answers = await askEach(victim.port, TRIALS, ({ request }) => request);
    const wrong = answers.flatMap(([{ name, statuses }, { status }]) =>
      statuses.includes(status) ? [] : [`${name}: ${status}`],
    );
    if (!victim.isAlive) wrong.push('it ended');
    await victim.end();
    return { held: wrong.length === 0, figure: tally(TRIALS.length, wrong) };
  },
};
