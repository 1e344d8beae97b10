import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The project this package lies in. */
export const root = fileURLToPath(new URL('..', import.meta.url));
/** Below the packages of the project, so that what hawser depends on is found from there. */
const cache = fileURLToPath(new URL(`node_modules/.builds-${process.pid}`, import.meta.url));

const git = (...args) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim();

/** Names the commit of a checkout, and tells if it was changed since. */
export function commitOf(folder) {
  try {
    const at = (...args) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();
    const isChanged = at('status', '--porcelain', '--', 'lib') !== '';
    return `${at('rev-parse', '--short', 'HEAD')}${isChanged ? ', changed' : ''}`;
  } catch {
    return 'unknown';
  }
}

/** Copies a build, so that nobody else's build changes what is being measured. */
function keep(name, dist) {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  // Another build may be taking its place just now.
  for (let tries = 0; !existsSync(join(dist, 'index.js')) && tries < 50; tries++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  if (!existsSync(join(dist, 'index.js'))) throw new Error(`there is no build in ${dist}: npm run build`);
  cpSync(dist, join(folder, 'dist'), { recursive: true });
  return pathToFileURL(join(folder, 'dist', 'index.js')).href;
}

/** Builds what git knows by a name. */
function build(reference) {
  const commit = git('rev-parse', '--verify', `${reference}^{commit}`);
  const folder = join(cache, 'checkout');
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['-C', root, 'archive', commit], { maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  const { status } = spawnSync(process.execPath, [join(folder, '.ci', 'build.js')], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${reference} cannot be built`);
  return { folder, commit: commit.slice(0, 7) };
}

/** Takes the build of this checkout. @returns the URL of its module, and its commit. */
export function ownBuild() {
  return { module: keep('own', join(root, 'dist')), commit: commitOf(root) };
}

/** Takes the build in a folder, or makes that of something git can name. */
export function baseBuild(what) {
  if (existsSync(join(what, 'lib')))
    return { module: keep('base', join(what, 'dist')), commit: commitOf(what) };
  const { folder, commit } = build(what);
  return { module: keep('base', join(folder, 'dist')), commit };
}

/** Removes all copies. */
export function forgetBuilds() {
  rmSync(cache, { recursive: true, force: true });
}
