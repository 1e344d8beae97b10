import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig(
  { ignores: ['**/node_modules/', 'dist*/', 'typings/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      // Control characters are what field grammars are about.
      'no-control-regex': 'off',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      'object-shorthand': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A handler returns nothing or a promise of nothing: `void | Promise<void>`.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // `[...text]` gives code points, which is what UTF-8 counts in.
      '@typescript-eslint/no-misused-spread': 'off',
      // An octet read inside known bounds is `number | undefined` to noUncheckedIndexedAccess; a check costs time there.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A listener that is called may change what was checked before the call; the types do not show that.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // Node hands out sockets and emitters as less than they are.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Typed listeners are declared on an interface of the same name as the class.
      '@typescript-eslint/no-unsafe-declaration-merging': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['spec/**/*.ts'],
    rules: {
      // chai asserts by property: expect(x).to.be.true
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'CallExpression[callee.object.name=/^(describe|context|it)$/][callee.property.name=/^(only|skip)$/][arguments.length>0], CallExpression[callee.name=/^x(describe|context|it)$/]',
          message: 'Every spec runs; a spec whose peer is missing calls this.skip() itself.',
        },
      ],
    },
  },
  {
    // Judged by the compiler and never run: values stand there for their types, and wrong uses on purpose.
    files: ['spec/types/*.ts'],
    rules: {
      '@typescript-eslint/ban-ts-comment': 'off',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unused-vars': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { globals: globals.node },
  },
  {
    files: ['lib/**/*.js'],
    languageOptions: { globals: globals.browser },
  },
);
