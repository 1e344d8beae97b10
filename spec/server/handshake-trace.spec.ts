import { expect } from 'chai';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { refuse } from '../../lib/server/refusal.js';
import { upgradeRequest } from '../raw-peer.js';
import { until } from '../turns.js';
import { Harbour } from './harbour.js';

interface Traced {
  readonly role: string;
  readonly request: IncomingMessage;
  readonly statusCode?: number;
  readonly error?: Error;
}

describe('HandshakeTrace', () => {
  const harbour = new Harbour();
  const published: [string, Traced][] = [];
  const listeners = (['start', 'asyncEnd', 'error'] as const).map((event) => {
    const listener = (message: unknown): void => void published.push([event, message as Traced]);
    return [`tracing:hawser:handshake:${event}`, listener] as const;
  });

  beforeEach(() => {
    for (const [name, listener] of listeners) subscribe(name, listener);
    published.length = 0;
  });

  afterEach(() => {
    for (const [name, listener] of listeners) unsubscribe(name, listener);
  });

  /** Summarises what was published, and checks that all of it is about one handshake. */
  function trace(url: string): unknown[] {
    const [first] = published;
    for (const [, traced] of published) {
      expect(traced).to.equal(first![1]);
      expect([traced.role, traced.request.url]).to.deep.equal(['server', url]);
    }
    const { statusCode, error } = first![1];
    return [...published.map(([event]) => event), statusCode, error?.message];
  }

  it('publishes the start and end of one that succeeds', async () => {
    const { http } = await harbour.attached();
    await harbour.ask(http, '/a');
    expect(trace('/a')).to.deep.equal(['start', 'asyncEnd', 101, undefined]);
  });

  it('publishes why one was refused, at once or by authorize', async () => {
    const { http, registry } = await harbour.attached({ authorize: () => refuse(402) });
    registry.live('/a');
    await harbour.ask(http, '/a');
    expect(trace('/a')).to.deep.equal(['start', 'error', 'asyncEnd', 402, 'refused by authorize']);
    published.length = 0;
    await harbour.ask(http, '/a', { 'Sec-WebSocket-Key': undefined });
    expect(trace('/a')).to.deep.equal(['start', 'error', 'asyncEnd', 400, 'Sec-WebSocket-Key is absent']);
  });

  it('publishes that the client left, once', async () => {
    const { http } = await harbour.attached({ authorize: () => new Promise(() => undefined) });
    const peer = await harbour.peer(http, upgradeRequest('/a'));
    await until(() => published.length === 1);
    peer.stream.destroy();
    await until(() => published.length === 3);
    expect(trace('/a')).to.deep.equal([
      'start',
      'error',
      'asyncEnd',
      undefined,
      'the client left before it was answered',
    ]);
    expect(published[0]![1]).not.to.have.property('statusCode');
  });

  it('publishes the end once, though a listener of the signal refuses a client that has left', async () => {
    let isAborted = false;
    const { http, registry } = await harbour.attached({
      authorize: ({ socket }, { signal }) => {
        signal.addEventListener('abort', () => {
          registry.reject(socket, { status: 503 });
          isAborted = true;
        });
        return new Promise(() => undefined);
      },
    });
    const peer = await harbour.peer(http, upgradeRequest('/a'));
    await until(() => published.length === 1);
    peer.stream.destroy();
    await until(() => isAborted);
    expect(trace('/a')).to.deep.equal(['start', 'error', 'asyncEnd', 503, 'refused by the caller']);
  });

  it('publishes what the caller does with a tested request', async () => {
    const http = await harbour.http();
    const registry = harbour.registry().server(http.server);
    const upgrade = once(http.server, 'upgrade');
    await harbour.peer(http, upgradeRequest('/a'));
    const [request, socket] = (await upgrade) as [IncomingMessage, IncomingMessage['socket']];
    registry.test(http.server, request, socket);
    expect(published.map(([event]) => event)).to.deep.equal(['start']);
    socket.on('error', () => {});
    registry.reject(socket, { status: 410 });
    expect(trace('/a')).to.deep.equal(['start', 'error', 'asyncEnd', 410, 'refused by the caller']);
  });
});
