/*
 * Lets Node run the specs from their TypeScript as it is: imports name the compiled `.js`, and what is there is the
 * `.ts`, whose types Node erases itself.
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

registerHooks({
  resolve(specifier, context, nextResolve) {
    // A query makes another instance of a module.
    if (/^(?:\.|file:).*\.js(?:\?.*)?$/.test(specifier)) {
      const source = new URL(specifier.replace(/\.js(?=$|\?)/, '.ts'), context.parentURL);
      if (existsSync(fileURLToPath(source))) return nextResolve(source.href, context);
    }
    return nextResolve(specifier, context);
  },
});
