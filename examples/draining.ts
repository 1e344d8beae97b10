/* Draining: a server that goes away tells its peers, and waits for them only so long. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ServerRegistry, WebSocketClient } from 'hawser';

const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0 });
const url = `ws://127.0.0.1:${(registry.address() as AddressInfo).port}/`;
const [polite, stalled] = await Promise.all([WebSocketClient.open(url), WebSocketClient.open(url)]);
stalled.pause(); // never reads our Close
stalled.on('error', () => undefined);
const goodbye = once(polite, 'close') as Promise<[number, string]>;

const signal = { arrives: (): Promise<void> => stop() };
// #region drain
process.once('SIGTERM', () => void stop());

async function stop(): Promise<void> {
  // Nothing new is accepted; every connection gets a Close; who is left after 200 ms is terminated.
  await registry.drain({ code: 1012, reason: 'Back in a minute', timeout: 200 });
}
// #endregion

await signal.arrives();
const [code, reason] = await goodbye;
assert.equal(code, 1012);
assert.equal(reason, 'Back in a minute');
assert.equal(registry.size, 0);
stalled.terminate();
process.removeAllListeners('SIGTERM');

// #region dispose
{
  await using short = await ServerRegistry.listen({ host: '127.0.0.1', port: 0 });
  console.log('serving on', short.address());
} // drains here
// #endregion
