import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../kit/index.js';
import { runPage, type RunningPage } from './running-page.js';
import { SHOP } from './shop-definitions.js';

/** An int64 that no double holds. */
const WIDE_CUSTOMER = '9007199254740993';
const AWAIT = { deadlineMs: 20_000 };

let running: RunningPage;

beforeAll(async () => {
  running = await runPage();
});

afterAll(() => running.stop());

const rowOf = (page: Page, feature: string): Locator =>
  page.getByRole('row').filter({ has: page.getByRole('button', { name: feature, exact: true }) });

/** Waits until the row of a feature shows a text. */
async function expectShown(page: Page, feature: string, text: string): Promise<void> {
  await rowOf(page, feature).getByText(text, { exact: true }).first().waitFor();
}

const buy = (customerId: string | number, amount: number, at = Date.now()): Promise<void> =>
  running.send('purchases', [{ at, customer_id: Number(customerId), amount, order_id: 7 }]);

describe('the page', () => {
  test('says how to begin while nothing is registered, and finds what is applied by itself', async () => {
    const page = await running.open('');
    await page.getByRole('heading', { name: 'Nothing registered yet: here is how' }).waitFor();
    await running.apply(SHOP);
    await running.apps.ready();
    await page.getByRole('combobox', { name: 'Feature service' }).waitFor();
    expect(await page.getByRole('combobox').inputValue()).toBe('checkout');
    await page.getByText('Type customer_id to watch the features of one customer.').waitFor();
  });

  test('shows a vector that follows the events, and windows that move while none arrives', async () => {
    const page = await running.open('#/vectors/checkout');
    await page.getByLabel('customer_id').fill('41');
    await expectShown(page, 'count_lifetime', 'not found');
    await buy(41, 12.5);
    await expectShown(page, 'count_4s', '1');
    await expectShown(page, 'amount_sum_1h', '12.5');
    await expectShown(page, 'amount_sum_1h', 'exact');
    await expectShown(page, 'amount_max_last5', 'last 5 events');
    await expectShown(page, 'count_lifetime', 'all time');
    // Nobody sends anything: the event leaves the window of four seconds, and stays in the one of an hour.
    await expectShown(page, 'count_4s', '0');
    await expectShown(page, 'count_1h', '1');
    await buy(41, 0.5);
    await expectShown(page, 'amount_sum_1h', '13.0');
  });

  test('tells all about one value when it is pressed: by mouse or by keyboard', async () => {
    await buy(42, 0.1234567891);
    const page = await running.open('#/vectors/checkout?customer_id=42');
    await expectShown(page, 'amount_mean_1h', '0.1235');
    const button = page.getByRole('button', { name: 'amount_mean_1h', exact: true });
    await button.focus();
    await page.keyboard.press('Enter');
    const detail = page.locator('#detail-amount_mean_1h');
    await detail.getByText('0.1234567891').waitFor();
    const text = await detail.innerText();
    for (const part of ['PRESENT', 'after', 'up to', '1 event counted', 'every event is known']) {
      expect(text).toContain(part);
    }
    expect(await button.getAttribute('aria-expanded')).toBe('true');
  });

  test('stops reading when it is told to, and reads once when asked', async () => {
    const page = await running.open('#/vectors/checkout?customer_id=43');
    await expectShown(page, 'count_lifetime', 'not found');
    await page.getByRole('switch', { name: /^Live/ }).uncheck();
    const reads: string[] = [];
    page.on('request', (request) => reads.push(request.url()));
    await buy(43, 1);
    await page.getByRole('button', { name: 'Read now' }).click();
    await waitFor('a read', () => reads.some((url) => url.endsWith('/v1/features')), AWAIT);
  });

  test('computes derived features from what is typed for the request', async () => {
    await buy(44, 10);
    const page = await running.open('#/vectors/checkout?customer_id=44');
    await expectShown(page, 'count_lifetime', '1');
    await page.getByLabel('price').fill('25');
    await expectShown(page, 'price_to_mean', '2.5');
  });

  test('names the variant that an entity belongs to, and shows what it serves', async () => {
    await buy(48, 10);
    const page = await running.open('#/vectors/offers?customer_id=48');
    await page.getByText('variant lifetime', { exact: true }).waitFor();
    await expectShown(page, 'count_lifetime', '1');
    expect(await rowOf(page, 'count_1h').count()).toBe(0);
  });

  test('sends an int64 join key with every digit, and explains what is no number', async () => {
    const page = await running.open('#/vectors/checkout');
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    const input = page.getByLabel('customer_id');
    await input.fill('seven');
    await page.getByText('Type a whole number.').waitFor();
    expect(await input.getAttribute('aria-invalid')).toBe('true');
    await input.fill(WIDE_CUSTOMER);
    await expectShown(page, 'count_lifetime', 'not found');
    expect(sent.filter((body) => body !== '').at(-1)).toContain(`{"customer_id":${WIDE_CUSTOMER}}`);
  });

  test('keeps what was chosen and typed in the address, so that it survives a reload and can be shared', async () => {
    await buy(45, 3);
    const page = await running.open('#/vectors/checkout');
    await page.getByLabel('customer_id').fill('45');
    await expectShown(page, 'count_lifetime', '1');
    expect(page.url()).toContain('#/vectors/checkout?customer_id=45');
    await page.reload();
    await expectShown(page, 'count_lifetime', '1');
  });

  test('shows what is registered, with version, owner, tags and description', async () => {
    const page = await running.open('#/catalog/feature-groups');
    const entry = page.getByRole('listitem').filter({ hasText: 'customer_purchases' });
    for (const part of ['v1', 'What a customer bought', 'team: shop', 'shop@example.com']) {
      await entry.getByText(part, { exact: true }).waitFor();
    }
    await entry.getByText('customer_purchases').click();
    await entry.getByText('sum, mean of amount over 1h').waitFor();
    for (const [kind, name] of [
      ['Sources', 'purchases'],
      ['Entities', 'customer'],
      ['Derived groups', 'customer_risk'],
      ['Feature services', 'checkout'],
    ] as const) {
      await page.getByRole('link', { name: kind }).click();
      await page.locator('summary').getByText(name, { exact: true }).waitFor();
      expect(page.url()).toContain('#/catalog/');
    }
  });

  test('shows partitions with generation, offset and lag, and the freshness of groups', async () => {
    const page = await running.open('#/operations');
    await page.getByRole('rowheader', { name: 'customer.0' }).waitFor();
    await page.getByRole('rowheader', { name: 'customer.1' }).waitFor();
    await page.getByRole('rowheader', { name: 'customer_purchases v1' }).waitFor();
    expect(await page.getByRole('columnheader', { name: 'Generation' }).count()).toBe(1);
    expect(await page.getByText('events applied').count()).toBe(1);
  });

  test('says what is wrong while Redis is away, keeps what it has shown, and goes on by itself', async () => {
    await buy(46, 3);
    const page = await running.open('#/vectors/checkout?customer_id=46');
    await expectShown(page, 'count_lifetime', '1');
    await running.redis.kill();
    await page.getByRole('alert').getByText('What you see was read before').waitFor();
    expect(await rowOf(page, 'count_lifetime').count()).toBe(1);
    await running.redis.restart();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    // The page asks the api alone; the tests that follow send events as well.
    await running.apps.ready();
  });

  test.each([
    ['light', 1280],
    ['dark', 360],
  ] as const)(
    'is accessible in %s, and needs no sideways scrolling at %i pixels',
    async (colorScheme, width) => {
      await buy(47, 3);
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      for (const address of [
        '#/vectors/checkout?customer_id=47',
        '#/catalog/feature-groups',
        '#/operations',
      ]) {
        const page = await running.open(address, { colorScheme, viewport: { width, height: 800 } });
        await page.locator('.group, .entry').first().waitFor();
        await page.evaluate(axe);
        const violations = await page.evaluate(
          `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
        );
        expect(violations, address).toEqual([]);
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect(overflow, `${address} scrolls sideways`).toBeLessThanOrEqual(0);
        await page.close();
      }
    },
  );

  test('lists more definitions than one page holds, page by page, and finds one by its name', async () => {
    const many = Array.from({ length: 120 }, (_, i) => ({
      kind: 'FeatureService',
      name: `many_${String(i).padStart(3, '0')}`,
      features: ['customer_purchases:count_1h'],
    }));
    await running.apply(many);
    const page = await running.open('#/catalog/feature-services');
    await page.getByText('many_000', { exact: true }).waitFor();
    const shown = (): Promise<number> => page.locator('.entry').count();
    expect(await shown()).toBe(50);
    await page.getByRole('button', { name: 'Show more' }).click();
    await waitFor('the second page', async () => (await shown()) === 100, AWAIT);
    await page.getByRole('button', { name: 'Show more' }).click();
    await waitFor('the last page', async () => (await shown()) === 122, AWAIT);
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
    await page.getByRole('searchbox').fill('many_119');
    await waitFor('only the one', async () => (await shown()) === 1, AWAIT);
  });

  test('asks no other host, and breaks none of its own rules', () => {
    expect(running.complaints).toEqual([]);
  });
});
