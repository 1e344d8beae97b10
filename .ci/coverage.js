/*
 * Measures what the specs cover, and fails below the thresholds: everything in lib/protocol and lib/handshake, and
 * 95 % overall. Whether the specs pass is for `npm test` to judge: one that fails here is tried again and told.
 *
 *   node .ci/coverage.js [options of mocha]
 *
 * The loader that runs the specs from their TypeScript injects code of its own, which spoils the count of branches. So
 * the specs run here as the compiler alone leaves them: in a copy of the project, with the JavaScript beside its source.
 * In the copy dist/ is lib/, so that what is run as a program of its own is counted as well.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = join(root, 'coverage', 'project');
const require = createRequire(import.meta.url);

/** Runs a program of a development dependency in the copy; returns whether it succeeded. */
function run(name, program, ...options) {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin } = require(manifest);
  const file = join(dirname(manifest), typeof bin === 'string' ? bin : bin[program]);
  return spawnSync(process.execPath, [file, ...options], { cwd: copy, stdio: 'inherit' }).status === 0;
}

/** Copies the project and compiles library and specs in place. */
function prepareCopy() {
  rmSync(join(root, 'coverage'), { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const name of readdirSync(root)) {
    if (/^(?:\.git|node_modules|coverage|dist.*)$/.test(name)) continue;
    const filter = (path) => !path.includes('node_modules');
    cpSync(join(root, name), join(copy, name), { recursive: true, filter });
  }
  linkPackages();
  symlinkSync('lib', join(copy, 'dist'));
  const compilerOptions = { noEmit: false, noEmitOnError: true, sourceMap: true, inlineSources: true };
  const project = { extends: './tsconfig.json', compilerOptions, include: ['lib', 'spec'] };
  writeFileSync(join(copy, 'tsconfig.coverage.json'), JSON.stringify(project));
  return run('typescript', 'tsc', '-p', 'tsconfig.coverage.json');
}

/** Gives the copy the project's packages, but for the TypeScript loader: what it would load is compiled already. */
function linkPackages() {
  const packages = join(copy, 'node_modules');
  mkdirSync(join(packages, 'tsx'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== 'tsx') symlinkSync(join(root, 'node_modules', name), join(packages, name));
  }
  cpSync(join(root, '.ci', 'compiled.js'), join(packages, 'tsx', 'index.js'));
  writeFileSync(
    join(packages, 'tsx', 'package.json'),
    JSON.stringify({ type: 'module', exports: './index.js' }),
  );
}

/** Lists the options that tell c8 what to look at: the compiled modules of lib/ that have code. */
function scope(...include) {
  const modules = readdirSync(join(copy, 'lib'), { recursive: true }).filter((name) => name.endsWith('.js'));
  const exclude = modules
    // What declares types only is never loaded, and would count as never covered.
    .filter((name) => {
      const code = readFileSync(join(copy, 'lib', name), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
      return code.trim() === 'export {};';
    })
    .map((name) => `lib/${name}`);
  return [
    ...['--all', '--src', 'lib', '--temp-directory', '../raw'],
    ...include.flatMap((pattern) => ['--include', pattern]),
    ...['lib/cli/page/**', ...exclude].flatMap((pattern) => ['--exclude', pattern]),
  ];
}

/** Runs the specs under c8; what is never loaded counts as well. */
function measure(mochaOptions) {
  const mocha = join(dirname(require.resolve('mocha/package.json')), 'bin', 'mocha.js');
  return run(
    'c8',
    'c8',
    ...scope('lib/**/*.js'),
    ...['--reports-dir', '..', '--reporter', 'text', '--skip-full', '--reporter', 'lcov'],
    ...[
      process.execPath,
      mocha,
      '--no-config',
      '--require',
      'spec/hooks.js',
      '--timeout',
      '20000',
      '--retries',
      '1',
      '--forbid-only',
    ],
    // These judge the package that ships and the examples, which the copy has not, and the sources.
    ...['--ignore', 'spec/package.spec.js', '--ignore', 'spec/structure.spec.js'],
    ...['--ignore', 'spec/docs/**'],
    // These go through all there is to go through; what they cover is covered without them, in a tenth of the time.
    ...['--ignore', 'spec/conformance/**', '--ignore', 'spec/differential/**'],
    ...['--ignore', 'spec/large-message.spec.js', '--ignore', 'spec/hostile/**'],
    ...['--ignore', 'spec/faults/**', '--ignore', 'spec/fuzz/**', '--ignore', 'spec/soak/**'],
    ...[...mochaOptions, 'spec/**/*.spec.js'],
  );
}

/** Tells whether lines and branches reach a threshold in per cent, judged from the raw data of the run. */
function check(what, threshold) {
  // c8 takes nothing at all for fully covered.
  const passed =
    existsSync(join(copy, what)) &&
    run(
      'c8',
      'c8',
      'check-coverage',
      ...scope(`${what}/**/*.js`),
      '--lines',
      threshold,
      '--branches',
      threshold,
    );
  console.log(`coverage of ${what}: ${passed ? 'ok' : 'too low'}`);
  return passed;
}

const isPrepared = prepareCopy();
if (isPrepared && !measure(process.argv.slice(2))) {
  console.log('a spec failed while coverage was measured: see above');
}
const passed =
  isPrepared && [check('lib/protocol', 100), check('lib/handshake', 100), check('lib', 95)].every(Boolean);
process.exitCode = passed ? 0 : 1;
