/** Loads a module of the build that is being measured. */
export function load(path) {
  return import(new URL(path, process.env.HAWSER_BUILD).href);
}
