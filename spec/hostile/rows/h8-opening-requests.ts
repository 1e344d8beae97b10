import { HTTP_FIELD_REQUESTS } from '../../conformance/oracle/http-field-requests.js';
import type { RequestCase } from '../../conformance/oracle/request-case.js';
import { WEBSOCKET_FIELD_REQUESTS } from '../../conformance/oracle/websocket-field-requests.js';
import { upgradeRequest } from '../../raw-peer.js';
import { ask, askEach, type Answered } from '../attack/asking.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';
import { tally } from '../verdicts.js';

const CASES: readonly RequestCase[] = [...HTTP_FIELD_REQUESTS, ...WEBSOCKET_FIELD_REQUESTS].flatMap(
  ({ of, cases }) => cases.map((one) => ({ ...one, name: `${of.split(' (')[0]!}: ${one.name}` })),
);

const render = ({ lines }: RequestCase): string => lines.map((line) => `${line}\r\n`).join('') + '\r\n';

function isAsDue({ status, answer }: RequestCase, answered: Answered): boolean {
  if (answered.status !== status) return false;
  if (Object.entries(answer).some(([name, value]) => answered.headers[name] !== value)) return false;
  return status === 101 || answered.isEnded;
}

export const openingRequests: Row = {
  id: 'H8',
  peer: 'leaves out, doubles or gets wrong each field of RFC 6455 §4.2.1, or asks for another path',
  must: '400; 426 with the version for another one; 403 for another origin; 404',
  async run(library) {
    const victim = await Victim.listen(library, { behaviour: 'echo' });
    const answers = await askEach(victim.port, CASES, render);
    await victim.end();
    const elsewhere = await Victim.listen(library, { behaviour: 'echo', livePath: '/live' });
    const { status } = await ask(elsewhere.port, upgradeRequest('/dead'));
    await elsewhere.end();
    const wrong = answers.flatMap(([one, answered]) =>
      isAsDue(one, answered) ? [] : [`${one.name.slice(0, 80)}: ${answered.status || 'no answer'}`],
    );
    if (status !== 404) wrong.push(`another path: ${status}`);
    return { held: wrong.length === 0, figure: tally(CASES.length + 1, wrong) };
  },
};
