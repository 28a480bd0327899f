import { defineConfig } from 'vitest/config';

/** Tests read the client's sources, as the pages do. */
const ssr = { resolve: { conditions: ['@granary/source', 'node'] } };

const integration = {
  // Each file begins processes of its own; what it imports is loaded once.
  isolate: false,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  globalSetup: ['tests/support/global-setup.ts'],
  // As long as it takes on a machine that is busy with something else.
  expect: { poll: { timeout: 60_000 } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ssr,
        test: {
          name: 'unit',
          // A rule takes milliseconds; the machine may be busy with something else all the same.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/{src,app,server}/**/*.test.ts',
            'packages/*/test/**/*.unit.test.ts',
            'tests/house/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/*.integration.test.ts'],
          // They share nothing that one could change for another.
          isolate: false,
          sequence: { groupOrder: 0 },
          maxWorkers: 2,
        },
      },
      {
        ssr,
        test: {
          name: 'integration',
          include: ['packages/*/{src,test}/**/*.integration.test.ts', 'tests/integration/**/*.test.ts'],
          // They wait more than they compute.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          ...integration,
        },
      },
      {
        ssr,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          ...integration,
          testTimeout: 180_000,
        },
      },
    ],
    reporters: ['default', './tests/support/closing-line.ts'],
  },
});
