import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { PeerEvent } from './peer-program.js';

const PROGRAM = '/usr/bin/chromium';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const CLIENT = readFileSync(new URL('peers/browser-client.js', import.meta.url), 'utf8');

/** Is a running Chromium without a window, in a profile of its own. */
export class Browser {
  readonly #context: BrowserContext;
  readonly #folder: string;
  /** What went wrong in pages. */
  readonly complaints: string[] = [];

  private constructor(context: BrowserContext, folder: string) {
    this.#context = context;
    this.#folder = folder;
    context.on('weberror', (error) => this.complaints.push(String(error.error())));
    context.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** @param hosts - host names, and the ports of this machine that they stand for. */
  static async launch(hosts: ReadonlyMap<string, number>): Promise<Browser> {
    const { chromium } = await import('playwright-core');
    const folder = mkdtempSync(join(tmpdir(), 'hawser-chromium-'));
    const rules = [...hosts].map(([host, port]) => `MAP ${host} 127.0.0.1:${port}`);
    const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: PROGRAM,
      args: [...FLAGS, `--host-resolver-rules=${rules.join(',')}`],
      env: { ...process.env, HOME: folder },
      // The certificates are our own.
      ignoreHTTPSErrors: true,
    });
    return new Browser(context, folder);
  }

  /** Version, as the browser tells over its debugging protocol. */
  get version(): string | undefined {
    return this.#context.browser()?.version();
  }

  /** Opens a page in a new tab. */
  async open(url: string): Promise<Page> {
    const page = await this.#context.newPage();
    await page.goto(url);
    return page;
  }

  /** Lets a page of `origin` connect to `url` and take steps. */
  async takeSteps(
    origin: string,
    url: string,
    steps: readonly string[],
    protocols: readonly string[] = [],
  ): Promise<PeerEvent[]> {
    const page = await this.open(origin);
    try {
      await page.evaluate(CLIENT);
      return await page.evaluate(`takeSteps(...${JSON.stringify([url, protocols, steps])})`);
    } finally {
      await page.close();
    }
  }

  /** Closes all tabs. */
  async closeTabs(): Promise<void> {
    await Promise.all(this.#context.pages().map((page) => page.close()));
  }

  async end(): Promise<void> {
    await this.#context.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
