import { connect as connectTls, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { certificates, type Identity } from '../../certificates.js';
import { RawServer, switching, type Asked } from '../../client/raw-server.js';
import { duplexPair } from '../../duplex-pair.js';
import { PLAIN, SECURE } from '../../loopback.js';
import { upgradeRequest } from '../../raw-peer.js';
import { clientHeader, happens, pause, reach } from '../attack/attacker.js';
import type { Library } from '../library.js';
import type { Finding, Row } from '../row.js';
import { Victim } from '../victim.js';
import { tally } from '../verdicts.js';

/** Answers with 101 and a part of a message, and ends TLS in the middle of it, orderly. */
function endInMessage(asked: Asked): void {
  asked.socket.write(switching(asked));
  asked.socket.end(Buffer.from('82fe00100000', 'hex'));
}

async function tryClient(library: Library): Promise<Finding> {
  const { ca, expired, selfSigned, otherHost } = await certificates();
  const victim = await Victim.start(library, { behaviour: 'echo', listensToErrors: true });
  const wrong: string[] = [];
  /** Lets the client dial, and looks at what it notes. */
  const dial = async (
    name: string,
    server: RawServer,
    url: string,
    due: Record<string, number>,
  ): Promise<void> => {
    const before = await victim.facts();
    await victim.dial(url, {
      ca,
      ...(library.name === 'hawser' ? { timeout: 1_500 } : { handshakeTimeout: 1_500 }),
    });
    const after = await victim.factsOnce(({ closed }) => closed > before.closed, 4_000);
    const news = (event: string): number => (after.events[event] ?? 0) - (before.events[event] ?? 0);
    const errors = Object.keys(after.events)
      .filter((event) => event.startsWith('error'))
      .reduce((sum, event) => sum + news(event), 0);
    const is = { connect: news('connect'), close: news('close 1006') };
    const ought = { connect: 0, close: 1, ...due };
    if (JSON.stringify(is) !== JSON.stringify(ought) || (due['connect'] === undefined && errors !== 1))
      wrong.push(`${name}: ${JSON.stringify(is)}, ${errors} errors`);
    await server.close();
  };
  const bad: [string, Identity][] = Object.entries({ expired, selfSigned, otherHost });
  for (const [name, identity] of bad) {
    const server = await RawServer.listen(endInMessage, SECURE, identity);
    await dial(name, server, server.url(), {});
  }
  const truncating = await RawServer.listen(({ socket }) => socket.destroy(), PLAIN);
  await dial('no TLS at all', truncating, truncating.url().replace('ws:', 'wss:'), {});
  const server = await RawServer.listen(endInMessage, SECURE);
  await dial('close_notify in a message', server, server.url(), { connect: 1 });
  if (!victim.isAlive) wrong.push('it ended');
  await victim.end();
  return { held: wrong.length === 0, figure: tally(bad.length + 2, wrong) };
}

/** Opens a connection over TLS, and says that it is to be a WebSocket. */
async function upgradedTls(port: number, ca: string): Promise<TLSSocket> {
  const socket = connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost' });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  socket.write(upgradeRequest());
  await happens(socket, ['data', 'close'], 3_000);
  return socket;
}

/** Records what a client says first. */
async function clientHello(): Promise<Buffer> {
  const [near, far] = duplexPair();
  const tls = connectTls({ socket: near, servername: 'localhost' });
  tls.on('error', () => {});
  const [hello] = (await once(far, 'data')) as [Buffer];
  tls.destroy();
  near.destroy();
  far.destroy();
  return hello;
}

async function tryServer(library: Library): Promise<Finding> {
  const { ca, localhost } = await certificates();
  const options = library.name === 'hawser' ? { options: { handshakeTimeoutMs: 1_500 } } : {};
  const victim = await Victim.listen(library, { behaviour: 'echo', tls: localhost, ...options });
  const wrong: string[] = [];
  const hello = await clientHello();
  const beginnings: [string, Buffer][] = [
    ['no TLS at all', Buffer.from(upgradeRequest())],
    ['half a ClientHello', hello.subarray(0, hello.length >> 1)],
    ['a broken ClientHello', Buffer.concat([hello.subarray(0, 40), Buffer.alloc(hello.length - 40, 0xff)])],
    ['a ClientHello', hello],
  ];
  for (const [name, octets] of beginnings) {
    const socket = await reach(victim.port);
    socket.resume().write(octets);
    await happens(socket, ['close'], 4_000);
    if (!socket.destroyed) wrong.push(`${name}: still there`);
    socket.destroy();
    const reset = await reach(victim.port);
    reset.write(octets);
    await pause(20);
    reset.resetAndDestroy();
  }
  const socket = await upgradedTls(victim.port, ca);
  socket.write(clientHeader(0x82, 1_000));
  socket.end('and that was it');
  await happens(socket, ['close'], 3_000);
  const { events, connections } = await victim.factsOnce((facts) => facts.connections === 0, 3_000);
  if (events['close 1006'] !== 1 || connections > 0) wrong.push('close_notify in a message: no 1006');
  const good = await upgradedTls(victim.port, ca);
  good.destroy();
  await victim.end();
  return { held: wrong.length === 0, figure: tally(beginnings.length + 1, wrong) };
}

export const tlsFaults: readonly Row[] = [
  {
    id: 'H14',
    peer: 'shows our client an expired certificate, one of itself, one of another host; no TLS; ends TLS within a message',
    must: 'an error and no `connect`; 1006',
    removal: {
      file: 'client/opening-request.ts',
      code: "method: 'GET',",
      instead: "method: 'GET', ...{ rejectUnauthorized: false },",
    },
    run: tryClient,
  },
  {
    id: 'H14b',
    peer: 'speaks no TLS to a TLS server, or half of it, or ends it within a message',
    must: 'gone 4 s later at most; 1006; the next one is served',
    run: tryServer,
  },
];
