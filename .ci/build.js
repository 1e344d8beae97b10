/*
 * Builds what ships: lib/ -> dist/ (JavaScript, source maps, the assets of the demo page) and typings/ (the
 * declarations that lib/index.ts reaches: the public API and nothing else). The library ships as one module and its
 * command as another; dist/modules/ has them all, for the micro-benchmarks, and is not packed.
 *
 *   node .ci/build.js           writes dist/ and typings/ afresh
 *   node .ci/build.js --check   writes neither; fails when typings/ is not what lib/ declares
 */
import { rollup } from '@rollup/wasm-node';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const typings = join(root, 'typings');

/** Runs the compiler on lib/ with further options; ends the process as it ended when that was in error. */
function compile(...options) {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.tsc);
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'lib'), ...options], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Lists the files under a folder, relative to it, sorted. */
function listFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Gives the bundler a compiled module with its map, so that the bundle's leads to the sources. */
const withMaps = {
  name: 'with maps',
  load: (file) => ({ code: readFileSync(file, 'utf8'), map: readFileSync(`${file}.map`, 'utf8') }),
};

/**
 * Joins a module and all that it imports, but for packages and one other module. V8 keeps so much for each module that
 * without this all of them double what a full garbage collection takes, and triple what it takes to load them.
 */
async function bundle(input, file, other) {
  const bundled = await rollup({
    input,
    external: (id) => id === other || /^(?:node:|eventemitter3$)/.test(id),
    plugins: [withMaps],
    treeshake: false,
    onLog(level, { message }) {
      throw new Error(`${level}: ${message}`);
    },
  });
  const paths = (id) => (id === other ? '../index.js' : id);
  await bundled.write({ file, format: 'es', sourcemap: true, paths });
  await bundled.close();
}

/** Removes the declarations that index.d.ts does not reach. */
function keepReachable(folder) {
  const reached = new Set();
  const waiting = ['index.d.ts'];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?['"](\.[^'"]*)\.js['"]/g)) {
      waiting.push(join(dirname(file), `${specifier}.d.ts`));
    }
  }
  for (const file of listFiles(folder)) if (!reached.has(file)) rmSync(join(folder, file));
  const folders = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  // The innermost first.
  for (const inner of folders.sort().reverse()) if (readdirSync(inner).length === 0) rmdirSync(inner);
}

/** Puts a fresh folder in the place of an old one. */
function replace(folder, fresh) {
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

/** Tells the files that differ between two folders. */
function differences(left, right) {
  const names = new Set([...listFiles(left), ...listFiles(right)]);
  const read = (folder, name) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : null;
  return [...names].filter((name) => read(left, name) !== read(right, name)).sort();
}

if (process.argv.includes('--check')) {
  const fresh = mkdtempSync(join(tmpdir(), 'hawser-typings-'));
  process.on('exit', () => rmSync(fresh, { recursive: true }));
  compile('--emitDeclarationOnly', '--declarationDir', fresh);
  keepReachable(fresh);
  const drifted = differences(fresh, typings);
  if (drifted.length > 0) {
    console.error(
      `typings/ is not what lib/ declares; run \`npm run build\` and commit:\n  ${drifted.join('\n  ')}`,
    );
    process.exitCode = 1;
  }
} else {
  // Built beside and then swapped in: a build that fails leaves the last good one. Beside, because source maps hold
  // relative paths.
  const freshDist = join(root, `dist-${process.pid}`);
  const freshTypings = join(root, `dist-typings-${process.pid}`);
  process.on('exit', () =>
    [freshDist, freshTypings].forEach((folder) => rmSync(folder, { recursive: true, force: true })),
  );
  compile('--emitDeclarationOnly', '--declarationDir', freshTypings);
  const modules = join(freshDist, 'modules');
  const noDeclarations = ['--declaration', 'false', '--declarationDir', 'null', '--stripInternal', 'false'];
  compile('--outDir', modules, '--removeComments', ...noDeclarations);
  const library = join(modules, 'index.js');
  await bundle(library, join(freshDist, 'index.js'));
  await bundle(join(modules, 'cli', 'main.js'), join(freshDist, 'cli', 'main.js'), library);
  cpSync(join(root, 'lib', 'cli', 'page'), join(freshDist, 'cli', 'page'), { recursive: true });
  keepReachable(freshTypings);
  replace(join(root, 'dist'), freshDist);
  replace(typings, freshTypings);
}
