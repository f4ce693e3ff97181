import { passwordOf } from './harness/system';
import { expect, test } from './harness/test';

test('a wrong password says so, and the right one opens the page that was asked for', async ({
  small,
  visit,
  allow,
}) => {
  allow(/^401 POST .*\/session$/);
  const page = await visit(small, null, '/workers');
  await page.getByLabel('Name').fill('operator');
  await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toHaveText('The name or the password is wrong.');
  await expect(page.getByRole('textbox', { name: 'Password' })).toHaveValue('');
  await page.getByRole('textbox', { name: 'Password' }).fill(passwordOf('operator'));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Workers');
  expect(new URL(page.url()).pathname).toBe('/workers');
});

test('a session that ends in the middle of work comes back to where it was, with its filters', async ({
  system,
  visit,
  allow,
}) => {
  allow(/^401 /);
  const page = await visit(system, 'operator', '/log?status=failed&range=24h');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Push log');
  await system.run('admin', 'session', 'end', '--user', 'operator');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await page.getByLabel('Name').fill('operator');
  await page.getByRole('textbox', { name: 'Password' }).fill(passwordOf('operator'));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Push log');
  const { pathname, searchParams } = new URL(page.url());
  expect([pathname, searchParams.get('status'), searchParams.get('range')]).toEqual(['/log', 'failed', '24h']);
});

test('an open page notices by itself that its session has ended', async ({ system, visit, allow }) => {
  allow(/^401 /);
  const page = await visit(system, 'operator', '/log?status=failed');
  await expect(page.locator('[data-live=live]')).toBeVisible();
  await system.run('admin', 'session', 'end', '--user', 'operator');
  await expect(page.getByText('Your session has ended.')).toBeVisible({ timeout: 30_000 }); // the server looks every 15 s
  await expect(page.getByLabel('Name')).toHaveValue('operator');
  expect(new URL(page.url()).searchParams.get('status')).toBe('failed');
});

test('logging out in one tab logs out the other', async ({ system, visit, allow }) => {
  allow(/^401 /);
  const page = await visit(system, 'viewer', '/');
  const other = await page.context().newPage();
  await other.goto(`${system.url}/workers`);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Workers');
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await expect(other.getByRole('button', { name: 'Log in' })).toBeVisible();
});

test('too many wrong passwords have to wait, and are told how long', async ({ system, visit, allow }) => {
  allow(/^(401|429) POST .*\/session$/);
  const page = await visit(system, null, '/');
  await page.getByLabel('Name').fill('viewer');
  await expect(async () => {
    await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('alert')).toContainText('Too many attempts', { timeout: 500 });
  }).toPass();
});
