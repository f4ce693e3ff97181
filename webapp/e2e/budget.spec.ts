import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestInfo } from '@playwright/test';
import { expect, type Page, test } from './harness/test';

const assets = join(import.meta.dirname, '../dist/assets');
const sizeOf = (name: string) => statSync(join(assets, `${name}.gz`)).size;
const kB = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;

/** Notes a figure; the reporter prints it. */
function measured(info: TestInfo, what: string) {
  info.annotations.push({ type: 'measured', description: what });
}

/** The JavaScript that a page loads from now on, by name. */
function scripts(page: Page): Set<string> {
  const names = new Set<string>();
  page.on('request', (request) => {
    const name = /\/assets\/([^/]+\.js)$/.exec(new URL(request.url()).pathname)?.[1];
    if (name) names.add(name);
  });
  return names;
}

/** Sum of the sizes, as gzip has them. */
const sum = (names: Iterable<string>) => [...names].reduce((all, name) => all + sizeOf(name), 0);

test.describe('JavaScript, gzip', () => {
  // biome-ignore lint/correctness/noEmptyPattern: how Playwright knows what a test needs
  test('all of it', ({}, info) => {
    const all = sum(readdirSync(assets).filter((name) => name.endsWith('.js')));
    measured(info, `all JavaScript ${kB(all)} of 560 kB`);
    expect(all).toBeGreaterThan(100_000);
    expect(all).toBeLessThanOrEqual(560_000);
  });

  test('until the login is there', async ({ small, visit }, info) => {
    const page = await visit(small, null, '/nothing');
    const names = scripts(page);
    await page.reload();
    await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
    measured(info, `login ${kB(sum(names))} of 250 kB`);
    expect(sum(names)).toBeLessThanOrEqual(250_000);
  });

  test('until the frame is there', async ({ small, visit }, info) => {
    const page = await visit(small, 'viewer', '/nothing');
    const names = scripts(page);
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    measured(info, `shell ${kB(sum(names))} of 190 kB`);
    expect(sum(names)).toBeLessThanOrEqual(190_000);
  });

  test('until the rows of the log are there', async ({ small, visit }, info) => {
    const page = await visit(small, 'operator', '/nothing');
    const names = scripts(page);
    await page.goto(`${small.url}/log`);
    await expect(page.locator('.MuiDataGrid-row').first()).toBeVisible();
    measured(info, `log ${kB(sum(names))} of 400 kB`);
    expect(sum(names)).toBeLessThanOrEqual(400_000);
  });
});

/** Times depend on the machine and what else it does: they are printed, not judged. */
test.describe('times', () => {
  test('until the log shows, at 10 Mbit/s and 40 ms', { tag: '@big' }, async ({ big, visit }, info) => {
    const page = await visit(big, 'operator', '/nothing');
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    await network.send('Network.setCacheDisabled', { cacheDisabled: true });
    const bytes = 10_000_000 / 8;
    await network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 40,
      downloadThroughput: bytes,
      uploadThroughput: bytes,
    });
    await page.addInitScript(() => {
      const seen = { lcp: 0, cls: 0 };
      Object.assign(window, { __seen: seen });
      new PerformanceObserver((list) => {
        for (const e of list.getEntries()) seen.lcp = e.startTime;
      }).observe({ type: 'largest-contentful-paint', buffered: true });
      new PerformanceObserver((list) => {
        for (const e of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
          if (!e.hadRecentInput) seen.cls += e.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(`${big.url}/log`);
    await expect(page.locator('.MuiDataGrid-row').first()).toBeVisible();
    await expect(page.locator('main').getByRole('progressbar')).toHaveCount(0);
    await expect(page.getByRole('slider', { name: 'Choose a time' })).toBeVisible();
    const { lcp, cls } = await page.evaluate(
      () => (window as unknown as { __seen: { lcp: number; cls: number } }).__seen,
    );
    measured(info, `LCP of the log ${lcp.toFixed(0)} ms (budget 1,800)`);
    measured(info, `CLS of the log ${cls.toFixed(3)} (budget 0.02)`);
    expect(lcp).toBeGreaterThan(0);
  });

  test('from a click on the next page to its rows, with an API that answers at once', async ({
    small,
    visit,
  }, info) => {
    const page = await visit(small, 'operator', '/log');
    await expect(page.locator('.MuiDataGrid-row').first()).toBeVisible();
    const next = page.getByRole('button', { name: /^Next page/ });
    const answers = new Map<string, Buffer>();
    await page.route(/\/api\/v1\/pushes\?/, async (route) => {
      const url = route.request().url();
      const body = answers.get(url) ?? (await (await route.fetch()).body());
      answers.set(url, body);
      await route.fulfill({ contentType: 'application/json', body });
    });
    const step = async (label: RegExp) => {
      const before = await page.locator('.MuiDataGrid-row').first().getAttribute('data-id');
      await page.getByRole('button', { name: label }).evaluate((button, id) => {
        const seen = window as unknown as { __took: Promise<number> };
        const began = performance.now();
        seen.__took = new Promise((resolve) => {
          const look = () => {
            const row = document.querySelector<HTMLElement>('.MuiDataGrid-row');
            if (row && row.dataset.id !== id) requestAnimationFrame(() => resolve(performance.now() - began));
            else requestAnimationFrame(look);
          };
          look();
        });
        (button as HTMLButtonElement).click();
      }, before);
      return page.evaluate(() => (window as unknown as { __took: Promise<number> }).__took);
    };
    const took: number[] = [];
    for (let i = 0; i < 5; i++) {
      took.push(await step(/^Next page/));
      await expect(next).toBeEnabled();
      await step(/^Previous page/);
    }
    took.sort((a, b) => a - b);
    measured(info, `next page painted in ${took[2]?.toFixed(0)} ms, median of 5 (budget 150)`);
    expect(took).toHaveLength(5);
  });

  test('from a click on a switch until it has moved', async ({ system, visit }, info) => {
    const page = await visit(system, 'operator', '/workers');
    await page.getByRole('switch', { name: 'consumer-1 Process ON' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Switch off consumer-1' }).click();
    const toggle = page.getByRole('switch', { name: 'consumer-1 Process ON' });
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(toggle).not.toBeChecked();
    const took = await toggle.evaluate(
      (box) =>
        new Promise<number>((resolve) => {
          const began = performance.now();
          const look = () => {
            if ((box as HTMLInputElement).checked) requestAnimationFrame(() => resolve(performance.now() - began));
            else requestAnimationFrame(look);
          };
          (box as HTMLInputElement).click();
          requestAnimationFrame(look);
        }),
    );
    measured(info, `switch moves in ${took.toFixed(0)} ms (budget 100)`);
    expect(took).toBeGreaterThan(0);
  });
});
