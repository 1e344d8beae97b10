/*
 * Tests the specs: changes the library in small ways, one at a time, and counts the changes that no spec notices.
 *
 *   node .ci/mutation/run.js [protocol|handshake|compression|connection|server …] [options of Stryker]
 *   node .ci/mutation/run.js protocol --mutate lib/protocol/utf8.ts
 *   node .ci/mutation/run.js connection --quick --incremental && node .ci/mutation/run.js connection --incremental
 *
 * `--quick` leaves the slow specs of a folder out; `--specs=receiver,delivery` all but those that have such a word in
 * their name. A mutant that survives so may be noticed by one of the others. With `--incremental` Stryker keeps what it finds in
 * coverage/mutation/ and tries only those mutants again whose code or specs have changed since, so that the other specs
 * are left with what these have not noticed.
 *
 * Without a folder: protocol and handshake. Fails below the folder's threshold, and names the survivors that
 * docs/mutation.md does not argue. The reports go to coverage/mutation/.
 *
 * Stryker needs a newer Node than the project, so it runs on one that is a package like any other, installed beside it.
 * That Node erases the types itself; no loader transforms what Stryker has instrumented.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { countUntried, listUnargued } from './survivors.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = join(here, 'node_modules');
const reports = join(root, 'coverage', 'mutation');

/**
 * Says for each folder of lib/ what has to be reached, in per cent, and whether its specs open anything; and which of
 * them take long: those run last, and only while no other has noticed the change.
 */
const FOLDERS = {
  protocol: { threshold: 95, hooks: [] },
  handshake: { threshold: 95, hooks: [] },
  compression: { threshold: 90, hooks: ['./spec/hooks.ts'] },
  connection: {
    threshold: 90,
    hooks: ['./spec/hooks.ts'],
    slow: ['fragments', 'properties', 'inflating', 'deflating', 'fragments-end'].map(
      (name) => `connection-${name}.spec.ts`,
    ),
  },
  server: { threshold: 90, hooks: ['./spec/hooks.ts'] },
};

/**
 * Titles of the specs that are left out: those that go through everything there is, which instrumented take minutes for
 * each mutant, and one that compares the text of a module, which instrumented is another. So the score is a lower bound.
 */
const LEFT_OUT = 'all sequences|65,536 (?:pairs|codes)|is what its source says';

const words = process.argv.slice(2);
const isOurs = (word) => word in FOLDERS || word === '--quick' || word.startsWith('--specs=');
const folders = words.filter((word) => word in FOLDERS);
const options = words.filter((word) => !isOurs(word));
const isQuick = words.includes('--quick');
/** Words of which the name of a spec has to have one. */
const wanted = (words.find((word) => word.startsWith('--specs=')) ?? '--specs=').slice(8).split(',');

/** Installs what .ci/mutation/package-lock.json names, unless it is there. */
function install() {
  const lock = join(here, 'package-lock.json');
  const installed = join(packages, '.installed-lock.json');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(lock, 'utf8')) return;
  const { status } = spawnSync('npm', ['--prefix', here, 'ci', '--loglevel', 'error'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(installed, readFileSync(lock));
}

/** Finds the Node that came as a package; only the one for this machine is installed. */
function findNode() {
  const { platform, arch } = process;
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
  const folder = join(packages, `${prefix}-${platform === 'win32' ? 'win' : platform}-${arch}`, 'bin');
  const file = join(folder, platform === 'win32' ? 'node.exe' : 'node');
  // Elsewhere the running one may do.
  return existsSync(file) ? file : process.execPath;
}

/** Copies what the specs load, so that the project may change during a run, and gives the copy the packages. */
function prepareCopy(copy) {
  const linked = join(copy, 'node_modules');
  mkdirSync(linked, { recursive: true });
  for (const name of ['lib', 'spec', 'package.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    // Stryker's runner takes mocha from here and knows the files of version 11, not those of 12.
    const from = name === 'mocha' ? packages : join(root, 'node_modules');
    symlinkSync(join(from, name), join(linked, name), 'junction');
  }
}

/** Lists the specs of a folder that are asked for, the slow ones last. */
function listSpecs(folder) {
  const { slow = [] } = FOLDERS[folder];
  const all = readdirSync(join(root, 'spec', folder), { recursive: true }).filter((name) =>
    name.endsWith('.spec.ts'),
  );
  const quick = all.filter((name) => !slow.includes(name)).sort();
  return (isQuick ? quick : [...quick, ...slow])
    .filter((name) => wanted.some((word) => name.includes(word)))
    .map((name) => join('spec', folder, name));
}

/** Says how Stryker treats a folder of lib/. */
function configure(folder, scratch) {
  const { threshold, hooks } = FOLDERS[folder];
  return {
    mutate: [`lib/${folder}/**/*.ts`],
    testRunner: 'mocha',
    plugins: ['@stryker-mutator/mocha-runner'],
    mochaOptions: {
      spec: listSpecs(folder),
      grep: `^(?!.*(?:${LEFT_OUT}))`,
      require: hooks,
    },
    testRunnerNodeArgs: ['--import', pathToFileURL(join(here, 'sources.js')).href],
    coverageAnalysis: 'perTest',
    incrementalFile: join(reports, `${folder}.incremental.json`),
    // One at a time: the machine is shared, and the specs have deadlines.
    concurrency: 1,
    timeoutMS: 5000,
    timeoutFactor: 2,
    // The copy is a sandbox already.
    inPlace: true,
    tempDirName: join(scratch, 'backup'),
    disableTypeChecks: false,
    reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
    jsonReporter: { fileName: join(reports, `${folder}.json`) },
    htmlReporter: { fileName: join(reports, `${folder}.html`) },
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    thresholds: { high: threshold, low: threshold, break: threshold },
    allowConsoleColors: false,
  };
}

/** Runs Stryker on a folder of lib/; returns whether the threshold was reached. */
function mutate(folder, options) {
  const scratch = mkdtempSync(join(tmpdir(), 'hawser-mutation-'));
  const copy = join(scratch, 'project');
  const config = join(scratch, 'stryker.config.json');
  writeFileSync(config, JSON.stringify(configure(folder, scratch)));
  // A run that stops early leaves no report, and must not be judged by an older one.
  const report = join(reports, `${folder}.json`);
  rmSync(report, { force: true });
  const stryker = join(packages, '@stryker-mutator', 'core', 'bin', 'stryker.js');
  try {
    prepareCopy(copy);
    const { status } = spawnSync(findNode(), [stryker, 'run', config, ...options], {
      cwd: copy,
      stdio: 'inherit',
    });
    const untried = countUntried(report);
    if (untried > 0) console.log(`${untried} mutants were not tried: packages changed during the run`);
    const unargued = listUnargued(report, join(root, 'docs', 'mutation.md'));
    console.log(`survivors that docs/mutation.md does not argue: ${unargued.length}`);
    for (const mutant of unargued) console.log(mutant);
    return status === 0 && untried === 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

install();
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
const passed = (folders.length > 0 ? folders : ['protocol', 'handshake']).map((folder) =>
  mutate(folder, options),
);
process.exitCode = passed.every(Boolean) ? 0 : 1;
