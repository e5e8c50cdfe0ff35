import { defineConfig } from 'vitest/config';

/**
 * Unit tests sit beside their source; the two others need real stores, which `npm test` starts. Test files share the
 * modules of their worker: most of the time of a file that imports Nest was that import, once for each.
 */
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    isolate: false,
    // Vitest's own choice leaves one core of two idle.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            '{apps,libs,tools}/**/*.spec.ts',
            'test/{tidy,deploy,definitions,simulation}/**/*.spec.ts',
          ],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          // What must not compile: each expectation is a test, judged by the compiler and never run.
          typecheck: {
            enabled: true,
            only: true,
            include: ['test/**/*.test-d.ts'],
            checker: 'node_modules/typescript7/bin/tsc',
            tsconfig: 'tsconfig.json',
            ignoreSourceErrors: true,
          },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          globalSetup: ['test/kit/global-setup.ts'],
          include: ['test/integration/**/*.spec.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          globalSetup: ['test/kit/global-setup.ts'],
          include: ['test/e2e/**/*.spec.ts'],
          fileParallelism: false,
          // Alone on the machine, after all others.
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
