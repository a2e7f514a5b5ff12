import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Time, chance and the environment are arguments: only these files may read them. */
const ambient = [
  'pipeline/main.ts',
  'pipeline/bin.ts',
  'pipeline/runtime/clock.ts',
  'test/**',
  '*.config.ts',
];

export default defineConfig(
  { ignores: ['node_modules', 'coverage', 'schemas', '.dependency-cruiser.mjs'] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Typed-array reads inside bounds that the loop has checked: `!` is the cheapest honest spelling.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // Components are objects of closures; taking their functions out of the deps object is the idiom here.
      '@typescript-eslint/unbound-method': 'off',
      // An async method without await keeps a port's contract: it rejects instead of throwing.
      '@typescript-eslint/require-await': 'off',
      'no-console': 'error',
    },
  },
  {
    // Runs in a browser, and is no part of the program.
    files: ['pipeline/**/page.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: Object.fromEntries(
        ['document', 'uPlot', 'getComputedStyle', 'addEventListener'].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ambient,
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time is an argument: take a Clock.' },
        { object: 'Math', property: 'random', message: 'Chance is an argument: take a seed or a function.' },
        { object: 'process', property: 'env', message: 'The environment is read in main.ts alone.' },
        { object: 'process', property: 'exit', message: 'main.ts alone sets the exit code.' },
      ],
    },
  },
);
