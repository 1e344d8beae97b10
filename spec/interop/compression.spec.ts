import { expect } from 'chai';
import { Browser } from './browser.js';
import { PathServer } from './path-server.js';
import { PeerProgram, type PeerEvent } from './peer-program.js';
import {
  chromium,
  need,
  python,
  startAdapterClient,
  startAdapterServer,
  startClient,
  startServer,
  tcl,
  titleOf,
  ws,
  type Deflate,
  type Peer,
} from './peers.js';
import { Relay } from './relay.js';

/** Messages that compress well: below, at and above all that decides how they are compressed and framed. */
const COMPRESSIBLE = [125, 126, 1023, 1024, 20_000, 32_768, 65_536, 131_073, 262_144];
const STEPS = [
  ...COMPRESSIBLE.flatMap((count) => [`log:${String(count)}`, `table:${String(count)}`]),
  'text:',
  'text:made fast ⚓',
  'octets:5000',
];
/** What a page cannot send. */
const FURTHER_STEPS = [
  `fragments:${['made ', 'fast ', '⚓ '].map((word) => word.repeat(600)).join('|')}`,
  'fragments:made |fäst |⚓',
  'ping:are you there',
];

/** Is an agreement that two sides come to. */
interface Case {
  readonly name: string;
  readonly ours: Deflate;
  readonly theirs: Deflate;
  /** What has to be in force when we are the server; empty if nothing. */
  readonly asServer: string;
  /** What has to be when we are the client; left out, it is the same. */
  readonly asClient?: string;
}

const TAKEOVER = { serverNoContextTakeover: false, clientNoContextTakeover: false };

const CASES: readonly Case[] = [
  {
    name: 'as both do by themselves',
    ours: true,
    theirs: true,
    asServer: 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  },
  { name: 'with context takeover', ours: TAKEOVER, theirs: TAKEOVER, asServer: 'permessage-deflate' },
  {
    name: 'with context takeover, and no threshold',
    ours: { ...TAKEOVER, threshold: 0 },
    theirs: { ...TAKEOVER, threshold: 0 },
    asServer: 'permessage-deflate',
  },
  {
    name: 'with windows that we ask for',
    ours: { ...TAKEOVER, serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
    theirs: true,
    asServer: 'permessage-deflate; server_max_window_bits=9; client_max_window_bits=10',
  },
  {
    name: 'with windows that they ask for',
    ours: TAKEOVER,
    theirs: { ...TAKEOVER, serverMaxWindowBits: 10, clientMaxWindowBits: 11 },
    // A client says how far it goes itself; there is nothing to be answered.
    asServer: 'permessage-deflate; server_max_window_bits=10',
    asClient: 'permessage-deflate; server_max_window_bits=10; client_max_window_bits=11',
  },
  {
    name: 'with small windows, and context takeover in one direction alone',
    ours: { serverNoContextTakeover: false, serverMaxWindowBits: 9, threshold: 0 },
    theirs: true,
    asServer: 'permessage-deflate; client_no_context_takeover; server_max_window_bits=9',
  },
  { name: 'not at all: we decline', ours: false, theirs: true, asServer: '' },
  { name: 'not at all: they do', ours: true, theirs: false, asServer: '' },
];

/** Sorts parameters: their order says nothing; without those that Python's websockets adds by itself. */
function sorted(extensions: unknown): string[] {
  return String(extensions)
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^(?:server|client)_max_window_bits=12$/.test(part))
    .sort();
}

/** Counts the payload of what went there and back. */
function echoed(events: readonly PeerEvent[]): number {
  return 2 * events.reduce((sum, event) => sum + Number(event['octets'] ?? 0), 0);
}

/** Expects fewer octets on the wire when something was agreed on, and not fewer when nothing was. */
function expectFewer(relay: Relay, payload: number, extensions: string): void {
  expect(payload).to.be.above(2_000_000);
  for (const octets of [relay.fromClients, relay.fromServer]) {
    if (extensions === '') expect(octets).to.be.within(payload / 2, payload);
    else expect(octets).to.be.within(1, payload / 2 / 4);
  }
}

