import { expect } from 'chai';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import sinon from 'sinon';
import * as diagnostics from '../lib/diagnostics.js';

describe('diagnostics channels', () => {
  const names = {
    openChannel: 'hawser:connection:open',
    closeChannel: 'hawser:connection:close',
    pingChannel: 'hawser:connection:ping',
    pongChannel: 'hawser:connection:pong',
    errorChannel: 'hawser:connection:error',
  } as const;

  for (const [name, channelName] of Object.entries(names) as [keyof typeof names, string][]) {
    it(`${channelName} reaches who subscribed by its name`, () => {
      const one = diagnostics[name];
      const listener = sinon.spy();
      expect(one).to.equal(channel(channelName));
      expect(one.hasSubscribers).to.equal(false);
      subscribe(channelName, listener);
      one.publish({ connection: 1 });
      unsubscribe(channelName, listener);
      expect(listener.args).to.deep.equal([[{ connection: 1 }, channelName]]);
      expect(one.hasSubscribers).to.equal(false);
    });
  }

  it('trace opening handshakes as tracing:hawser:handshake:*', async () => {
    const seen: string[] = [];
    const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((event) => {
      const name = `tracing:hawser:handshake:${event}`;
      const listener = () => seen.push(event);
      subscribe(name, listener);
      return () => unsubscribe(name, listener);
    });
    await diagnostics.handshakeTracing.tracePromise(async () => undefined, { role: 'client' });
    for (const stop of events) stop();
    expect(seen).to.deep.equal(['start', 'end', 'asyncStart', 'asyncEnd']);
  });
});
