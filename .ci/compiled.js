/*
 * Stands in for the TypeScript loader in the copy of the project that .ci/coverage.js makes: a source is there already
 * compiled, beside it. So what a spec starts as a program of its own (`node --import tsx lib/cli/main.ts`) is counted.
 */
import { existsSync } from 'node:fs';
import * as hooks from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

export function resolve(specifier, context, nextResolve) {
  return nextResolve(counterpart(specifier, context.parentURL) ?? specifier, context);
}

/** Finds the compiled counterpart of a source; undefined if there is none. */
function counterpart(specifier, parent) {
  if (!/^(?:\.|\/|file:).*\.ts$/.test(specifier)) return undefined;
  const url = new URL(specifier.replace(/\.ts$/, '.js'), parent ?? import.meta.url);
  return existsSync(fileURLToPath(url)) ? url.href : undefined;
}

// Without synchronous hooks Node loads this file once more, in the thread where it runs them.
if (hooks.registerHooks !== undefined) hooks.registerHooks({ resolve });
else if (isMainThread) hooks.register(import.meta.url);
