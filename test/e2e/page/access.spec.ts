import { afterAll, beforeAll, expect, test } from 'vitest';
import { runPage, type RunningPage } from './running-page.js';

const KEY = 'a-key-of-the-page-tests-0123456789';

let running: RunningPage;

beforeAll(async () => {
  running = await runPage({ MILLRACE_AUTH: 'required', MILLRACE_ADMIN_KEY: KEY });
});

afterAll(() => running.stop());

test('asks for a key where the api does, says that one is wrong, and keeps the right one in this tab', async () => {
  const page = await running.open('');
  const dialog = page.getByRole('dialog', { name: 'This api asks for a key' });
  await dialog.getByLabel('Access key').fill('wrong');
  await page.keyboard.press('Enter');
  await dialog.getByText('The api did not accept that key.').waitFor();
  await dialog.getByLabel('Access key').fill(KEY);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Nothing registered yet: here is how' }).waitFor();

  await page.reload();
  await page.getByRole('heading', { name: 'Nothing registered yet: here is how' }).waitFor();
  expect(await page.evaluate('localStorage.length')).toBe(0);
  const [another] = [await page.context().newPage()];
  await another.goto(running.apps.api.url);
  await another.getByRole('dialog').waitFor();

  await page.getByRole('button', { name: 'Forget key' }).click();
  await dialog.waitFor();
});

test('takes a key from behind the # of the address, and does not leave it there', async () => {
  const page = await running.open(`#key=${KEY}`);
  await page.getByRole('heading', { name: 'Nothing registered yet: here is how' }).waitFor();
  expect(page.url()).not.toContain(KEY);
});
