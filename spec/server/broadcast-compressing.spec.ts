import { expect } from 'chai';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import sinon from 'sinon';
import WebSocket, { type PerMessageDeflateOptions } from 'ws';
import { Deflater } from '../../lib/compression/deflater.js';
import type { RegistryOptions } from '../../lib/server/registry-options.js';
import type { ServerRegistry } from '../../lib/server/server-registry.js';
import { noise } from '../protocol/wire.js';
import { until } from '../turns.js';
import { Harbour } from './harbour.js';

/** Is a client of another library, and what it has received. */
interface Member {
  readonly socket: WebSocket;
  readonly heard: string[];
  /** Octets that came behind the opening handshake. */
  readonly octets: () => number;
}

const REPORT = JSON.stringify(Array.from({ length: 100 }, (_, berth) => ({ berth, state: 'made fast' })));
/** Is compressed in the thread pool. */
const LONG = noise(50_000).toString('hex');

describe('broadcast to clients of ws', () => {
  const harbour = new Harbour();
  const members: Member[] = [];

  afterEach(() => {
    sinon.restore();
    for (const { socket } of members.splice(0)) socket.terminate();
  });

  async function open(options: RegistryOptions = {}): Promise<ServerRegistry> {
    return harbour.listen({ host: '127.0.0.1', port: 0, perMessageDeflate: true, ...options });
  }

  /** Opens a connection as ws does; to decline compression say false. */
  async function join(
    registry: ServerRegistry,
    perMessageDeflate: boolean | PerMessageDeflateOptions = true,
    path = '/',
  ): Promise<Member> {
    const { port } = registry.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate });
    const heard: string[] = [];
    let octets = 0;
    socket.on('upgrade', (response) => response.socket.on('data', ({ length }) => (octets += length)));
    socket.on('message', (data: Buffer, isBinary) =>
      heard.push(`${isBinary ? 'binary' : 'text'} ${String(data)}`),
    );
    const member = { socket, heard, octets: () => octets };
    members.push(member);
    await once(socket, 'open');
    return member;
  }

  it('compresses once for each set of parameters, and for nobody that declined', async () => {
    const now = sinon.spy(Deflater.prototype, 'deflateNow');
    const registry = await open({ perMessageDeflate: { serverNoContextTakeover: false } });
    const alone = { serverNoContextTakeover: true };
    const narrow = { ...alone, serverMaxWindowBits: 9 };
    const plain = await join(registry, false);
    const compressing = [
      await join(registry, alone),
      await join(registry, alone),
      await join(registry, narrow),
      await join(registry, narrow),
    ];
    expect(registry.broadcast('text', REPORT)).to.equal(5);
    expect(registry.broadcast('binary', Buffer.from(REPORT))).to.equal(5);
    expect(registry.broadcast('text', 'short')).to.equal(5);
    const all = [`text ${REPORT}`, `binary ${REPORT}`, 'text short'];
    await until(() => members.every(({ heard }) => heard.length === 3));
    for (const { heard } of members) expect(heard).to.deep.equal(all);
    expect(now.callCount).to.equal(4);
    expect(plain.octets()).to.be.above(2 * REPORT.length);
    for (const { octets } of compressing) expect(octets()).to.be.below(REPORT.length / 2);
  });

  it('compresses for each connection that remembers what was said before', async () => {
    const now = sinon.spy(Deflater.prototype, 'deflateNow');
    const registry = await open({ perMessageDeflate: { serverNoContextTakeover: false } });
    const both = [await join(registry), await join(registry)];
    for (const { socket } of both) expect(socket.extensions).to.not.include('server_no_context_takeover');
    for (let round = 0; round < 3; round++) registry.broadcast('text', REPORT);
    await until(() => members.every(({ heard }) => heard.length === 3));
    for (const { heard } of both) expect(heard).to.deep.equal(Array(3).fill(`text ${REPORT}`));
    expect(now.callCount).to.equal(6);
  });

  it('keeps the order of all that is sent, with messages that take a while to compress', async () => {
    const later = sinon.spy(Deflater.prototype, 'deflateLater');
    const registry = await open();
    await Promise.all([join(registry), join(registry), join(registry, false)]);
    registry.broadcast('text', 'A');
    registry.broadcast('text', LONG);
    registry.broadcast('text', REPORT);
    for (const connection of registry) connection.send('text', 'B');
    registry.broadcast('text', LONG);
    for (const connection of registry) connection.send('text', 'C');
    const expected = ['A', LONG, REPORT, 'B', LONG, 'C'].map((text) => `text ${text}`);
    await until(() => members.every(({ heard }) => heard.length === 6));
    for (const { heard } of members) expect(heard).to.deep.equal(expected);
    expect(later.callCount).to.equal(2);
  });

  it('finds its place behind a message in fragments that one of them gets', async () => {
    const registry = await open();
    await Promise.all([join(registry), join(registry)]);
    const [first] = registry;
    first!.send('text', 'one ', false);
    expect(registry.broadcast('text', REPORT)).to.equal(2);
    await until(() => members.some(({ heard }) => heard.length === 1));
    first!.send('text', 'message');
    await until(
      () =>
        members.every(({ heard }) => heard.length > 0) && members.some(({ heard }) => heard[1] !== undefined),
    );
    expect(members.map(({ heard }) => heard).sort((a, b) => b.length - a.length)).to.deep.equal([
      ['text one message', `text ${REPORT}`],
      [`text ${REPORT}`],
    ]);
  });

  it('goes to whom it is meant for', async () => {
    const registry = await open();
    const bow = await join(registry, true, '/bow');
    const stern = await join(registry, true, '/stern');
    const [first] = registry.find();
    expect(registry.broadcast('text', `${REPORT}1`, { path: '/b*' })).to.equal(1);
    expect(registry.broadcast('text', `${REPORT}2`, { except: first })).to.equal(1);
    expect(registry.broadcast('text', `${REPORT}3`, { where: ({ path }) => path === '/stern' })).to.equal(1);
    await until(() => bow.heard.length + stern.heard.length === 3);
    expect(bow.heard).to.deep.equal([`text ${REPORT}1`]);
    expect(stern.heard).to.deep.equal([`text ${REPORT}2`, `text ${REPORT}3`]);
  });
});
