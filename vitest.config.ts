import { defineConfig } from 'vitest/config';

const integration = { testTimeout: 120_000, hookTimeout: 120_000, globalSetup: ['tests/support/global-setup.ts'] };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/test/**/*.unit.test.ts',
            'packages/*/src/**/*.test.ts',
            'apps/*/test/**/*.unit.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/*.integration.test.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['packages/*/test/**/*.integration.test.ts', 'tests/integration/**/*.test.ts'],
          fileParallelism: false,
          ...integration,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          fileParallelism: false,
          ...integration,
          testTimeout: 180_000,
        },
      },
    ],
    reporters: ['default', './tests/support/closing-line.ts'],
  },
});
