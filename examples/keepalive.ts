/* Keepalive: pings, latency, a peer that is gone without a word, and the controller used alone. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { KeepaliveController, ServerRegistry, WebSocketClient, type Connection } from 'hawser';

{
  // #region server
  const registry = await ServerRegistry.listen({
    host: '127.0.0.1',
    port: 0,
    keepalive: 0.05, // seconds of silence before a ping; 30 by default, 0 for none
    ping: 'still there?',
    pongTimeoutMs: 5_000,
  });
  // #endregion
  const { port } = registry.address() as AddressInfo;
  const [connection, client] = await Promise.all([
    new Promise<Connection>((resolve) => registry.once('connection', resolve)),
    WebSocketClient.open(`ws://127.0.0.1:${port}/`),
  ]);
  const [payload] = (await once(client, 'ping')) as [Buffer];
  assert.equal(payload.toString(), 'still there?');

  // #region latency
  await once(connection, 'pong');
  console.log(connection.latency); // milliseconds of the last round trip
  // #endregion
  assert(connection.latency !== undefined && connection.latency >= 0);

  // #region configure
  console.log(connection.configure()); // { keepalive: 0.05, ping: 'still there?' }
  connection.configure({ keepalive: 0 }); // off, at once
  client.configure({ keepalive: 20, ping: 'from the client' });
  // #endregion
  assert.deepEqual(connection.configure(), { keepalive: 0, ping: 'still there?' });
  await registry.close();
}

{
  // #region timeout
  const registry = await ServerRegistry.listen({
    host: '127.0.0.1',
    port: 0,
    keepalive: 0.02,
    pongTimeoutMs: 30,
  });
  registry.on('connection', (connection) => {
    connection.on('timeout', (kind) => console.log('timeout', kind)); // keepalive
    connection.on('disconnect', (code, _reason, wasClean) => console.log(code, wasClean)); // 1006 false
  });
  // #endregion
  const { port } = registry.address() as AddressInfo;
  const client = await WebSocketClient.open(`ws://127.0.0.1:${port}/`);
  client.pause(); // reads no ping, so it answers none
  while (registry.size > 0) await delay(5);
  client.terminate();
  await registry.close();
}

{
  const seen: string[] = [];
  // #region controller
  const peer = {
    ping: (text: string) => seen.push(`ping ${text}`), // all that a target needs
  };
  const controller = new KeepaliveController<typeof peer>({ interval: 0.02, pongTimeoutMs: 40 });
  controller.on('pong', (_peer, latencyMs) => seen.push(latencyMs < 1_000 ? 'pong' : 'late'));
  controller.on('timeout', () => seen.push('timeout'));

  const entry = controller.add(peer, { ping: 'ahoy' });
  controller.once('ping', () => entry.pong()); // for any other octet of the peer: entry.touch()
  // #endregion
  // The controller's timer holds no process open; this one does.
  while (controller.has(peer)) await delay(5);
  assert.deepEqual(seen, ['ping ahoy', 'pong', 'ping ahoy', 'timeout']);
}
