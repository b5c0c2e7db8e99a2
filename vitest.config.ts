import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // A second copy of graphql (its ES modules beside its CommonJS) would not know the first one's types.
  resolve: { alias: { graphql: fileURLToPath(new URL('./node_modules/graphql/index.js', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts'],
    env: { NODE_ENV: 'test' },
    globalSetup: ['test/support/setup.ts'],
    // One embedded database and one service database for each worker, shared by its files: every test makes its own customers.
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    reporters: ['default', './test/support/count-reporter.ts'],
  },
});
