/* Who may connect: origins, authorisation, the choice of the subprotocol. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { HandshakeError, ServerRegistry, WebSocketClient, refuse } from 'hawser';

// #region authorize
interface Sailor {
  readonly name: string;
}

async function authorize(request: IncomingMessage, { signal }: { signal: AbortSignal }): Promise<unknown> {
  const token = /^Bearer (\w+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    return refuse(401, { headers: { 'WWW-Authenticate': 'Bearer' }, body: 'Show a token\n' });
  }
  const sailor = await findSailor(token, signal); // given up when the client leaves
  return sailor ?? false; // false: 403
}

const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0, authorize });
registry.on('connection', (connection) => {
  const { name } = connection.context as Sailor; // what authorize returned
  connection.send('text', `Welcome, ${name}`);
});
// #endregion

async function findSailor(token: string, signal: AbortSignal): Promise<Sailor | undefined> {
  await delay(10, undefined, { signal });
  return token === 'ishmael' ? { name: 'Ishmael' } : undefined;
}

const { port } = registry.address() as AddressInfo;
const url = `ws://127.0.0.1:${port}/`;

const client = await WebSocketClient.open(url, { headers: { Authorization: 'Bearer ishmael' } });
assert.deepEqual(await once(client, 'text'), ['Welcome, Ishmael']);
client.close();
await once(client, 'close');

// #region refused
const refused = await WebSocketClient.open(url).catch((error: unknown) => error as HandshakeError);
assert(refused instanceof HandshakeError);
console.log(refused.statusCode, refused.headers?.['www-authenticate'], refused.body?.toString());
// 401 Bearer Show a token
// #endregion
assert.equal(refused.statusCode, 401);
assert.equal(refused.body?.toString(), 'Show a token\n');

const stranger = WebSocketClient.open(url, { headers: { Authorization: 'Bearer ahab' } });
await assert.rejects(stranger, { statusCode: 403 });
await registry.close();

{
  // #region origins
  const guarded = await ServerRegistry.listen({
    host: '127.0.0.1',
    port: 0,
    origins: ['https://app.example.com', /https:\/\/\w+\.preview\.example\.com/],
  });
  // #endregion
  const guardedUrl = `ws://127.0.0.1:${(guarded.address() as AddressInfo).port}/`;
  const admitted = await WebSocketClient.open(guardedUrl, { origin: 'https://pr7.preview.example.com' });
  admitted.close();
  const foreign = WebSocketClient.open(guardedUrl, { origin: 'https://app.example.com.evil.example' });
  await assert.rejects(foreign, { statusCode: 403 });
  await guarded.close();
}

{
  // #region protocols
  const choosing = await ServerRegistry.listen({
    host: '127.0.0.1',
    port: 0,
    selectProtocol: (offered) => ['chat.v2', 'chat.v1'].find((name) => offered.includes(name)),
  });
  // #endregion
  const chooserUrl = `ws://127.0.0.1:${(choosing.address() as AddressInfo).port}/`;
  const chatting = await WebSocketClient.open(chooserUrl, { protocol: ['chat.v1', 'chat.v2'] });
  assert.equal(chatting.protocol, 'chat.v2');
  await choosing.close();
}
