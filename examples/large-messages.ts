/* Messages too large to hold: sent from a stream, received piece by piece. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ServerRegistry, WebSocketClient, type Connection } from 'hawser';

const folder = await mkdtemp(join(tmpdir(), 'hawser-'));
const path = join(folder, 'chart.bin');
const octets = randomBytes(3_000_000);
await writeFile(path, octets);

// #region server
const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0, fragments: true });
// #endregion
const { port } = registry.address() as AddressInfo;
const url = `ws://127.0.0.1:${port}`;

// #region receive
/** Writes each message into a file of its own. */
function store(connection: Connection): void {
  let file: FileHandle | undefined;
  let count = 0;
  const take = async (data: string | Buffer, final: boolean): Promise<void> => {
    file ??= await open(join(folder, `stored-${++count}`), 'w');
    await file.writeFile(data);
    if (!final) return;
    await file.close();
    file = undefined;
    connection.send('text', 'stored');
  };
  connection.on('fragment', ({ data, final }) => {
    connection.pause(); // no other piece comes meanwhile; if it takes long, the peer waits
    take(data, final).then(
      () => connection.resume(),
      (error: unknown) => connection.destroy(error as Error),
    );
  });
}
registry.live('/stored', (...[connection, type]) => {
  if (type === 'connect') store(connection);
});
// #endregion

const ended: Promise<unknown>[] = [];
// #region pipe
registry.live('/piped', (...[connection, type]) => {
  if (type !== 'connect') return;
  const file = createWriteStream(join(folder, 'piped'));
  ended.push(pipeline(connection, file)); // all pieces of all messages, up to the Close
});
// #endregion

{
  let stored = 0;
  // #region send
  const client = await WebSocketClient.open(`${url}/stored`);
  const sending = client.sendFragments('binary', createReadStream(path)); // never held as a whole
  client.send('text', 'in its place: behind the message');
  client.ping('between its fragments');
  console.log(await sending, 'octets with their headers');
  // #endregion
  client.on('text', () => (stored += 1));
  while (stored < 2) await once(client, 'text');
  client.close();
  await once(client, 'close');
  assert.deepEqual(await readFile(join(folder, 'stored-1')), octets);
  assert.equal(await readFile(join(folder, 'stored-2'), 'utf8'), 'in its place: behind the message');
}

{
  // #region generate
  function* log(): Generator<string> {
    for (let line = 0; line < 1000; line++) yield `line ${line}: all well\n`; // asked for as the peer takes it
  }
  const client = await WebSocketClient.open(`${url}/piped`);
  await client.sendFragments('text', log());
  client.close();
  // #endregion
  await once(client, 'close');
  await Promise.all(ended);
  assert.equal(await readFile(join(folder, 'piped'), 'utf8'), [...log()].join(''));
}

await registry.close();
await rm(folder, { recursive: true });
