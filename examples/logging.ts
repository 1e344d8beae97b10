/* Logging and diagnostics: what the library tells about itself. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ServerRegistry, WebSocketClient, loglevel, setLogger } from 'hawser';

const entries: string[] = [];

// #region logger
loglevel('info'); // debug, info, notice, warn or error; the default is error
setLogger({
  // Any pino-shaped logger: the facts first, then the sentence.
  debug: (_facts, message) => entries.push(`debug ${message}`),
  info: (facts, message) => entries.push(`info ${message} ${String(facts['peer'])}`),
  notice: (facts, message) => entries.push(`notice ${message} ${String(facts['status'])}`),
  warn: (_facts, message) => entries.push(`warn ${message}`),
  error: (_facts, message) => entries.push(`error ${message}`),
});
// #endregion
assert.equal(loglevel(), 'info');

const seen: string[] = [];
// #region channels
function onOpen(event: unknown): void {
  const { connection } = event as { connection: { role: string } };
  seen.push(`${connection.role} open`);
}
function onClose(event: unknown): void {
  const { connection, code } = event as { connection: { role: string }; code: number };
  seen.push(`${connection.role} closed with ${code}`);
}
subscribe('hawser:connection:open', onOpen);
subscribe('hawser:connection:close', onClose);
// #endregion

// #region tracing
function onHandshake(event: unknown): void {
  const { role, statusCode } = event as { role: 'client' | 'server'; statusCode?: number };
  seen.push(`${role} handshake ${String(statusCode)}`);
}
subscribe('tracing:hawser:handshake:asyncEnd', onHandshake);
// #endregion

const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0 });
registry.live('/here');
const url = `ws://127.0.0.1:${(registry.address() as AddressInfo).port}`;
const client = await WebSocketClient.open(`${url}/here`);
client.close();
await once(client, 'close');
await assert.rejects(WebSocketClient.open(`${url}/there`), { statusCode: 404 });
await registry.close();

assert.deepEqual(seen.sort(), [
  'client closed with 1000',
  'client handshake 101',
  'client handshake 404',
  'client open',
  'server closed with 1000',
  'server handshake 101',
  'server handshake 404',
  'server open',
]);
assert(entries.includes('info connection open 127.0.0.1'));
assert(entries.includes('notice opening handshake refused 404'));
assert(!entries.some((entry) => entry.startsWith('debug')));

unsubscribe('hawser:connection:open', onOpen);
unsubscribe('hawser:connection:close', onClose);
unsubscribe('tracing:hawser:handshake:asyncEnd', onHandshake);
setLogger(null); // the one that prints on standard error
loglevel('error');
