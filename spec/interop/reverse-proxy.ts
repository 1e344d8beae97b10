import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Certificate } from './certificate.js';

/** Seconds of silence after which the proxies cut a connection. */
export const PROXY_TIMEOUT_S = 3;

/** Is a server behind the proxy, with the ports on which the proxy offers it. */
interface Route {
  readonly name: string;
  readonly upstream: number;
  readonly plain: number;
  readonly secure: number;
}

interface Program {
  readonly configuration: (routes: readonly Route[], certificate: Certificate, folder: string) => string;
  readonly command: (file: string, folder: string) => readonly [string, ...string[]];
}

const PROGRAMS = {
  nginx: {
    command: (file, folder) => ['nginx', '-e', 'stderr', '-p', folder, '-c', file],
    configuration: (routes, { certificateFile, keyFile }, folder) => `
      daemon off;
      master_process off;
      error_log stderr error;
      pid ${folder}/nginx.pid;
      events { worker_connections 256; }
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'].map((use) => `${use}_temp_path ${folder}/${use};`).join(' ')}
        map $http_upgrade $connection_upgrade { default upgrade; '' close; }
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_read_timeout ${PROXY_TIMEOUT_S}s;
        proxy_send_timeout ${PROXY_TIMEOUT_S}s;
        ssl_certificate ${certificateFile};
        ssl_certificate_key ${keyFile};
        ${routes
          .map(
            ({ upstream, plain, secure }) => `
        server {
          listen 127.0.0.1:${plain};
          listen 127.0.0.1:${secure} ssl;
          location / { proxy_pass http://127.0.0.1:${upstream}; }
        }`,
          )
          .join('')}
      }`,
  },
  haproxy: {
    command: (file) => ['haproxy', '-db', '-f', file],
    configuration: (routes, { bothFile }) => `
      global
        maxconn 256
        nbthread 1
        log stdout format raw local0
      defaults
        mode http
        log global
        log-format "%HV %HP %ST"
        timeout connect 5s
        timeout client ${PROXY_TIMEOUT_S}s
        timeout server ${PROXY_TIMEOUT_S}s
        timeout tunnel ${PROXY_TIMEOUT_S}s
      ${routes
        .map(
          ({ upstream, plain, secure }) => `
      frontend ${plain}
        bind 127.0.0.1:${plain}
        bind 127.0.0.1:${secure} ssl crt ${bothFile} alpn h2,http/1.1
        default_backend ${upstream}
      backend ${upstream}
        server upstream 127.0.0.1:${upstream}
      `,
        )
        .join('')}`,
  },
} satisfies Record<string, Program>;

/** Names the programs that can be such a proxy. */
export type ProxyName = keyof typeof PROGRAMS;

/** Is a running reverse proxy in front of some servers; it offers each of them plain and over TLS. */
export class ReverseProxy {
  readonly #routes: readonly Route[];
  readonly #folder: string;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  readonly #log: Interface;
  #stderr = '';

  private constructor(name: ProxyName, routes: readonly Route[], certificate: Certificate) {
    this.#routes = routes;
    this.#folder = mkdtempSync(join(tmpdir(), `hawser-${name}-`));
    const file = join(this.#folder, 'configuration');
    const { configuration, command }: Program = PROGRAMS[name];
    writeFileSync(file, `${configuration(routes, certificate, this.#folder)}\n`);
    const [program, ...args] = command(file, this.#folder);
    this.#process = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#log = createInterface(this.#process.stdout);
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#ended = once(this.#process, 'close');
  }

  /**
   * Starts a proxy and waits until all of its ports answer.
   * @param upstreams - names of servers and their ports.
   */
  static async start(
    name: ProxyName,
    upstreams: ReadonlyMap<string, number>,
    certificate: Certificate,
  ): Promise<ReverseProxy> {
    // A port that was free may be taken by the time that the proxy binds it: then it starts again with others.
    for (let attempt = 1; ; attempt++) {
      const ports = await freePorts(2 * upstreams.size);
      const routes = [...upstreams].map(([route, upstream], index) => ({
        ...{ name: route, upstream },
        ...{ plain: ports[2 * index]!, secure: ports[2 * index + 1]! },
      }));
      const proxy = new ReverseProxy(name, routes, certificate);
      if (await proxy.#answers()) return proxy;
      await proxy.end();
      if (attempt === 3) throw new Error(`${name} does not start:\n${proxy.#stderr}`);
    }
  }

  /** Tells where the proxy offers a server. */
  url(name: string, scheme: 'ws' | 'wss' | 'http' | 'https' = 'ws'): string {
    const { plain, secure } = this.#routes.find((route) => route.name === name)!;
    return `${scheme}://127.0.0.1:${scheme.endsWith('s') && scheme !== 'ws' ? secure : plain}/`;
  }

  /** Waits for the next line of HAProxy's log that matches: HTTP version, target, status; it comes at the end. */
  async logged(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const take = (line: string): void => {
        if (!pattern.test(line)) return;
        this.#log.off('line', take);
        resolve(line);
      };
      this.#log.on('line', take);
    });
  }

  /** Ends the proxy and removes what it left. */
  async end(): Promise<void> {
    this.#process.kill();
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Waits until all ports are open; `false` when the process ends before. */
  async #answers(): Promise<boolean> {
    for (const { plain, secure } of this.#routes) {
      for (const port of [plain, secure]) {
        while (!(await isOpen(port))) {
          if (this.#process.exitCode !== null || this.#process.signalCode !== null) return false;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    }
    // Somebody else's server may answer where ours could not bind.
    return this.#process.exitCode === null;
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Finds ports that are free now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
