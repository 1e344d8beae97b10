import { upgradeRequest } from '../../raw-peer.js';
import { ask } from '../attack/asking.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';
import { tally } from '../verdicts.js';

const SECOND = 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n';

const REJECTED: Readonly<Record<string, string>> = {
  'of another version': upgradeRequest('/live', { 'Sec-WebSocket-Version': '8' }),
  'without a key': upgradeRequest('/live', { 'Sec-WebSocket-Key': undefined }),
  'with a body': `${upgradeRequest('/live', { 'Content-Length': '5' })}12345`,
};

export const pipelinedRequest: Row = {
  id: 'H7',
  peer: 'pipelines a second request behind an upgrade that is rejected',
  must: 'one response, `Connection: close`, the socket ends; the second request is never run',
  removal: {
    file: 'server/last-response.ts',
    code: 'stream.end(response);',
    instead: 'stream.write(response);',
  },
  async run(library) {
    const victim = await Victim.listen(library, { behaviour: 'echo', joins: true, livePath: '/live' });
    const wrong: string[] = [];
    for (const [name, request] of Object.entries(REJECTED)) {
      const { status, headers, wire, isEnded } = await ask(victim.port, request + SECOND, 1_500);
      const responses = wire.split('HTTP/1.1 ').length - 1;
      const isClosed = /^close\b/i.test(headers['connection'] ?? '');
      if (status < 400 || responses !== 1 || !isEnded || !isClosed)
        wrong.push(`${name}: ${status}, ${responses} responses, ${isEnded ? 'ended' : 'not ended'}`);
    }
    const { request: run = 0 } = (await victim.facts()).events;
    if (run > 0) wrong.push(`${run} run`);
    await victim.end();
    return { held: wrong.length === 0, figure: tally(Object.keys(REJECTED).length, wrong) };
  },
};
