import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { PerMessageDeflateOptions } from '../../lib/index.js';
import type { Certificate } from './certificate.js';
import { PeerProgram } from './peer-program.js';

/** Is something that is not ours, and which a spec needs. */
export interface Requirement {
  readonly name: string;
  /** As it says itself; undefined when it is not there. */
  readonly version: string | undefined;
  /** What has to be installed. */
  readonly packages: string;
}

/** Is another implementation, with a client and a server that take the same arguments as our adapter. */
export interface Peer extends Requirement {
  readonly client: readonly string[];
  readonly server: readonly string[];
  /** Whether it sends Close frames (RFC 6455 §5.5.1); tcllib does not. */
  readonly sendsClose: boolean;
  /** Whether it masks and unmasks by hand, which takes seconds for 16 MiB. */
  readonly isSlow: boolean;
}

/** Configures a client program. */
export interface ClientRun {
  readonly certificate?: Certificate | undefined;
  readonly protocols?: readonly string[];
  /** How it offers compression; left out: as it does by itself. */
  readonly deflate?: Deflate | undefined;
}

/** Is the option perMessageDeflate, of ours and of ws; our programs for others take it, too. */
export type Deflate = boolean | PerMessageDeflateOptions;

/** Asks a program for its version; undefined when it cannot tell. */
export function versionOf(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
  return pattern.exec(`${stdout ?? ''}\n${stderr ?? ''}`)?.[1];
}

function wsVersion(): string | undefined {
  try {
    return (createRequire(import.meta.url)('ws/package.json') as { version: string }).version;
  } catch {
    return undefined;
  }
}

function program(name: string): string {
  return fileURLToPath(new URL(`peers/${name}`, import.meta.url));
}

/** ws from npm. */
export const ws: Peer = {
  name: 'ws',
  version: wsVersion(),
  packages: 'ws from npm',
  client: [process.execPath, program('ws-client.js')],
  server: [process.execPath, program('ws-server.js')],
  sendsClose: true,
  isSlow: false,
};

/** Tcl's own websocket package, which hawser re-creates. */
export const tcl: Peer = {
  name: 'tcllib websocket',
  version: versionOf(
    'tclsh',
    [program('versions.tcl')],
    // Of no use without TLS for wss.
    /^websocket (\S+), tls \S+$/m,
  ),
  packages: 'tcl tcllib tcl-tls',
  client: ['tclsh', program('websocket-client.tcl')],
  server: ['tclsh', program('websocket-server.tcl')],
  sendsClose: false,
  isSlow: true,
};

// The distribution's Python has the distribution's packages; another one in the PATH has not.
const PYTHON = '/usr/bin/python3';

/** Python's websockets. */
export const python: Peer = {
  name: 'Python websockets',
  version: versionOf(PYTHON, ['-c', 'import websockets; print(websockets.__version__)'], /^(\d\S*)/),
  packages: 'python3-websockets',
  client: [PYTHON, program('websockets_client.py')],
  server: [PYTHON, program('websockets_server.py')],
  sendsClose: true,
  isSlow: false,
};

/** nginx, as a reverse proxy. */
export const nginx: Requirement = {
  name: 'nginx',
  version: versionOf('nginx', ['-v'], /nginx\/(\S+)/),
  packages: 'nginx-light',
};

/** HAProxy, as a reverse proxy. */
export const haproxy: Requirement = {
  name: 'HAProxy',
  version: versionOf('haproxy', ['-v'], /version (\S+)/),
  packages: 'haproxy',
};

/** Chromium, without a window. */
export const chromium: Requirement = {
  name: 'Chromium',
  version: versionOf('/usr/bin/chromium', ['--version'], /Chromium (\S+)/),
  packages: 'chromium',
};

/** The command openssl, for certificates. */
export const openssl: Requirement = {
  name: 'OpenSSL',
  version: versionOf('openssl', ['version'], /OpenSSL (\S+)/),
  packages: 'openssl',
};

/** Names something for the title of a spec, with its version. */
export function titleOf({ name, version }: Requirement): string {
  return `${name} ${version ?? '(not installed)'}`;
}

/** Skips the spec or suite when something is missing; where everything has to be there, it fails. */
export function need(context: Mocha.Context, ...requirements: readonly Requirement[]): void {
  for (const { name, version, packages } of requirements) {
    if (version !== undefined) continue;
    if (process.env['CI'] !== undefined) throw new Error(`${name} is missing; install ${packages}`);
    context.skip();
  }
}

/** Starts a peer's client. */
export function startClient(
  peer: Peer,
  url: string,
  steps: readonly string[],
  run: ClientRun = {},
): PeerProgram {
  return startCommand(peer.client, [...clientArguments(run), url, ...steps]);
}

/** Starts a peer's server; resolves once it listens. */
export async function startServer(
  peer: Peer,
  certificate?: Certificate,
  protocols: readonly string[] = [],
  deflate?: Deflate,
): Promise<{ readonly program: PeerProgram; readonly url: string; readonly port: number }> {
  const offers = protocols.flatMap((name) => ['--protocol', name]);
  const rest = [...serverArguments(certificate), ...offers, ...deflateArguments(deflate)];
  return listening(startCommand(peer.server, rest));
}

const ADAPTER = fileURLToPath(
  new URL(`adapter${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);
const RUN_ADAPTER = [process.execPath, ...(ADAPTER.endsWith('.ts') ? ['--import', 'tsx'] : []), ADAPTER];

/** Starts our adapter as a client. */
export function startAdapterClient(url: string, steps: readonly string[], run: ClientRun = {}): PeerProgram {
  return startCommand(RUN_ADAPTER, ['client', ...clientArguments(run), url, ...steps]);
}

/** Starts our adapter as a server. */
export async function startAdapterServer(
  certificate?: Certificate,
  deflate?: Deflate,
): Promise<{ readonly program: PeerProgram; readonly url: string; readonly port: number }> {
  const rest = [...serverArguments(certificate), ...deflateArguments(deflate)];
  return listening(startCommand(RUN_ADAPTER, ['serve', ...rest]));
}

async function listening(
  started: PeerProgram,
): Promise<{ readonly program: PeerProgram; readonly url: string; readonly port: number }> {
  const url = String((await started.event('listening'))['url']);
  return { program: started, url, port: Number(new URL(url).port) };
}

function startCommand([command, ...first]: readonly string[], rest: readonly string[]): PeerProgram {
  return new PeerProgram(command!, [...first, ...rest]);
}

function clientArguments({ certificate, protocols = [], deflate }: ClientRun): string[] {
  const ca = certificate === undefined ? [] : ['--ca', certificate.certificateFile];
  return [...ca, ...protocols.flatMap((name) => ['--protocol', name]), ...deflateArguments(deflate)];
}

function deflateArguments(deflate: Deflate | undefined): string[] {
  return deflate === undefined ? [] : ['--deflate', JSON.stringify(deflate)];
}

function serverArguments(certificate: Certificate | undefined): string[] {
  if (certificate === undefined) return [];
  return ['--tls-key', certificate.keyFile, '--tls-cert', certificate.certificateFile];
}
