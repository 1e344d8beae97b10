import { expect } from 'chai';
import { WebSocketClient } from '../../lib/index.js';
import { Program } from '../cli/program.js';
import { Browser } from './browser.js';
import { Certificate } from './certificate.js';
import { PathServer } from './path-server.js';
import { ANSWERED } from './peer-suite.js';
import { PeerProgram, type PeerEvent } from './peer-program.js';
import {
  chromium,
  haproxy,
  need,
  nginx,
  openssl,
  startAdapterServer,
  titleOf,
  type Requirement,
} from './peers.js';
import { ReverseProxy, type ProxyName } from './reverse-proxy.js';

const MEBIBYTE = 1024 * 1024;

/** What a page can do with an echo server. */
const STEPS = ['text:made fast ⚓', 'text:', 'binary:00ff80', 'octets:125', 'octets:126', 'octets:65536'];
const ECHOES = [13, 0, 3, 125, 126, 65_536];

const PROXIES: readonly (readonly [ProxyName, Requirement])[] = [
  ['nginx', nginx],
  ['haproxy', haproxy],
];

describe(titleOf(chromium), function () {
  this.timeout(60_000);
  let certificate: Certificate;
  let adapter: Awaited<ReturnType<typeof startAdapterServer>>;
  let secureAdapter: Awaited<ReturnType<typeof startAdapterServer>>;
  let browser: Browser;
  const proxies = new Map<ProxyName, ReverseProxy>();

  before(async function () {
    need(this, chromium, openssl);
    certificate = new Certificate();
    [adapter, secureAdapter] = await Promise.all([startAdapterServer(), startAdapterServer(certificate)]);
    const hosts = new Map<string, number>();
    for (const [name, { version }] of PROXIES) {
      if (version === undefined) continue;
      const proxy = await ReverseProxy.start(name, new Map([['adapter', adapter.port]]), certificate);
      proxies.set(name, proxy);
      hosts.set(`${name}.example`, Number(new URL(proxy.url('adapter', 'https')).port));
    }
    browser = await Browser.launch(hosts);
  });

  afterEach(async () => {
    await browser.closeTabs();
  });

  after(async () => {
    await browser?.end();
    for (const proxy of proxies.values()) await proxy.end();
    await PeerProgram.endAll();
    certificate?.remove();
  });

  it('is what its command says it is', () => {
    expect(browser.version).to.equal(chromium.version);
  });

  describe('on the demo page', () => {
    let program: Program;
    let url: string;

    beforeEach(async () => {
      program = new Program('serve', '--port', '0');
      [url] = await program.printed(/^http:\/\/127\.0\.0\.1:\d+\/$/m);
      browser.complaints.length = 0;
    });

    afterEach(async () => {
      await browser.closeTabs();
      await Program.endAll();
    });

    it('chats between two tabs', async () => {
      const [ann, bob] = [await browser.open(url), await browser.open(url)];
      for (const [page, name] of [
        [ann, 'Ann'],
        [bob, 'Bob'],
      ] as const) {
        await page.fill('#chat-name', name);
        await page.press('#chat-name', 'Enter');
        await page.locator('#chat-log .notice', { hasText: `You are ${name}.` }).waitFor();
      }
      await ann.locator('#chat-log .notice', { hasText: 'Bob joined.' }).waitFor();
      expect(await ann.textContent('#chat-members')).to.equal('Here: Ann, Bob');

      // Joining leaves the focus where one types.
      await bob.keyboard.type('made fast ⚓');
      await bob.keyboard.press('Enter');
      const heard = ann.locator('#chat-log .message', { hasText: 'made fast ⚓' });
      await heard.waitFor();
      expect(await heard.locator('b').textContent()).to.equal('Bob');
      expect(await heard.getAttribute('class')).to.equal('message');
      await ann.keyboard.type('<b>aye</b>');
      await ann.keyboard.press('Enter');
      await bob.locator('#chat-log .message', { hasText: '<b>aye</b>' }).waitFor();
      const mine = ann.locator('#chat-log .message.mine');
      await mine.waitFor();
      expect(await mine.count()).to.equal(1);

      await bob.close();
      await ann.locator('#chat-log .notice', { hasText: 'Bob left.' }).waitFor();
      expect(await ann.textContent('#chat-members')).to.equal('Here: Ann');
      expect(browser.complaints).to.deep.equal([]);
    });

    it('shows who is connected, and what changes, without being asked', async () => {
      const page = await browser.open(url);
      // The page's own: chat, echo, clock and table.
      await page.locator('#table-status', { hasText: /^4 connections$/ }).waitFor();
      expect(await page.locator('#table-rows tr').count()).to.equal(4);

      const client = await WebSocketClient.open(`${url.replace('http', 'ws')}echo`);
      await page.locator('#table-status', { hasText: /^5 connections$/ }).waitFor();
      const last = page.locator('#table-rows tr').last();
      expect(await last.locator('td').nth(1).textContent()).to.equal('/echo');
      client.send('binary', Buffer.alloc(2048));
      client.resume();
      // In and out: what was sent, its echo, and the frames around them.
      await last
        .locator('td', { hasText: /^2\.0 KiB$/ })
        .nth(1)
        .waitFor();
      await last.locator('td', { hasText: / ms$/ }).waitFor();

      client.close();
      await page.locator('#table-status', { hasText: /^4 connections$/ }).waitFor();
      expect(await page.locator('#table-rows tr').count()).to.equal(4);
      expect(browser.complaints).to.deep.equal([]);
    });

    it('gets text and octets back in the echo box', async () => {
      const page = await browser.open(url);
      await page.locator('#echo-status', { hasText: 'connected' }).waitFor();
      await page.fill('#echo-text', 'ahoy ⚓');
      await page.press('#echo-text', 'Control+Enter');
      await page.locator('#echo-log li', { hasText: /^ahoy ⚓[\d.]+ ms$/ }).waitFor();
      await page.check('#echo-form input[value=binary]');
      await page.click('#echo-form button');
      await page.locator('#echo-log li', { hasText: '8 octets: 61 68 6f 79 20 e2 9a 93' }).waitFor();
      expect(browser.complaints).to.deep.equal([]);
    });

    it('is told that the server goes away', async () => {
      const page = await browser.open(url);
      await page.locator('#echo-status', { hasText: 'connected' }).waitFor();
      program.kill('SIGTERM');
      await page
        .locator('#echo-status', { hasText: /The server is going down.*1001|1001.*The server is going down/ })
        .waitFor();
      expect((await program.ended).status).to.equal(0);
    });
  });

  describe('in a page of our own server', () => {
    let server: PathServer;

    // Anew for each test: a browser opens connections in advance, and keeps them.
    beforeEach(async () => {
      server = await PathServer.start();
    });

    afterEach(() => server.end());

    async function takeSteps(path: string, steps: string[], protocols: string[] = []): Promise<PeerEvent[]> {
      return browser.takeSteps(server.url.replace('ws', 'http'), server.url + path, steps, protocols);
    }

    it('puts our fragments together, answers the ping between them, and closes with a code', async () => {
      const events = await takeSteps('fragments', ['receive:made fast ⚓', 'close:3001:done']);
      const { headers, calls, ending } = await server.next();
      expect(events.at(-1)).to.include(ANSWERED);
      expect(await ending).to.deep.equal({ code: 3001, reason: 'done', wasClean: true });
      expect(headers['user-agent']).to.contain(`Chrome/${chromium.version!.split('.')[0]!}.`);
      expect(calls.filter(([type]) => type === 'pong').map(([, payload]) => String(payload))).to.deep.equal([
        'between fragments',
      ]);
    });

    it('answers a ping, which tells the latency', async () => {
      await takeSteps('ping', ['receive:pong']);
      const { connection } = await server.next();
      expect(connection.latency).to.be.within(0, 60_000);
    });

    it('learns the code and the reason of our Close', async () => {
      const events = await takeSteps('close/4001/bye', ['closed']);
      expect(events.at(-1)).to.include({ code: 4001, reason: 'bye', wasClean: true });
      const { ending } = await server.next();
      expect(await ending).to.deep.equal({ code: 4001, reason: 'bye', wasClean: true });
    });

    it('agrees on the first subprotocol that the live path has, and on no extension', async () => {
      const events = await takeSteps('chat', ['text:ahoy'], ['mail', 'chat.b']);
      expect(events[0]).to.deep.equal({ event: 'connect', protocol: 'chat.b', extensions: '' });
      const { headers } = await server.next();
      expect(headers['sec-websocket-extensions']).to.match(/^permessage-deflate/);
    });

    it('may not connect to another server', async () => {
      const before = adapter.program.eventsOf('rejected').length;
      const events = await browser.takeSteps(server.url.replace('ws', 'http'), `${adapter.url}echo`, []);
      expect(events).to.deep.equal([{ event: 'disconnect', code: 1006, reason: '', wasClean: false }]);
      expect(await adapter.program.event('rejected', before)).to.include({ status: 403 });
    });
  });

  describe('in a page of the adapter', () => {
    async function expectAll(
      origin: string,
      url: string,
      program: PeerProgram,
      octets: number,
    ): Promise<void> {
      const before = program.eventsOf('disconnect').length;
      const steps = [...STEPS, `octets:${octets}`, 'close:3001:done'];
      const events = await browser.takeSteps(origin, url, steps, ['chat.a']);
      expect(events[0]).to.include({ event: 'connect', protocol: 'chat.a' });
      const echoes = events.filter(({ event }) => event === 'echo').map((echo) => echo['octets']);
      expect(echoes).to.deep.equal([...ECHOES, octets]);
      expect(events.at(-1)).to.deep.equal({ event: 'disconnect', ...ANSWERED });
      expect(await program.event('disconnect', before)).to.include({ code: 3001, reason: 'done' });
    }

    it('gets 16 MiB and all the rest back over ws', async () => {
      await expectAll(
        adapter.url.replace('ws', 'http'),
        `${adapter.url}echo`,
        adapter.program,
        16 * MEBIBYTE,
      );
    });

    it('gets 16 MiB and all the rest back over wss', async () => {
      const { url, program } = secureAdapter;
      expect(url).to.match(/^wss:/);
      await expectAll(url.replace('ws', 'http'), `${url}echo`, program, 16 * MEBIBYTE);
    });

    for (const [name, requirement] of PROXIES) {
      for (const scheme of ['ws', 'wss'] as const) {
        it(`gets 1 MiB and all the rest back over ${scheme} behind ${titleOf(requirement)}`, async function () {
          need(this, requirement);
          const url = proxies.get(name)!.url('adapter', scheme);
          await expectAll(url.replace('ws', 'http'), `${url}echo`, adapter.program, MEBIBYTE);
        });
      }

      it(`is at its own origin without a port, behind ${titleOf(requirement)}`, async function () {
        need(this, requirement);
        const events = await browser.takeSteps(`https://${name}.example/`, `wss://${name}.example/echo`, [
          'text:ahoy',
        ]);
        expect(events.map(({ event }) => event)).to.deep.equal(['connect', 'echo', 'disconnect']);
      });
    }

    it(`rides on HTTP/2 (RFC 8441) as far as ${titleOf(haproxy)}`, async function () {
      need(this, haproxy);
      const logged = proxies.get('haproxy')!.logged(/\/echo \d+$/);
      await browser.takeSteps('https://haproxy.example/', 'wss://haproxy.example/echo', ['text:ahoy']);
      expect(await logged).to.equal('HTTP/2.0 https://haproxy.example/echo 101');
    });
  });
});
