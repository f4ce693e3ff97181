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
    measured(info, `login ${kB(sum(names))} of 190 kB`);
    expect(names.size).toBeGreaterThan(0);
    expect(sum(names)).toBeLessThanOrEqual(190_000);
  });

  test('until the frame is there', async ({ small, visit }, info) => {
    const page = await visit(small, 'viewer', '/nothing');
    const names = scripts(page);
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    measured(info, `shell ${kB(sum(names))} of 190 kB`);
    expect(sum(names)).toBeLessThanOrEqual(190_000);
  });
});
