#!/usr/bin/env node
/** `npx millrace …`: installs and builds what is missing, then runs the command line. */
process.argv.splice(2, 0, 'millrace');
await import('../bootstrap/run.mjs');
