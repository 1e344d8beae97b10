import { once } from 'node:events';
import { WebSocket } from 'ws';
import { pause } from '../attack/attacker.js';
import { DocumentedProxy, type ProxyName } from '../documented-proxy.js';
import type { Library } from '../library.js';
import type { Finding, Row, Scale } from '../row.js';
import { Victim } from '../victim.js';

/** Are the times of a scale: what the proxy cuts off after (undefined: its default), and how long nobody says a word. */
const TIMES = {
  quick: { options: { keepalive: 1 }, timeoutS: 2, silence: 4_500 },
  full: { options: {}, timeoutS: undefined, silence: 120_000 },
} as const;

async function idle(library: Library, scale: Scale, name: ProxyName): Promise<Finding> {
  const { options, timeoutS, silence } = TIMES[scale];
  const victim = await Victim.listen(library, {
    behaviour: 'echo',
    options: library.name === 'hawser' ? options : {},
  });
  const proxy = await DocumentedProxy.start(name, victim.port, timeoutS);
  const client = new WebSocket(`ws://127.0.0.1:${proxy.port}/`, { perMessageDeflate: false });
  await once(client, 'open');
  const begun = performance.now();
  const closed = once(client, 'close').then(() => performance.now() - begun);
  const cutAfter = await Promise.race([closed, pause(silence)]);
  let isServed = false;
  if (cutAfter === undefined) {
    client.send('still there?');
    isServed = await Promise.race([once(client, 'message').then(() => true), pause(2_000).then(() => false)]);
  }
  client.terminate();
  await proxy.end();
  await victim.end();
  const seconds = (cutAfter ?? silence) / 1_000;
  return {
    held: isServed,
    figure: `${isServed ? 'served' : cutAfter === undefined ? 'silent' : 'cut off'} after ${seconds.toFixed(0)} s`,
  };
}

export const idleBehindProxies: readonly Row[] = (['nginx', 'haproxy'] as const).map((name, index) => ({
  id: index === 0 ? 'N1' : 'N1b',
  peer: `says nothing for two minutes, behind ${name} with its default timeouts`,
  must: 'keepalive, at its default of 30 s, keeps it connected',
  run: (library, scale) => idle(library, scale, name),
}));
