import { defineConfig } from 'vite';

/**
 * Builds the page to static files; tools/bootstrap/build.mjs says where to. Paths are relative, so that the
 * page also works behind a proxy that serves it below a prefix.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    emptyOutDir: true,
    // The Content-Security-Policy allows no data: URLs.
    assetsInlineLimit: 0,
    // Every browser of the target knows modulepreload.
    modulePreload: { polyfill: false },
  },
});
