import { expect } from 'chai';
import { InvalidOptionError } from '../../lib/errors.js';
import type { Connection } from '../../lib/connection/connection.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { WebSocketServer } from '../../lib/server/websocket-server.js';
import { broadcast } from '../../lib/server/broadcast.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { RawPeer } from '../raw-peer.js';
import { turn } from '../turns.js';

describe('broadcast', () => {
  const peers: RawPeer[] = [];
  const streams: PairEnd[] = [];
  const connections: WebSocketServer[] = [];

  beforeEach(() => {
    for (const path of ['/chat/a', '/chat/b', '/clock']) {
      const [near, far] = duplexPair();
      peers.push(new RawPeer(near));
      streams.push(far);
      connections.push(new WebSocketServer(far, { path, hardBacklogBytes: 100_000, slowConsumer: 'drop' }));
    }
  });

  afterEach(() => {
    for (const connection of connections.splice(0)) connection.terminate();
    peers.length = streams.length = 0;
  });

  /** Waits for what everybody is to have received, in hex. */
  async function received(): Promise<string[]> {
    await turn();
    await turn();
    return peers.map((peer) => peer.received.toString('hex'));
  }

  it('sends text, as UTF-8, and octets to everybody, and tells how many took it', async () => {
    expect(broadcast(connections, 'text', 'héllo')).to.equal(3);
    expect(broadcast(connections, 'BINARY', Buffer.from('00ff', 'hex'))).to.equal(3);
    expect(broadcast(connections, 1, '')).to.equal(3);
    const frames = '810668c3a96c6c6f' + '820200ff' + '8100';
    expect(await received()).to.deep.equal([frames, frames, frames]);
  });

  it('frames large messages right', async () => {
    for (const [length, header] of [
      [125, '827d'],
      [126, '827e007e'],
      [65_535, '827effff'],
      [65_536, '827f0000000000010000'],
    ] as const) {
      expect(broadcast(connections.slice(0, 1), 'binary', Buffer.alloc(length, 7))).to.equal(1);
      const octets = await peers[0]!.take(header.length / 2 + length);
      expect(octets.toString('hex', 0, header.length / 2)).to.equal(header);
      expect(octets.subarray(header.length / 2).every((octet) => octet === 7)).to.be.true;
    }
  });

  it('sends a prepared message, to all or some', async () => {
    const prepared = new PreparedMessage('text', 'x');
    expect(broadcast(connections, prepared)).to.equal(3);
    expect(broadcast(connections, prepared, { path: '/clock' })).to.equal(1);
    expect(broadcast(connections, prepared, { except: connections })).to.equal(0);
    expect(await received()).to.deep.equal(['810178', '810178', '810178810178']);
  });

  it('does not change with the octets that were sent', async () => {
    const octets = Buffer.from('a');
    broadcast(connections, 'binary', octets);
    octets[0] = 0;
    expect(await received()).to.deep.equal(['820161', '820161', '820161']);
  });

  it('is for the paths that match a glob', async () => {
    expect(broadcast(connections, 'text', 'x', { path: '/chat/*' })).to.equal(2);
    expect(await received()).to.deep.equal(['810178', '810178', '']);
    const [a, b, clock] = connections as [WebSocketServer, WebSocketServer, WebSocketServer];
    expect(broadcast([a, a, clock, clock, a, b], 'text', 'x', { path: '/*a' })).to.equal(3);
  });

  it('leaves out one connection, or several', async () => {
    const [a, b, clock] = connections;
    expect(broadcast(connections, 'text', 'x', { except: a })).to.equal(2);
    expect(broadcast(connections, 'text', 'y', { except: [a!, b!] })).to.equal(1);
    expect(
      broadcast(connections, 'text', 'z', { except: new Set<Connection>([clock!]), path: '/c*' }),
    ).to.equal(2);
    expect(await received()).to.deep.equal(['81017a', '81017881017a', '810178810179']);
  });

  it('is for those that a test of each lets pass', async () => {
    const where = ({ path }: WebSocketServer): boolean => path !== '/chat/b';
    expect(broadcast(connections, 'text', 'x', { where })).to.equal(2);
    expect(broadcast(connections, 'text', 'y', { where, path: '/chat/*' })).to.equal(1);
    expect(await received()).to.deep.equal(['810178810179', '', '810178']);
  });

  it('reaches nobody when the test throws', async () => {
    const where = ({ path }: WebSocketServer): boolean => {
      if (path === '/clock') throw new Error('no clock');
      return true;
    };
    expect(() => broadcast(connections, 'text', 'x', { where })).to.throw('no clock');
    expect(await received()).to.deep.equal(['', '', '']);
  });

  it('counts neither those that are closing nor those that are too far behind', async () => {
    connections[0]!.close();
    streams[1]!.hold();
    for (let i = 0; i < 2; i++) connections[1]!.send('binary', Buffer.alloc(50_000));
    expect(broadcast(connections, 'text', 'x')).to.equal(1);
    expect(connections[1]!.counters.messagesDropped).to.equal(1);
    expect((await received())[2]).to.equal('810178');
  });

  it('throws for what cannot be sent, or makes no sense, and sends nothing', async () => {
    const wrong: readonly [RegExp, unknown[]][] = [
      [/^type/, ['hello']],
      [/^type/, [8, '']],
      [/^type: expected 'text' or 'binary', got "ping"$/, ['ping', '']],
      [/^type/, ['close', '']],
      [/^message/, ['text']],
      [/^message/, ['text', 5]],
      [/^message/, ['text', {}]],
      [/^message.*UTF-8/, ['text', Buffer.from('ff', 'hex')]],
      [/^path/, ['text', '', { path: 5 }]],
      [/^path/, ['text', '', { path: null }]],
      [/^except: expected a connection or an iterable of connections, got 5$/, ['text', '', { except: 5 }]],
      [/^except/, ['text', '', { except: {} }]],
      [/^except/, ['text', '', { except: 'all' }]],
      [/^where/, ['text', '', { where: '/chat/*' }]],
      [/^exept.*except/, ['text', '', { exept: [] }]],
      [/^BroadcastOptions/, ['text', '', null]],
      [/^BroadcastOptions/, ['text', '', '/chat/*']],
      [/^BroadcastOptions/, [new PreparedMessage('text', ''), '/chat/*']],
      [/^exept.*except/, [new PreparedMessage('text', ''), { exept: [] }]],
    ];
    for (const [message, args] of wrong) {
      const call = (): unknown => (broadcast as (...all: unknown[]) => unknown)(connections, ...args);
      expect(call, String(message)).to.throw(InvalidOptionError, message);
    }
    expect(await received()).to.deep.equal(['', '', '']);
  });
});
