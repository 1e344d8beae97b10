/* Compression: agreeing on it, what it saves, context takeover. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ServerRegistry, WebSocketClient } from 'hawser';

const report = JSON.stringify(Array.from({ length: 200 }, (_, berth) => ({ berth, state: 'made fast' })));

{
  // #region agree
  const registry = await ServerRegistry.listen({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: true, // servers decline unless told otherwise; clients offer by themselves
  });
  const { port } = registry.address() as AddressInfo;
  const client = await WebSocketClient.open(`ws://127.0.0.1:${port}/`);
  console.log(client.extensions); // permessage-deflate; server_no_context_takeover; client_no_context_takeover
  // #endregion
  assert.match(client.extensions, /^permessage-deflate; /);

  // #region save
  const received = once([...registry][0]!, 'text');
  client.send('text', report);
  const [text] = (await received) as [string]; // as it was sent: a receiver does not notice
  console.log(report.length, 'octets took', client.counters.bytesSent); // 6691 octets took some 500
  // #endregion
  assert.equal(text, report);
  assert(client.counters.bytesSent < report.length / 5);

  // #region decline
  const plain = await WebSocketClient.open(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  console.log(plain.extensions); // nothing
  // #endregion
  assert.equal(plain.extensions, '');
  client.close();
  plain.close();
  await registry.close();
}

{
  // #region takeover
  const perMessageDeflate = {
    serverNoContextTakeover: false, // each side remembers what was said before
    clientNoContextTakeover: false,
    threshold: 32, // so that small messages pay as well
  };
  const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0, perMessageDeflate });
  const { port } = registry.address() as AddressInfo;
  const client = await WebSocketClient.open(`ws://127.0.0.1:${port}/`, { perMessageDeflate });
  // #endregion
  assert.equal(client.extensions, 'permessage-deflate');
  const sizes: number[] = [];
  for (let berth = 0; berth < 3; berth++) {
    const before = client.counters.bytesSent;
    client.send('text', JSON.stringify({ berth, ship: 'Marie Celeste', state: 'made fast' }));
    sizes.push(client.counters.bytesSent - before);
  }
  const [first = 0, , third = 0] = sizes;
  assert(third < first / 2, 'what is like the messages before takes little');
  client.close();
  await registry.close();
}
