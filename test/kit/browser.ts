import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { systemProgram, type SystemProgram } from '../../tools/local-services/system-program.js';

const CHROMIUM: SystemProgram = {
  title: 'Chromium',
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  debianPackage: 'chromium',
  byHand: [
    'No Chromium or Chrome was found, and it cannot be installed here without asking you. Type',
    '    sudo apt-get install chromium            (Debian, Ubuntu)',
    'or name one:',
    '    CHROME_PATH=/path/to/chrome npm test',
  ].join('\n'),
};

/** Not on the PATH, but where its installer puts it. */
const CHROME_OF_MACOS = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/**
 * Chromium talks to nobody but the page: without these, it looks up its maker's hosts in the background.
 * It runs as root on build machines, where its sandbox refuses to.
 */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real browser without a window, with a profile of its own. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await chromiumBinary(), args: ARGUMENTS });
}

async function chromiumBinary(): Promise<string> {
  const given = process.env['CHROME_PATH'];
  if (given !== undefined && given !== '') return given;
  if (existsSync(CHROME_OF_MACOS)) return CHROME_OF_MACOS;
  return systemProgram(CHROMIUM, (line) => console.error(line));
}
