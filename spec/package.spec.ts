import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly sideEffects: boolean;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** What `npm pack --json` tells of the tarball it made; newer versions give it by name, older ones in a list. */
interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Everything that the package exports at run time. */
const EXPORTS = ['Connection', 'KeepaliveController', 'ServerRegistry', 'WebSocketClient', 'WebSocketServer'];

describe('the package as it ships', function () {
  this.timeout(60_000);

  let consumer: string;
  let installed: string;
  let files: readonly string[];
  let manifest: Manifest;

  /** Runs a program in the consumer's folder; returns what it printed, or fails with everything it said. */
  function run(command: string, ...options: string[]): string {
    const { status, stdout, stderr } = spawnSync(command, options, { cwd: consumer, encoding: 'utf8' });
    expect(status, `${stdout}\n${stderr}`).to.equal(0);
    expect(stderr).to.equal('');
    return stdout;
  }

  /** Runs a script of the consumer with this Node.js. */
  function runScript(name: string, text: string): unknown {
    writeFileSync(join(consumer, name), text);
    return JSON.parse(run(process.execPath, name));
  }

  before('packs, and installs as npm would', () => {
    expect(existsSync(join(root, 'dist/index.js')), 'dist/ is built (npm run build)').to.equal(true);
    consumer = realpathSync(mkdtempSync(join(tmpdir(), 'hawser-consumer-')));
    const answer = JSON.parse(
      execFileSync(
        'npm',
        ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', consumer],
        {
          cwd: root,
          encoding: 'utf8',
        },
      ),
    ) as Record<string, Packed>;
    const packed = Object.values(answer)[0]!;
    files = packed.files.map((file) => file.path);
    installed = join(consumer, 'node_modules', 'hawser');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', join(consumer, packed.filename), '-C', installed, '--strip-components=1']);
    manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest;
    for (const name of Object.keys(manifest.dependencies)) {
      symlinkSync(join(root, 'node_modules', name), join(consumer, 'node_modules', name));
    }
  });

  after(() => {
    rmSync(consumer, { recursive: true, force: true });
  });

  it('says what it is and what it needs', () => {
    expect(manifest).to.deep.include({
      name: 'hawser',
      type: 'module',
      license: 'MIT',
      sideEffects: false,
      engines: { node: '^20.19.0 || >=22.12.0' },
    });
    expect(Object.keys(manifest.exports['.'] as object)).to.deep.equal(['types', 'default']);
  });

  it('depends on eventemitter3 alone, and runs nothing when it is installed', () => {
    expect(Object.keys(manifest.dependencies)).to.deep.equal(['eventemitter3']);
    expect(manifest).to.not.have.any.keys('peerDependencies', 'optionalDependencies', 'bundleDependencies');
    expect(manifest.scripts).to.not.have.any.keys('preinstall', 'install', 'postinstall', 'prepare');
  });

  it('is built before it is packed', () => {
    expect(manifest.scripts['prepack']).to.equal('npm run build');
  });

  it('holds the build, the declarations and the papers, and nothing else', () => {
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
    expect(files.filter((file) => !/^(?:dist|typings)\//.test(file)).sort()).to.deep.equal(papers);
    expect(files.filter((file) => file.startsWith('typings/') && !file.endsWith('.d.ts'))).to.deep.equal([]);
    expect(files).to.include('typings/index.d.ts');
    // The library is one module, and its command another: each costs whoever loads it.
    const built = files.filter((file) => /^dist\/(?!cli\/page\/)/.test(file)).sort();
    const modules = ['dist/cli/main.js', 'dist/index.js'];
    expect(built).to.deep.equal(modules.flatMap((file) => [file, `${file}.map`]));
  });

  it('leads nowhere outside of itself: no path of the machine that built it, no map without its source', () => {
    const wrong = files.filter((file) => {
      const text = readFileSync(join(installed, file), 'utf8');
      if (text.includes(resolve(root))) return true;
      if (file.startsWith('typings/')) return text.includes('sourceMappingURL');
      if (!file.endsWith('.map')) return false;
      const map = JSON.parse(text) as { sources: string[]; sourcesContent?: string[] };
      return map.sourcesContent?.length !== map.sources.length;
    });
    expect(wrong).to.deep.equal([]);
  });

  it('loads by import', () => {
    const names = runScript(
      'import.mjs',
      `import * as it from 'hawser'; console.log(JSON.stringify(Object.keys(it)));`,
    );
    expect(names).to.include.members(EXPORTS);
    expect(names).to.not.include('default');
  });

  it('loads by require, as the same classes', () => {
    const same = runScript(
      'require.cjs',
      `const it = require('hawser');
       import('hawser').then((other) => {
         console.log(JSON.stringify(Object.keys(other).filter((name) => it[name] !== other[name])));
       });`,
    );
    expect(same).to.deep.equal([]);
  });

  it('lets nothing else be imported but package.json', () => {
    const codes = runScript(
      'deep.mjs',
      `const outcomes = ['hawser/package.json', 'hawser/dist/index.js', 'hawser/typings/index.d.ts'].map((name) => {
         try { return import.meta.resolve(name).slice(0, 5); } catch (error) { return error.code; }
       });
       console.log(JSON.stringify(outcomes));`,
    );
    expect(codes).to.deep.equal(['file:', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED']);
  });

  it('does nothing by being loaded: no global, no listener, no handle', () => {
    const traces = runScript(
      'idle.mjs',
      `const names = () => [
         ...Object.getOwnPropertyNames(globalThis),
         ...process.eventNames().map(String),
         ...process.getActiveResourcesInfo().filter((name) => !name.includes('Req')),
       ];
       names(); // some globals are made when first looked at,
       await import('node:http'); // and a module of Node's opens something of its own
       const before = new Set(names());
       await import('hawser');
       console.log(JSON.stringify(names().filter((name) => !before.has(name))));`,
    );
    expect(traces).to.deep.equal([]);
  });

  it('brings its command', () => {
    const main = join('node_modules', 'hawser', manifest.bin['hawser']!);
    expect(readFileSync(join(consumer, main), 'utf8')).to.match(/^#!\/usr\/bin\/env node\n/);
    expect(run(process.execPath, main, '--version')).to.include(manifest.version);
    expect(run(process.execPath, main, '--help')).to.match(/open[^]*serve/);
  });

  describe('to the compiler', () => {
    const program = `
      import { Connection, ServerRegistry, WebSocketClient, type WebSocketServer } from 'hawser';
      export async function main(): Promise<void> {
        const registry = await ServerRegistry.listen({ port: 0 });
        registry.on('connection', (connection: WebSocketServer) => {
          connection.on('text', (text: string) => connection.send('text', text));
        });
        const client: Connection = await WebSocketClient.open('ws://127.0.0.1/', { timeout: 1000 });
        client.on('close', (code: number, reason: string) => console.log(code, reason));
        // @ts-expect-error a message has a type
        client.send(1n);
      }
    `;

    before(() => {
      writeFileSync(join(consumer, 'esm.mts'), program);
      writeFileSync(join(consumer, 'common.cts'), program);
    });

    const nodeTypes = { 'the newest types of Node': '@types/node', 'the types of Node 20': 'types-node-20' };
    for (const [title, name] of Object.entries(nodeTypes)) {
      for (const module of ['nodenext', 'preserve']) {
        it(`is typed for strict consumers: ${module}, ${title}`, () => {
          const types = join(consumer, 'node_modules', '@types');
          rmSync(types, { recursive: true, force: true });
          mkdirSync(types);
          symlinkSync(join(root, 'node_modules', name), join(types, 'node'));
          const options = {
            compilerOptions: {
              strict: true,
              exactOptionalPropertyTypes: true,
              noUncheckedIndexedAccess: true,
              skipLibCheck: false,
              noEmit: true,
              target: 'es2022',
              module,
              types: ['node'],
            },
            files: ['esm.mts', 'common.cts'],
          };
          writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(options));
          run(process.execPath, compiler(), '-p', 'tsconfig.json');
        });
      }
    }
  });

  it('is declared for what index.ts exports, and for nothing that it does not reach', () => {
    expect(readdirSync(join(installed, 'typings'))).to.include('index.d.ts');
    expect(existsSync(join(installed, 'typings', 'cli'))).to.equal(false);
  });
});

/** Finds the compiler's program. */
function compiler(): string {
  const manifest = join(root, 'node_modules', 'typescript', 'package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { tsc: string } };
  return join(dirname(manifest), bin.tsc);
}
