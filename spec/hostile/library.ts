import { fileURLToPath } from 'node:url';

/** Is what stands in for the victim: hawser from some folder of sources, or the reference library of the ecosystem. */
export type Library =
  | { readonly name: 'hawser'; /** Absolute path of the folder with `index.ts`. */ readonly folder: string }
  | { readonly name: 'ws' };

/** Is hawser as it is in this checkout. */
export const HAWSER: Library = {
  name: 'hawser',
  folder: fileURLToPath(new URL('../../lib', import.meta.url)),
};

export const WS: Library = { name: 'ws' };
