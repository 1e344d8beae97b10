import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type ProxyName = 'nginx' | 'haproxy';

const page = new URL('../../docs/security.md', import.meta.url);

/** Gives the configuration that docs/security.md recommends. */
function recommended(name: ProxyName): string {
  const block = new RegExp(`\`\`\`${name}\n([^]*?)\`\`\``).exec(readFileSync(page, 'utf8'))?.[1];
  if (block === undefined) throw new Error(`docs/security.md has no block for ${name}`);
  return block;
}

/** Puts the configuration into what else the program needs to run by itself. */
function configure(name: ProxyName, folder: string, site: string): string {
  if (name === 'haproxy') return `global\n  maxconn 256\n  nbthread 1\n${site}`;
  const paths = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'];
  return `daemon off;
    master_process off;
    error_log stderr error;
    pid ${folder}/nginx.pid;
    events { worker_connections 256; }
    http {
      access_log off;
      ${paths.map((use) => `${use}_temp_path ${folder}/${use};`).join('\n')}
      ${site}
    }`;
}

/** Is a proxy as docs/security.md recommends it, in front of one server. */
export class DocumentedProxy {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(port: number, folder: string, process: ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
  }

  /**
   * Starts it, and waits until it answers.
   * @param upstream - port of the server.
   * @param timeoutS - seconds of silence after which it cuts a connection. Default: as many as by default.
   */
  static async start(name: ProxyName, upstream: number, timeoutS?: number): Promise<DocumentedProxy> {
    const folder = mkdtempSync(join(tmpdir(), `hawser-${name}-`));
    const port = await freePort();
    let site = recommended(name).replaceAll('8443', String(port)).replaceAll('8080', String(upstream));
    if (timeoutS !== undefined) {
      const cut = `proxy_read_timeout ${timeoutS}s; proxy_send_timeout ${timeoutS}s;`;
      site = site
        .replace('proxy_pass', `${cut} proxy_pass`)
        .replaceAll(/(timeout \w+ +)50s/g, `$1${timeoutS}s`);
    }
    const file = join(folder, 'configuration');
    writeFileSync(file, configure(name, folder, site));
    const args = name === 'nginx' ? ['-e', 'stderr', '-p', folder, '-c', file] : ['-db', '-f', file];
    const child = spawn(name, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.on('error', (error) => (complaint += error.message));
    const proxy = new DocumentedProxy(port, folder, child);
    for (let attempt = 0; !(await isOpen(port)); attempt++) {
      if (child.exitCode === null && child.pid !== undefined && attempt < 500) await nap();
      else throw new Error(`${name} does not start: ${complaint}`);
    }
    return proxy;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill();
      await once(this.#process, 'close');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function nap(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  }).then((answer) => {
    socket.destroy();
    return answer as boolean;
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
