import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The project this package lies in. */
const root = fileURLToPath(new URL('..', import.meta.url));
/** Below the packages of the project, so that what hawser depends on is found from there. */
const cache = fileURLToPath(new URL(`node_modules/.builds-${process.pid}`, import.meta.url));

const git = (folder, ...args) =>
  execFileSync('git', ['-C', folder, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

/** Names the commit of a checkout, and tells if the library was changed since. */
function commitOf(folder) {
  try {
    const isChanged = git(folder, 'status', '--porcelain', '--', 'lib') !== '';
    return `${git(folder, 'rev-parse', '--short', 'HEAD')}${isChanged ? ', changed' : ''}`;
  } catch {
    return 'unknown';
  }
}

/** Copies a build, so that nobody else's build changes what is being measured. @returns the URL of its module */
function keep(name, dist) {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  // Another build may be taking its place just now.
  for (let tries = 0; !existsSync(join(dist, 'index.js')) && tries < 30; tries++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  if (!existsSync(join(dist, 'index.js'))) throw new Error(`there is no build in ${dist}: npm run build`);
  cpSync(dist, join(folder, 'dist'), { recursive: true });
  return pathToFileURL(join(folder, 'dist', 'index.js')).href;
}

/** Builds what git knows by a name, beside the project. */
function build(reference) {
  let commit;
  try {
    commit = git(root, 'rev-parse', '--verify', `${reference}^{commit}`);
  } catch {
    throw new Error(`--base ${reference}: neither a folder with a checkout nor anything git knows`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'hawser-base-'));
  try {
    const archive = execFileSync('git', ['-C', root, 'archive', commit], { maxBuffer: 2 ** 28 });
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const { status } = spawnSync(process.execPath, [join(folder, '.ci', 'build.js')], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`--base ${reference}: it cannot be built`);
    return { module: keep('base', join(folder, 'dist')), commit: commit.slice(0, 7) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Takes the build of this checkout. @returns the URL of its module, and its commit */
export function ownBuild() {
  return { module: keep('own', join(root, 'dist')), commit: commitOf(root) };
}

/** Takes the build in a folder, or makes that of something git can name. @returns as {@link ownBuild} */
export function baseBuild(what) {
  if (!existsSync(join(what, 'lib', 'index.ts'))) return build(what);
  return { module: keep('base', join(what, 'dist')), commit: commitOf(what) };
}

/** Removes all copies. */
export function forgetBuilds() {
  rmSync(cache, { recursive: true, force: true });
}
