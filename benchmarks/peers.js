import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const ALL_SCENES = ['echo', 'pipe', 'await', 'broadcast'];

/** Takes `ws` as it comes: without bufferutil, which it would find beside itself. */
const PLAIN_WS = { WS_NO_BUFFER_UTIL: '1' };

/**
 * A peer: another library or runtime, or none at all.
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} title
 * @property {string | undefined} server module of its server, if it has one
 * @property {string | undefined} client module of its client
 * @property {string[]} scenes what its server can do
 * @property {string} [scene] what it does, whatever the workload says
 * @property {string[]} [groups] those it takes part in; default: all
 * @property {boolean} [isRaw] whether it echoes octets as they came, and knows nothing of frames
 * @property {boolean} deflates whether it can be told to compress
 * @property {() => string} version throws, with the reason, where the peer is not installed
 * @property {() => string[]} command runtime with its options
 * @property {Record<string, string>} env
 */

function peer(name, { title = name, server, client, scenes = ALL_SCENES, deflates = false, ...rest }) {
  const defaults = {
    version: () => packageVersion(name),
    command: () => [process.execPath, '--expose-gc'],
    env: {},
  };
  return { name, title, server, client, scenes, deflates, ...defaults, ...rest };
}

function packageVersion(name) {
  const manifest = fileURLToPath(new URL(`node_modules/${name}/package.json`, import.meta.url));
  if (!existsSync(manifest)) throw new Error(`the package ${name} is not installed`);
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

const hawserVersion = () =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

/** Takes the prebuilt addon; without one for this platform it would be the same as plain `ws`. */
function bufferutilVersion() {
  const version = `${packageVersion('ws')}, bufferutil ${packageVersion('bufferutil')}`;
  const folder = fileURLToPath(new URL('node_modules/bufferutil', import.meta.url));
  try {
    require('node-gyp-build').path(folder);
  } catch {
    throw new Error('bufferutil has no prebuilt addon for this platform');
  }
  return version;
}

/** Finds a runtime that ships as a binary inside packages for each platform. */
function runtime(name, packages, file) {
  for (const candidate of packages) {
    const path = fileURLToPath(new URL(`node_modules/${candidate}/${file}`, import.meta.url));
    if (existsSync(path) && spawnSync(path, ['--version']).status === 0) return path;
  }
  throw new Error(`there is no ${name} for this platform among the installed packages`);
}

/** Whether the CPU has AVX2, which the first choice of Bun's binaries needs. */
function hasAvx2() {
  return !existsSync('/proc/cpuinfo') || /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
}

function bun() {
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const plain = `@oven/bun-${process.platform}-${arch}`;
  return runtime('Bun', hasAvx2() ? [plain, `${plain}-baseline`] : [`${plain}-baseline`], 'bin/bun');
}

function deno() {
  const libc = process.platform === 'linux' ? '-glibc' : '';
  return runtime('Deno', [`@deno/${process.platform}-${process.arch}${libc}`], 'deno');
}

const firstLine = (command) => spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0];

/** @type {readonly Peer[]} */
export const PEERS = [
  peer('hawser', {
    server: 'servers/hawser.js',
    client: 'clients/hawser.js',
    deflates: true,
    version: hawserVersion,
  }),
  peer('hawser-events', {
    title: 'hawser by events',
    server: 'servers/hawser.js',
    groups: ['stream'],
    scene: 'echo',
    version: hawserVersion,
  }),
  peer('ws', { server: 'servers/ws.js', client: 'clients/ws.js', deflates: true, env: PLAIN_WS }),
  peer('ws-takeover', {
    title: 'ws as it comes, with context takeover',
    server: 'servers/ws.js',
    groups: ['deflate'],
    deflates: true,
    deflate: 'default',
    version: () => packageVersion('ws'),
    env: PLAIN_WS,
  }),
  peer('ws-bufferutil', {
    title: 'ws with bufferutil',
    server: 'servers/ws.js',
    client: 'clients/ws.js',
    deflates: true,
    version: bufferutilVersion,
  }),
  peer('websocket', {
    server: 'servers/websocket.js',
    client: 'clients/websocket.js',
    scenes: ['echo', 'broadcast'],
  }),
  peer('faye-websocket', {
    server: 'servers/faye-websocket.js',
    client: 'clients/faye-websocket.js',
    scenes: ['echo', 'pipe', 'broadcast'],
  }),
  peer('undici', { client: 'clients/undici.js' }),
  peer('bun', {
    title: 'Bun',
    server: 'servers/bun.js',
    client: 'clients/browser.js',
    scenes: ['echo', 'broadcast'],
    deflates: true,
    version: () => firstLine(bun()),
    command: () => [bun()],
  }),
  peer('deno', {
    title: 'Deno',
    server: 'servers/deno.js',
    client: 'clients/browser.js',
    scenes: ['echo', 'broadcast'],
    version: () => firstLine(deno()).split(' ')[1],
    command: () => [
      deno(),
      'run',
      '--allow-all',
      '--no-lock',
      '--node-modules-dir=manual',
      '--v8-flags=--expose-gc',
    ],
  }),
  peer('net', {
    title: 'raw sockets',
    server: 'servers/net.js',
    client: 'clients/net.js',
    version: () => process.version,
    isRaw: true,
  }),
];
