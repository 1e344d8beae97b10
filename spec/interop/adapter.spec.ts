import { expect } from 'chai';
import { PathServer } from './path-server.js';
import { ANSWERED, ECHOES, STEPS } from './peer-suite.js';
import { PeerProgram } from './peer-program.js';
import { startAdapterClient, startAdapterServer } from './peers.js';

describe('the adapter', function () {
  this.timeout(60_000);
  let server: PathServer;

  before(async () => {
    server = await PathServer.start();
  });

  afterEach(async () => {
    await PeerProgram.endAll();
    server.forget();
  });

  after(() => server.end());

  it('talks to itself', async () => {
    const adapter = await startAdapterServer();
    const client = startAdapterClient(`${adapter.url}echo`, [...STEPS, 'close:3001:done']);
    await client.success();
    expect(client.eventsOf('echo').map(({ octets }) => octets)).to.deep.equal(ECHOES);
    expect(await adapter.program.event('disconnect')).to.deep.include({
      code: 3001,
      reason: 'done',
      wasClean: true,
    });
    expect(await client.event('disconnect')).to.deep.include(ANSWERED);
  });

  it('closes what is open when it is told to stop', async () => {
    const adapter = await startAdapterServer();
    const client = startAdapterClient(`${adapter.url}echo`, ['text:ahoy', 'ping:still there', 'closed']);
    await client.event('pong');
    const [{ status }] = await Promise.all([adapter.program.end(), client.success()]);
    expect(status).to.equal(0);
    expect(await client.event('disconnect')).to.deep.include({ code: 1001, wasClean: true });
  });

  const failures: readonly (readonly [what: string, path: string, step: string, complaint: RegExp])[] = [
    ['an echo that is not what it sent', 'liar', 'text:ahoy', /AssertionError/],
    ['a Close in place of an echo', 'close/4001/bye', 'text:ahoy', /AssertionError|ConnectionClosedError/],
    ['a path that is not live', 'elsewhere', 'text:ahoy', /HandshakeError/],
    ['a step that it does not know', 'echo', 'dance', /no such step: dance/],
  ];
  for (const [what, path, step, complaint] of failures) {
    it(`fails on ${what}`, async () => {
      const client = startAdapterClient(server.url + path, [step]);
      const { status, stderr } = await client.ended;
      expect(status).to.equal(1);
      expect(stderr).to.match(complaint);
      expect(client.eventsOf('echo')).to.deep.equal([]);
    });
  }
});
