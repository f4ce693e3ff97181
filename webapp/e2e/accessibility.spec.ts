import AxeBuilder from '@axe-core/playwright';
import { System } from './harness/system';
import { expect, type Page, test } from './harness/test';

const paths = ['/', '/log', '/failed', '/scheduled', '/workers', '/compose', '/flush', '/settings', '/nothing'];
/** Pages that show the same whatever the API has. */
const always = ['/compose', '/settings', '/nothing'];
const filled = paths.filter((p) => !always.includes(p));
const further = [
  '/failed?code=UNREGISTERED',
  '/workers?tab=tokens',
  '/settings/account',
  '/settings/users',
  '/settings/tokens',
  '/settings/audit',
  '/settings/server',
];
test.describe.configure({ timeout: 120_000 });

const wide = { width: 1440, height: 900 };
const narrow = { width: 390, height: 844 };

/** Waits until nothing on a page is still to come. */
async function settled(page: Page) {
  await expect(page.locator('h1')).toBeVisible(); // hidden from axe, below a dialog
  await expect(page.locator('.MuiSkeleton-root')).toHaveCount(0);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

/** What axe finds, in short. */
async function violations(page: Page): Promise<string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const { violations } = await new AxeBuilder({ page })
    .options({ resultTypes: ['violations'], preload: false })
    .withTags(tags)
    .setLegacyMode()
    .analyze();
  return violations.map(
    (v) =>
      `${v.id}: ${v.help}\n${v.nodes
        .slice(0, 3)
        .map((n) => `  ${n.target.join(' ')} ${n.failureSummary}`)
        .join('\n')}`,
  );
}

/** Looks at a page, light and wide, then dark and narrow; or the other way round. */
async function look(page: Page, other = false) {
  for (const viewport of [wide, narrow]) {
    const colorScheme = (viewport === wide) === other ? 'dark' : 'light';
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect(page.locator('html')).toHaveAttribute('data-scheme', colorScheme);
    await settled(page);
    // What changes its colours or width just now is looked at again.
    await expect.poll(() => violations(page), `${page.url()} ${colorScheme} ${viewport.width}`).toEqual([]);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(over, `${page.url()} scrolls sideways at ${viewport.width}`).toBe(0);
  }
}

for (const language of ['ko', 'en'] as const) {
  test.describe(`nobody is shut out (${language})`, () => {
    test('of the login', async ({ small, visit, allow }) => {
      allow(/^401 POST .*\/session$/);
      const page = await visit(small, null, '/', { language });
      await look(page);
      await page.getByRole('textbox').first().fill('nobody');
      await page.locator('input[type=password]').fill('wrong');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('alert')).toBeVisible();
      await look(page);
    });

    for (const path of paths) {
      test(`of ${path}`, async ({ small, visit }) => {
        const page = await visit(small, 'auditor', path, { language });
        await look(page, language === 'ko');
      });
    }
  });
}

for (const path of further) {
  test(`nobody is shut out of ${path}`, async ({ small, visit }) => {
    await look(await visit(small, 'auditor', path));
  });
}

test.describe('nobody is shut out', () => {
  let empty: System;
  test.beforeAll(async () => {
    empty = await System.start();
  });
  test.afterAll(() => empty?.stop());

  test.describe('where there is nothing yet', () => {
    test.use({ still: 'there has never been a push' });

    for (const path of filled) {
      test(`of ${path}`, async ({ visit }) => {
        await look(await visit(empty, 'admin', path));
      });
    }
  });

  for (const path of filled) {
    test(`where everything fails: ${path}`, async ({ small, visit, allow }) => {
      allow(/^503 /);
      const page = await visit(small, 'admin', '/nothing');
      await page.route(/\/api\/v1\/(?!session$|login$|events)/, (route) =>
        route.fulfill({
          status: 503,
          contentType: 'application/problem+json',
          json: {
            type: 'about:blank',
            title: 'Service Unavailable',
            status: 503,
            detail: 'Redis does not answer',
            request_id: 'req-e2e',
          },
        }),
      );
      await page.goto(small.url + path);
      await look(page, true);
    });
  }

  test('of a push that is open, and of what asks', async ({ small, visit }) => {
    const { items } = await small.get<{ items: { id: string }[] }>('/pushes?size=1&status=failed');
    const page = await visit(small, 'auditor', `/log?id=${items[0]?.id}`);
    await expect(page.getByRole('list', { name: 'Timeline' })).toBeVisible();
    await look(page);
    for (const name of ['Redrive', 'Reveal']) {
      await page.setViewportSize(wide);
      await page.getByRole('dialog', { name: 'Push' }).getByRole('button', { name }).click();
      await expect(page.getByRole('dialog').last().getByRole('button', { name: 'Cancel' })).toBeVisible();
      await look(page, true);
      await page.keyboard.press('Escape');
    }
    await page.goto(`${small.url}/flush`);
    await page.setViewportSize(wide);
    await page.getByRole('button', { name: /^Flush .* pushes…$/ }).click();
    await expect(page.getByRole('dialog').getByLabel('Type flush')).toBeVisible();
    await look(page, true);
    await page.goto(`${small.url}/workers`);
    await page.setViewportSize(wide);
    await page.getByRole('switch', { name: 'consumer-1 Process ON' }).click();
    await expect(page.getByRole('dialog', { name: 'Switch off the last process?' })).toBeVisible();
    await look(page, true);
  });

  test('of menu, account and help', async ({ small, visit }) => {
    const page = await visit(small, 'admin', '/nothing');
    await page.getByRole('button', { name: /^Account/ }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await look(page);
    await page.keyboard.press('Escape');
    await page.setViewportSize(narrow);
    await page.getByRole('button', { name: 'Menu' }).click();
    await expect(page.getByRole('navigation')).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('navigation')).toHaveCount(0);
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
    await look(page);
  });
});
