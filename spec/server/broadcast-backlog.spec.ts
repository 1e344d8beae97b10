import { expect } from 'chai';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { backlogBudget } from '../../lib/connection/process-limits.js';
import type { TakeoverOptions } from '../../lib/connection/takeover-options.js';
import { broadcast } from '../../lib/server/broadcast.js';
import { WebSocketServer } from '../../lib/server/websocket-server.js';
import { plainSocket, type PlainSocket } from '../connection/plain-socket.js';
import { turn } from '../turns.js';

const KiB = 1024;

/** Is a connection over a plain socket without a network. */
interface Receiver extends PlainSocket {
  readonly connection: WebSocketServer;
}

describe('broadcast to those who do not keep up', () => {
  const receivers: Receiver[] = [];

  afterEach(async () => {
    for (const { connection } of receivers.splice(0)) connection.terminate();
    await turn();
    expect(backlogBudget.total).to.equal(0);
  });

  async function open(count: number, options: TakeoverOptions = {}): Promise<WebSocketServer[]> {
    for (let index = 0; index < count; index++) {
      const plain = plainSocket();
      receivers.push({
        ...plain,
        connection: new WebSocketServer(plain.socket, { keepalive: 0, ...options }),
      });
    }
    await turn();
    return receivers.map(({ connection }) => connection);
  }

  const lengths = (): number[] =>
    receivers.map(({ taken }) => taken.reduce((sum, { length }) => sum + length, 0));

  for (const [what, perMessage, perTurn] of [
    ['one large message', 200 * KiB, 1],
    ['large messages', 70 * KiB, 1],
    ['messages of a few KiB', 20 * KiB, 1],
    ['small messages', 6 * KiB, 1],
    ['large messages in one turn', 70 * KiB, 4],
    ['small messages in one turn', 6 * KiB, 4],
  ] as const) {
    it(`costs the process one copy of ${what}, whoever waits for it`, async () => {
      const connections = await open(5);
      for (const { hold } of receivers) hold();
      let sent = 0;
      while (sent < 280 * KiB) {
        for (let index = 0; index < perTurn; index++) {
          expect(broadcast(connections, 'binary', Buffer.alloc(perMessage))).to.equal(5);
          sent += perMessage;
        }
        await turn();
      }
      for (const connection of connections) expect(connection.bufferedAmount).to.be.above(sent);
      expect(backlogBudget.total).to.be.within(sent, sent + 24 * KiB);
      for (const { release } of receivers) release();
      await turn();
      await turn();
      expect(backlogBudget.total).to.equal(0);
      for (const length of lengths()) expect(length).to.be.above(sent);
    });
  }

  it('costs nobody else anything', async () => {
    const limits = { softBacklogBytes: 8 * KiB, hardBacklogBytes: 16 * KiB } as const;
    await open(1, { ...limits, slowConsumer: 'drop' });
    await open(1, { ...limits, slowConsumer: 'disconnect' });
    const connections = await open(2);
    const [dropped, ended] = receivers as [Receiver, Receiver];
    dropped.hold();
    ended.hold();
    const counts: number[] = [];
    for (let round = 0; round < 30; round++) {
      counts.push(broadcast(connections, new PreparedMessage('binary', Buffer.alloc(KiB))));
      await turn();
    }
    const frame = KiB + 4;
    expect(counts).to.deep.equal([...Array<number>(16).fill(4), ...Array<number>(14).fill(2)]);
    expect(lengths()).to.deep.equal([0, 0, 30 * frame, 30 * frame]);
    expect(dropped.connection.counters).to.include({ messagesSent: 16, messagesDropped: 14 });
    expect(ended.connection.state).to.equal('CLOSED');
    let drains = 0;
    dropped.connection.on('drain', () => (drains += 1));
    dropped.release();
    await turn();
    await turn();
    expect(drains).to.equal(1);
    expect(broadcast(connections, 'text', 'x')).to.equal(3);
    await turn();
    expect(lengths()).to.deep.equal([16 * frame + 3, 0, 30 * frame + 3, 30 * frame + 3]);
  });

  it('holds with limits of a few octets', async () => {
    const connections = await open(1, { softBacklogBytes: 4, hardBacklogBytes: 6, slowConsumer: 'drop' });
    expect(['a', 'b', 'c', 'd'].map((text) => broadcast(connections, 'text', text))).to.deep.equal([
      1, 1, 1, 0,
    ]);
    const [{ connection }] = receivers as [Receiver];
    expect(connection.counters.messagesDropped).to.equal(1);
    await turn();
    expect(broadcast(connections, 'text', 'e')).to.equal(1);
    await turn();
    expect(lengths()).to.deep.equal([12]);
  });

  it('asks for patience from the soft limit on, and drains', async () => {
    const connections = await open(1, { softBacklogBytes: 6 });
    const [{ connection, taken }] = receivers as [Receiver];
    let drains = 0;
    connection.on('drain', () => (drains += 1));
    broadcast(connections, 'text', 'a');
    broadcast(connections, 'text', 'b');
    expect(connection.writableNeedDrain).to.equal(false);
    broadcast(connections, 'text', 'c');
    expect(connection.writableNeedDrain).to.equal(true);
    await turn();
    await turn();
    expect([Buffer.concat(taken).length, drains, connection.writableNeedDrain]).to.deep.equal([9, 1, false]);
  });

  it('leaves in one write what comes in one turn, and goes at once where one message comes', async () => {
    const connections = await open(2);
    for (let round = 0; round < 2; round++) {
      broadcast(connections, 'text', 'a');
      await turn();
    }
    broadcast(connections, 'text', 'b');
    expect(lengths()).to.deep.equal([9, 9]);
    broadcast(connections, 'text', 'c');
    broadcast(connections, 'text', 'd');
    await turn();
    for (const text of ['1', '2', '3']) broadcast(connections, 'text', text);
    connections[0]!.send('text', 'x');
    expect(lengths()).to.deep.equal([15, 15]);
    await turn();
    expect(
      receivers.map(({ taken }) => taken.map(String).map((text) => text.replace(/[^a-z0-9]/g, ''))),
    ).to.deep.equal([
      ['a', 'a', 'b', 'cd', '123x'],
      ['a', 'a', 'b', 'cd', '123'],
    ]);
  });
});
