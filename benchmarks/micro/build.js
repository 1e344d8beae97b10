import { existsSync } from 'node:fs';

/** Loads a module of the build that is being measured; an older one may have no other place for them. */
export function load(path) {
  const modules = new URL('modules/', process.env.HAWSER_BUILD);
  return import(new URL(path, existsSync(modules) ? modules : process.env.HAWSER_BUILD).href);
}