for (const peer of [ws, python] as readonly Peer[]) {
  describe(`compression with ${titleOf(peer)}`, function () {
    this.timeout(60_000);
    let relay: Relay | undefined;
    let server: PathServer | undefined;

    before(function () {
      need(this, peer);
    });

    afterEach(async () => {
      await PeerProgram.endAll();
      await relay?.end();
      await server?.end();
      relay = server = undefined;
    });

    for (const { name, ours, theirs, asServer, asClient = asServer } of CASES) {
      it(`takes and gives back everything as client, ${name}`, async () => {
        server = await PathServer.start({ perMessageDeflate: ours });
        relay = await Relay.start(server.port);
        const steps = [...STEPS, ...FURTHER_STEPS, 'close:3001:done'];
        const program = startClient(peer, `ws://${relay.host}/echo`, steps, { deflate: theirs });
        const { connection, ending } = await server.next();
        await program.success();
        expect(sorted(connection.extensions)).to.deep.equal(sorted(asServer));
        expect(String((await program.event('connect'))['extensions']) === '').to.equal(asServer === '');
        expect(await ending).to.deep.equal({ code: 3001, reason: 'done', wasClean: true });
        expectFewer(relay, echoed(program.eventsOf('echo')), asServer);
      });

      it(`takes and gives back everything as server, ${name}`, async () => {
        const { port, program } = await startServer(peer, undefined, [], theirs);
        relay = await Relay.start(port);
        const steps = [...STEPS, ...FURTHER_STEPS, 'close:3001:done'];
        const adapter = startAdapterClient(`ws://${relay.host}/echo`, steps, { deflate: ours });
        await adapter.success();
        expect(sorted((await adapter.event('connect'))['extensions'])).to.deep.equal(sorted(asClient));
        expect(String((await program.event('connect'))['extensions']) === '').to.equal(asClient === '');
        expect(await adapter.event('disconnect')).to.deep.include({ code: 3001, wasClean: true });
        expectFewer(relay, echoed(adapter.eventsOf('echo')), asClient);
      });
    }

    it('gets its fragments back compressed, and learns of them one by one', async () => {
      server = await PathServer.start({ perMessageDeflate: true });
      const program = startClient(peer, `${server.url}fragments`, ['receive:made fast ⚓']);
      await program.success();
    });

    it('sends less for messages that are alike when it may refer to those before', async () => {
      const counts: number[] = [];
      for (const noContextTakeover of [true, false]) {
        const deflate = {
          serverNoContextTakeover: noContextTakeover,
          clientNoContextTakeover: noContextTakeover,
          threshold: 0,
        };
        server = await PathServer.start({ perMessageDeflate: deflate });
        relay = await Relay.start(server.port);
        const steps = Array.from({ length: 50 }, (_, count) => `log:${String(300 + count)}`);
        await startClient(peer, `ws://${relay.host}/echo`, steps, { deflate }).success();
        counts.push(relay.fromClients, relay.fromServer);
        await relay.end();
        await server.end();
      }
      const [fromClients, fromServer, fromClientsAlike, fromServerAlike] = counts as [
        number,
        number,
        number,
        number,
      ];
      expect(fromClientsAlike).to.be.below(fromClients / 2);
      expect(fromServerAlike).to.be.below(fromServer / 2);
    });
  });
}

describe(`compression with ${titleOf(tcl)}, which has none`, function () {
  this.timeout(60_000);
  const steps = ['log:125', 'log:65536', 'table:65536'].map((step) =>
    step.replace(/^(?:log|table)/, 'octets'),
  );

  before(function () {
    need(this, tcl);
  });

  afterEach(() => PeerProgram.endAll());

  it('does without as client, though we would', async () => {
    const adapter = await startAdapterServer(undefined, true);
    const program = startClient(tcl, `${adapter.url}echo`, [...steps, 'text:ahoy'], { protocols: ['chat'] });
    await program.success();
    expect(await adapter.program.event('connect')).to.include({ extensions: '' });
    expect(program.eventsOf('echo')).to.have.lengthOf(4);
  });

  it('does without as server, though we offer it', async () => {
    const { url } = await startServer(tcl);
    const adapter = startAdapterClient(`${url}echo`, ['log:65536', ...steps], {
      protocols: ['chat'],
      deflate: true,
    });
    await adapter.success();
    expect(await adapter.event('connect')).to.include({ extensions: '' });
    expect(adapter.eventsOf('echo')).to.have.lengthOf(4);
  });
});

describe(`compression with ${titleOf(chromium)}`, function () {
  this.timeout(60_000);
  let browser: Browser;
  let relay: Relay | undefined;
  let server: PathServer | undefined;

  before(async function () {
    need(this, chromium);
    browser = await Browser.launch(new Map());
  });

  afterEach(async () => {
    await browser.closeTabs();
    await relay?.end();
    await server?.end();
    relay = server = undefined;
  });

  after(() => browser?.end());

  // What it offers is the same each time: any window, and context takeover.
  for (const { name, ours, asServer } of CASES.filter(
    ({ theirs }) => theirs === true || theirs === TAKEOVER,
  )) {
    it(`takes and gives back everything in a page, ${name}`, async () => {
      server = await PathServer.start({ perMessageDeflate: ours });
      relay = await Relay.start(server.port);
      const events = await browser.takeSteps(`http://${relay.host}/`, `ws://${relay.host}/echo`, [
        ...STEPS,
        'close:3001:done',
      ]);
      const { connection, ending } = await server.next();
      expect(sorted(events[0]?.['extensions'])).to.deep.equal(sorted(asServer));
      expect(sorted(connection.extensions)).to.deep.equal(sorted(asServer));
      expect(await ending).to.deep.equal({ code: 3001, reason: 'done', wasClean: true });
      expectFewer(relay, echoed(events), asServer);
    });
  }

  it('puts together again what we send in compressed fragments', async () => {
    server = await PathServer.start({ perMessageDeflate: { threshold: 0 } });
    const events = await browser.takeSteps(server.url.replace('ws', 'http'), `${server.url}fragments`, [
      'receive:made fast ⚓',
    ]);
    expect(events.map(({ event }) => event)).to.deep.equal(['connect', 'echo', 'disconnect']);
    expect((await server.next()).connection.extensions).to.match(/^permessage-deflate/);
  });
});
