import { expect } from 'chai';
import { once } from 'node:events';
import type { ConnectionRow } from '../../lib/cli/connection-table.js';
import { DemoServer } from '../../lib/cli/demo-server.js';
import { type Connection, HandshakeError, WebSocketClient } from '../../lib/index.js';

describe('DemoServer', () => {
  let server: DemoServer;
  let port: number;
  let clients: WebSocketClient[];

  beforeEach(async () => {
    clients = [];
    server = new DemoServer();
    ({ port } = await server.listen(0, '127.0.0.1'));
  });

  afterEach(async () => {
    for (const client of clients) client.terminate();
    await server.drain(1_000);
  });

  async function dial(path: string, protocol: string | string[] = []): Promise<WebSocketClient> {
    const client = await WebSocketClient.open(`ws://127.0.0.1:${String(port)}${path}`, { protocol });
    client.on('error', () => {});
    clients.push(client);
    return client;
  }

  /** Takes the messages of a connection one by one. */
  function listen(connection: Connection): () => Promise<string | Buffer> {
    const messages: (string | Buffer)[] = [];
    const waiting: ((message: string | Buffer) => void)[] = [];
    connection.on('message', (message) => {
      const resolve = waiting.shift();
      if (resolve === undefined) messages.push(message);
      else resolve(message);
    });
    return () => {
      const message = messages.shift();
      return message === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(message);
    };
  }

  async function refusedStatus(path: string, protocol: string | string[] = []): Promise<number | undefined> {
    try {
      await dial(path, protocol);
    } catch (error) {
      if (error instanceof HandshakeError) return error.statusCode;
      throw error;
    }
    throw new Error('it was let in');
  }

  it('echoes text and binary messages', async () => {
    const client = await dial('/echo');
    const next = listen(client);
    client.send('text', 'made fast ⚓');
    client.send('binary', Buffer.from('00ff', 'hex'));
    client.send('text', '');
    expect(await next()).to.equal('made fast ⚓');
    expect(await next()).to.deep.equal(Buffer.from('00ff', 'hex'));
    expect(await next()).to.equal('');
  });

  it('keeps the rooms of the chat apart', async () => {
    const ann = listen(await dial('/chat/north?name=Ann', 'chat.text'));
    expect(await ann()).to.equal('* you are Ann; nobody else is here');
    const bob = listen(await dial('/chat/south?name=Bob', 'chat.text'));
    expect(await bob()).to.equal('* you are Bob; nobody else is here');
    const [cem, cemHears] = await dial('/chat/north?name=Cem').then(
      (client) => [client, listen(client)] as const,
    );
    expect(await cemHears()).to.equal('* you are Cem; here are Ann');
    expect(await ann()).to.equal('* Cem joined');
    cem.send('text', 'ahoy');
    expect(await ann()).to.equal('Cem: ahoy');
    expect(await cemHears()).to.equal('Cem: ahoy');
    cem.close();
    expect(await ann()).to.equal('* Cem left');
    const dee = await dial('/chat/south?name=Dee');
    expect(await listen(dee)()).to.equal('* you are Dee; here are Bob');
    // What Bob hears next proves that nothing came from the other room.
    expect(await bob()).to.equal('* Dee joined');
  });

  it('speaks JSON in the chat to who asks for chat.json, with the history', async () => {
    const ann = await dial('/chat/east?name=Ann');
    const annHears = listen(ann);
    await annHears();
    ann.send('text', 'anyone?');
    await annHears();
    const bob = await dial('/chat/east?name=Bob', ['other', 'chat.json']);
    expect(bob.protocol).to.equal('chat.json');
    const welcome = JSON.parse(String(await listen(bob)())) as {
      history: { text: string }[];
      members: string[];
    };
    expect(welcome).to.include({ type: 'welcome', name: 'Bob' });
    expect(welcome.members).to.deep.equal(['Ann', 'Bob']);
    expect(welcome.history.map(({ text }) => text)).to.deep.equal(['anyone?']);
  });

  it('closes with 1003 who sends binary messages to the chat', async () => {
    const client = await dial('/chat/north');
    listen(client);
    client.send('binary', Buffer.from('00', 'hex'));
    expect(((await once(client, 'close')) as [number])[0]).to.equal(1003);
  });

  it('turns away what is no live path, other subprotocols and foreign pages', async () => {
    expect(await refusedStatus('/nothing')).to.equal(404);
    expect(await refusedStatus('/chat/north', 'mqtt')).to.be.within(400, 499);
    const foreign = await WebSocketClient.open(`ws://127.0.0.1:${String(port)}/echo`, {
      origin: 'https://elsewhere.example',
    }).catch((error: unknown) => error);
    expect((foreign as HandshakeError).statusCode).to.equal(403);
  });

  it('tells the time at once and again', async () => {
    const next = listen(await dial('/clock'));
    const first = Date.parse(String(await next()));
    expect(first).to.be.within(Date.now() - 10_000, Date.now() + 10_000);
    expect(Date.parse(String(await next()))).to.be.above(first);
  });

  it('feeds the facts of all live connections, until they are gone', async () => {
    const chat = await dial('/chat/north', 'chat.text');
    const next = listen(await dial('/monitor'));
    const read = async (): Promise<{ count: number; rows: ConnectionRow[] }> =>
      JSON.parse(String(await next())) as { count: number; rows: ConnectionRow[] };
    await read();
    const { count, rows } = await read();
    expect(count).to.equal(2);
    expect(rows.map(({ path }) => path)).to.deep.equal(['/chat/north', '/monitor']);
    const [row] = rows as [ConnectionRow];
    expect(row).to.include({ protocol: 'chat.text', state: 'CONNECTED', keepalive: 10 });
    expect(row.peer).to.match(/^127\.0\.0\.1/);
    expect(row.latencyMs).to.be.within(0, 10_000);
    expect(row.bytesSent).to.be.above(10);
    expect(row.ageMs).to.be.above(0);
    chat.close();
    while ((await read()).count !== 1);
  });

  it('echoes to a slow reader without hoarding', async () => {
    const client = await dial('/echo');
    const octets = Buffer.alloc(512 * 1024, 'x');
    let echoed = 0;
    client.on('binary', (data) => (echoed += data.length));
    client.on('data', () => undefined);
    client.pause();
    const total = 16;
    for (let index = 0; index < total; index++) client.write(octets);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const monitor = JSON.parse(String(await listen(await dial('/monitor'))())) as { rows: ConnectionRow[] };
    // What went out fits into the backlog and the kernel's buffers; the rest has not even been read.
    expect(monitor.rows[0]?.bytesSent).to.be.below(total * octets.length);
    client.resume();
    while (echoed < total * octets.length) await once(client, 'binary');
  });

  it('drains: every connection sees 1001', async () => {
    const connections = [await dial('/echo'), await dial('/clock'), await dial('/chat/north')];
    for (const connection of connections) listen(connection);
    const codes = connections.map(async (client) => ((await once(client, 'close')) as [number])[0]);
    await server.drain(5_000);
    expect(await Promise.all(codes)).to.deep.equal([1001, 1001, 1001]);
  });
});
