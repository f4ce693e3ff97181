import { expect, type Page, test } from './harness/test';

const pages = ['Overview', 'Push log', 'Failed', 'Scheduled', 'Workers', 'Test send', 'Flush the log', 'Settings'];

const menu = (page: Page) => page.getByRole('navigation').getByRole('link');

test.describe('the menu', () => {
  test('leads an administrator to every page, and the tab says which', async ({ small, visit }) => {
    const page = await visit(small, 'admin');
    await expect(menu(page)).toHaveText(pages);
    for (const name of pages) {
      await menu(page).filter({ hasText: name }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
      await expect(page).toHaveTitle(new RegExp(`${name} · pushstream$`));
      await expect(page.locator('[aria-current=page]')).toHaveText(name);
    }
  });

  test('shows a role what it may, and the address of another page says which permission it requires', async ({
    small,
    visit,
  }) => {
    const viewer = await visit(small, 'viewer', '/flush');
    await expect(menu(viewer)).toHaveText(pages.filter((p) => p !== 'Test send' && p !== 'Flush the log'));
    await expect(viewer.getByRole('heading', { level: 1 })).toHaveText('You have no permission for this page');
    await expect(viewer.getByText(/requires the permission flush .* Ask an administrator/)).toBeVisible();
    await viewer.goto(`${small.url}/settings/users`);
    await expect(viewer.getByText(/requires the permission users .* Ask an administrator/)).toBeVisible();
    await viewer.goto(`${small.url}/settings/nothing`);
    await expect(viewer.getByRole('heading', { level: 1 })).toHaveText('Page not found');
    const operator = await visit(small, 'operator', '/compose');
    await expect(menu(operator)).toHaveText(pages.filter((p) => p !== 'Flush the log'));
    await expect(operator.getByRole('heading', { level: 1 })).toHaveText('Test send');
  });

  test('opens on a phone, and closes when a page is chosen', async ({ small, visit }) => {
    const page = await visit(small, 'admin', '/', { viewport: { width: 390, height: 844 } });
    await expect(menu(page)).toHaveCount(0);
    await page.getByRole('button', { name: 'Menu' }).click();
    await menu(page).filter({ hasText: 'Workers' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Workers');
    await expect(menu(page)).toHaveCount(0);
  });
});

test('language and theme change live, stay after a reload, and keep the page', async ({ small, visit }) => {
  const page = await visit(small, 'admin', '/log?status=failed', { colorScheme: 'light' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Push log');
  const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await colour();
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('button', { name: '한국어' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
  await page.getByRole('button', { name: '어둡게' }).click();
  await expect.poll(colour).not.toBe(light);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Push 전송 내역');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Push 전송 내역');
  expect(await colour()).not.toBe(light);
  expect(new URL(page.url()).search).toContain('status=failed');
});

test('without a choice the page is as the browser is: Korean, dark', async ({ small, visit }) => {
  const page = await visit(small, 'viewer', '/workers', { language: 'ko', colorScheme: 'dark' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('프로세스');
  const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(colour).toBe('rgb(14, 18, 25)');
});

test('the font is its own, in Korean too', async ({ small, visit }) => {
  const page = await visit(small, 'viewer', '/workers', { language: 'ko' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('프로세스');
  const font = () => page.evaluate(() => document.fonts.check("16px 'Pretendard Variable'", '프로세스'));
  await expect.poll(font).toBe(true);
});

test.describe('live', () => {
  test('two tabs share one connection, and the second takes over', async ({ small, visit }) => {
    const page = await visit(small, 'operator', '/');
    const asked: Page[] = [];
    page.context().on('request', (r) => r.url().includes('/api/v1/events') && asked.push(r.frame().page()));
    const live = (of: Page) => expect(of.locator('[data-live=live]')).toBeVisible();
    await live(page);
    const other = await page.context().newPage();
    await other.goto(small.url);
    await live(other);
    expect(asked.filter((p) => p === other)).toEqual([]);
    await page.close();
    await expect.poll(() => asked.filter((p) => p === other).length).toBe(1);
    await live(other);
  });

  test('lost for ten seconds is told, asked for every ten, and over when it is back', async ({
    system,
    visit,
    allow,
  }) => {
    allow(/^net::ERR_\w+ GET /, /^console: .*ERR_/);
    const page = await visit(system, 'operator', '/workers');
    await expect(page.locator('[data-live=live]')).toBeVisible();
    await expect(page.getByText('consumer-1')).toBeVisible();
    await page.clock.install();
    const lost = page.getByText('The live connection is lost.');
    await system.process('admin').kill();
    await page.clock.runFor(9_000);
    await expect(lost).toHaveCount(0);
    await page.clock.runFor(2_000);
    await expect(lost).toBeVisible();
    await system.serve();
    const asked = page.waitForRequest((r) => r.url().includes('/api/v1/') && !r.url().includes('/events'));
    await page.clock.runFor(11_000);
    await asked;
    await expect(async () => {
      await page.clock.runFor(3_000);
      await expect(lost).toHaveCount(0, { timeout: 300 });
    }).toPass();
    await expect(page.locator('[data-live=live]')).toBeVisible();
  });

  test('p pauses and goes on, and says so', async ({ small, visit }) => {
    const page = await visit(small, 'viewer', '/workers');
    await expect(page.locator('[data-live=live]')).toBeVisible();
    await page.keyboard.press('p');
    await expect(page.getByText('Updates are paused.')).toBeVisible();
    await expect(page.locator('[data-live=paused]')).toBeVisible();
    await page.keyboard.press('p');
    await expect(page.getByText('Updates are paused.')).toHaveCount(0);
  });
});

test.describe('a new version', () => {
  test('is told when the reader comes back to the tab', async ({ small, visit }) => {
    const page = await visit(small, 'viewer', '/');
    await expect(page.locator('[data-live=live]')).toBeVisible();
    await page.route('**/version.json', (route) => route.fulfill({ json: { version: 'another' } }));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await expect(page.getByText('A new version was deployed.')).toBeVisible();
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Reload' }).click();
    await expect(page.locator('[data-live=live]')).toBeVisible();
    await expect(page.getByText('A new version was deployed.')).toHaveCount(0);
  });

  test('whose pages have other names says so instead of the page, and a reload goes on', async ({
    small,
    visit,
    allow,
  }) => {
    allow(/^404 GET .*\/assets\//, /^console: .*dynamically imported module/);
    const page = await visit(small, 'viewer', '/');
    await expect(page.locator('[data-live=live]')).toBeVisible();
    await page.route('**/assets/*.js', (route) => route.fulfill({ status: 404 }));
    await menu(page).filter({ hasText: 'Failed' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('A new version was deployed');
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Reload' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Failed');
  });
});

test('an admin that is away is told at the start, and tried again', async ({ small, visit, allow }) => {
  allow(/^net::ERR_FAILED GET /);
  const page = await visit(small, null, '/login');
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await page.route(/\/api\/v1\/(login|session)$/, (route) => route.abort());
  await page.goto(`${small.url}/workers`);
  await expect(page.getByRole('alert')).toContainText('The server cannot be reached.');
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
});

test('a clock that is wrong is told by how much', async ({ small, visit }) => {
  const page = await visit(small, 'viewer', '/workers');
  await expect(page.getByText("This computer's clock differs")).toHaveCount(0);
  await page.clock.setFixedTime(Date.now() - 3_600_000);
  await page.reload();
  await expect(page.getByText(/This computer's clock differs from the server's by -?1 h/)).toBeVisible();
});

test('an address that is no page says so', async ({ small, visit }) => {
  const page = await visit(small, 'viewer', '/nothing/here?at=all');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
  await page.getByRole('link', { name: 'To the overview' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');
});

test('the first key leads past the menu, and ? shows the keys', async ({ small, visit }) => {
  const page = await visit(small, 'viewer', '/workers');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Workers');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await expect(help).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(help).toHaveCount(0);
});

test('below a path of its own it is the same page', { tag: '@big' }, async ({ big, visit }) => {
  const page = await visit(big, 'viewer', '/workers');
  expect(new URL(page.url()).pathname).toBe('/push/workers');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Workers');
  await expect(page.locator('[data-live=live]')).toBeVisible();
  await menu(page).filter({ hasText: 'Overview' }).click();
  await expect(page).toHaveURL(/\/push\/?$/);
  await page.reload();
  await expect(page).toHaveURL(/\/push\/$/);
  await page.goto(`${new URL(big.url).origin}/push`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');
});
