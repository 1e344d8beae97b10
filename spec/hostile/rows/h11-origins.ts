import { upgradeRequest } from '../../raw-peer.js';
import { askEach } from '../attack/asking.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';
import { tally } from '../verdicts.js';

const requestOf = (Origin: string): string => upgradeRequest('/', { Host: 'app.example', Origin });

/** Origins of pages that are not those of app.example, but may look like it. */
const FOREIGN = [
  'null',
  '',
  'http://evil.example',
  'https://app.example:444',
  'https://app.example.evil.example',
  'https://evil-app.example',
  'https://xapp.example',
  'https://app.example@evil.example',
  'https://evil.example/https://app.example',
  'https://evil.example#app.example',
  'https://evil.example?app.example',
  'https://evil.example app.example',
  'https://app.example.',
  'https://appxexample',
  'file://',
  'app.example',
];

const byDefault: Row = {
  id: 'H11',
  peer: 'a page of another origin connects: `null`, another port, look-alikes',
  must: '403; its own page in another case is welcome',
  async run(library) {
    const victim = await Victim.listen(library, { behaviour: 'echo' });
    const trials: [string, number][] = [
      ...FOREIGN.map((origin): [string, number] => [origin, 403]),
      ['https://app.example', 101],
      ['HTTPS://App.Example', 101],
    ];
    const answers = await askEach(victim.port, trials, ([origin]) => requestOf(origin));
    await victim.end();
    const wrong = answers.flatMap(([[origin, due], { status }]) =>
      status === due ? [] : [`${origin}: ${status}`],
    );
    return { held: wrong.length === 0, figure: tally(trials.length, wrong) };
  },
};

const widened: Row = {
  id: 'H11b',
  peer: 'the same, where `origins` names another site: `https://www.example`',
  must: 'that site alone is welcome',
  withoutWs: '(has no such option)',
  removal: {
    file: 'handshake/origin.ts',
    code: 'parsed.host === wanted.host',
    instead: 'true',
  },
  async run(library) {
    const victim = await Victim.listen(library, {
      behaviour: 'echo',
      options: { origins: ['https://www.example'] },
    });
    const trials: [string, number][] = [
      ...FOREIGN.map((origin): [string, number] => [origin.replaceAll('app.example', 'www.example'), 403]),
      // Its own origin is not among those named.
      ['https://app.example', 403],
      ['http://www.example', 403],
      ['https://www.example', 101],
      ['HTTPS://WWW.EXAMPLE:443', 101],
    ];
    const answers = await askEach(victim.port, trials, ([origin]) => requestOf(origin));
    await victim.end();
    const wrong = answers.flatMap(([[origin, due], { status }]) =>
      status === due ? [] : [`${origin}: ${status}`],
    );
    return { held: wrong.length === 0, figure: tally(trials.length, wrong) };
  },
};

export const origins: readonly Row[] = [byDefault, widened];
