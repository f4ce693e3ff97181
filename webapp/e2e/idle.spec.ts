import { passwordOf, type System } from './harness/system';
import { expect, type Page, test } from './harness/test';

// The shortest time-out that there is. Nothing here is about how fast anything is.
test.use({ options: { env: { SESSION_IDLE: '1m' } } });
test.describe.configure({ timeout: 240_000 });

const countdown = (page: Page) => page.getByRole('alertdialog', { name: 'You will be logged out soon' });
const login = (page: Page) => page.getByRole('button', { name: 'Log in' });

/** Makes the only session of a user one that was used so many seconds ago. */
async function unused(system: System, user: string, seconds: number) {
  const [id = ''] = (await system.redis('ZRANGE', `push:{access}:sessions:${user}`, '0', '-1')).trim().split('\n');
  await system.redis('HSET', `push:{access}:session:${id}`, 'seen_ms', String(Date.now() - seconds * 1_000));
}

for (const path of ['/log', '/', '/workers']) {
  test(`nobody at ${path} is logged out, while events flow`, async ({ system, visit, allow }) => {
    allow(/^401 /);
    const page = await visit(system, 'operator', path);
    await expect(page.locator('[data-live=live]')).toBeVisible();
    await expect(countdown(page)).toBeVisible({ timeout: 90_000 });
    await expect(login(page)).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText('Your session has ended.')).toBeVisible();
    const [id = ''] = (await system.redis('ZRANGE', 'push:{access}:sessions:operator', '0', '-1')).trim().split('\n');
    expect((await system.redis('EXISTS', `push:{access}:session:${id}`)).trim()).toBe('0');
  });
}

test('who is there stays logged in, on a page that asks for nothing, and in the other tab too', async ({
  system,
  visit,
}) => {
  const page = await visit(system, 'operator', '/settings/display');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Settings');
  const other = await page.context().newPage();
  await other.goto(`${system.url}/settings/display`);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Settings');
  await page.bringToFront();
  const end = Date.now() + 100_000;
  for (let n = 0; Date.now() < end; n++) {
    await page.mouse.move(700 + (n % 2) * 20, 500);
    await page.waitForTimeout(5_000);
    await expect(countdown(page)).toHaveCount(0);
  }
  await expect(countdown(other)).toHaveCount(0);
  await expect(login(other)).toHaveCount(0);
  await expect(login(page)).toHaveCount(0);
});

test('the countdown ends by its button, not by the way to it', async ({ system, visit }) => {
  await system.session('operator');
  await unused(system, 'operator', 42);
  const page = await visit(system, 'operator', '/workers');
  const dialog = countdown(page);
  await expect(dialog).toBeVisible();
  await expect(dialog.getByText(/^\d+ s left$/).first()).toBeVisible();
  const stay = dialog.getByRole('button', { name: 'Stay logged in' });
  await expect(stay).toBeFocused();
  for (const x of [200, 300, 400]) await page.mouse.move(x, 300);
  await page.waitForTimeout(4_000); // asked again meanwhile
  await expect(dialog).toBeVisible();
  await stay.click();
  await expect(dialog).toHaveCount(0);
  await page.waitForTimeout(15_000); // beyond the end that it had
  await expect(login(page)).toHaveCount(0);
});

test('another tab that is used ends the countdown', async ({ system, visit }) => {
  await system.session('operator');
  const other = await visit(system, 'operator', '/settings/display');
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Settings');
  await unused(system, 'operator', 42);
  const page = await other.context().newPage();
  await page.goto(`${system.url}/log`);
  await expect(countdown(page)).toBeVisible();
  await other.bringToFront();
  for (const x of [200, 300, 400]) await other.mouse.move(x, 300);
  await other.keyboard.press('p');
  await other.getByRole('link', { name: 'Workers' }).click(); // a request with a person behind it
  await expect(countdown(page)).toHaveCount(0);
  await expect(login(page)).toHaveCount(0);
});

test('at the end the login is in place of the page, and all of it is back after it', async ({
  system,
  visit,
  allow,
}) => {
  allow(/^401 /);
  const [id = ''] = await system.send({ msg_title: 'in the drawer' });
  await system.settled();
  await system.session('operator');
  await unused(system, 'operator', 45);
  const page = await visit(system, 'operator', `/log?status=sent&id=${id}`);
  const drawer = page.getByRole('list', { name: 'Timeline' });
  await expect(countdown(page)).toBeVisible();
  await expect(login(page)).toBeVisible({ timeout: 60_000 });
  await expect(drawer).toHaveCount(0);
  await page.getByRole('textbox', { name: 'Password' }).fill(passwordOf('operator'));
  await page.keyboard.press('Enter');
  await expect(drawer).toBeVisible();
  const { searchParams } = new URL(page.url());
  expect([searchParams.get('status'), searchParams.get('id')]).toEqual(['sent', id]);
});

test('a half-written test push is there after the next login', async ({ system, visit, allow }) => {
  allow(/^401 /);
  await system.session('operator');
  await unused(system, 'operator', 30);
  const page = await visit(system, 'operator', '/compose');
  await page.getByLabel('Title').fill('half written'); // no key is pressed: nobody is there
  await expect(countdown(page)).toBeVisible({ timeout: 60_000 });
  await expect(login(page)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('textbox', { name: 'Password' }).fill(passwordOf('operator'));
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Title')).toHaveValue('half written');
});

test('who is there keeps the page in an outage', async ({ system, visit, allow }) => {
  allow(/^net::ERR_\w+ GET /, /^console: .*ERR_/);
  await system.session('operator');
  await unused(system, 'operator', 20);
  const page = await visit(system, 'operator', '/workers');
  await expect(page.getByText('consumer-1')).toBeVisible();
  await page.waitForTimeout(5_000);
  await system.process('admin').kill();
  const end = Date.now() + 50_000; // beyond the end that the page was told
  for (let n = 0; Date.now() < end; n++) {
    await page.mouse.move(700 + (n % 2) * 20, 500);
    await page.waitForTimeout(2_000);
    await expect(login(page)).toHaveCount(0);
  }
  await expect(countdown(page)).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Workers');
});

test('no server, no data: the page does not stay open beyond the end', async ({ system, visit, allow }) => {
  allow(/^net::ERR_\w+ GET /, /^console: .*ERR_/);
  await system.session('operator');
  await unused(system, 'operator', 10); // a page may take its time to be there
  const page = await visit(system, 'operator', '/log');
  await expect(page.locator('[data-live=live]')).toBeVisible();
  await page.waitForTimeout(5_000); // the frame has what it needs without a server
  await system.process('admin').kill();
  await expect(countdown(page)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('main').getByText('push-', { exact: false })).toHaveCount(0);
  await expect(countdown(page)).toHaveCount(0, { timeout: 60_000 });
  await expect(page.getByRole('grid')).toHaveCount(0);
});
