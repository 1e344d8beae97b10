import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HAWSER, type Library } from './library.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Takes one defence out of the sources. */
export interface Removal {
  /** Path below lib/. */
  readonly file: string;
  /** The code of the defence, which occurs once. */
  readonly code: string;
  /** What stands there without it. */
  readonly instead: string;
}

/** Tells whether the sources still have the code that a removal takes out, once. */
export async function fits({ file, code }: Removal): Promise<boolean> {
  return (await readFile(join(root, 'lib', file), 'utf8')).split(code).length === 2;
}

/** Gives hawser without a defence, from a copy of its sources, for as long as `use` runs. */
export async function withoutDefence<T>(removal: Removal, use: (library: Library) => Promise<T>): Promise<T> {
  if (HAWSER.name !== 'hawser' || !(await fits(removal))) {
    throw new Error(`lib/${removal.file} does not have this code once: ${removal.code}`);
  }
  const home = await mkdtemp(join(tmpdir(), 'hawser-undefended-'));
  try {
    const folder = join(home, 'lib');
    await cp(HAWSER.folder, folder, { recursive: true });
    await symlink(join(root, 'node_modules'), join(home, 'node_modules'));
    await writeFile(join(home, 'package.json'), '{ "type": "module" }');
    const file = join(folder, removal.file);
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace(removal.code, () => removal.instead),
    );
    return await use({ name: 'hawser', folder });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
