import { expect, test } from './harness/test';

test('a new user logs in with the password that was shown once', async ({ system, visit }) => {
  const page = await visit(system, 'admin', '/settings/users');
  await page.getByRole('button', { name: 'Add a user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('newcomer');
  await dialog.getByRole('button', { name: 'Add a user' }).click();
  const secret = (await page.locator('[data-secret]').textContent()) ?? '';
  expect(secret.length).toBeGreaterThan(11);
  await page.getByRole('button', { name: 'I have stored it. Close' }).click();
  expect(await page.content()).not.toContain(secret);

  const own = await visit(system, null, '/');
  await own.getByLabel('Name').fill('newcomer');
  await own.getByRole('textbox', { name: 'Password' }).fill(secret);
  await own.keyboard.press('Enter');
  await expect(own.getByRole('heading', { level: 1 })).toHaveText('Overview');
  await page.goto(`${system.url}/settings/audit`);
  await expect(page.getByRole('table')).toContainText('Added a user');
});

test('a role that is changed counts at once, for a page that is open too', async ({ system, visit, allow }) => {
  allow(/^403 /);
  const page = await visit(system, 'operator', '/workers');
  await expect(page.getByRole('switch', { name: /consumer-1/ })).toBeVisible();
  await system.run('admin', 'user', 'role', 'operator', '--role', 'viewer');
  await page.reload();
  await expect(page.getByText('Process ON on')).toBeVisible();
  await expect(page.getByRole('switch', { name: /consumer-1/ })).toHaveCount(0);
});

test('a token of a back end is shown once, works, and works no more when it is removed', async ({ system, visit }) => {
  const page = await visit(system, 'admin', '/settings/tokens');
  await page.getByRole('button', { name: 'Add a token' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('settlement');
  await page.getByRole('dialog').getByRole('checkbox', { name: /^read/ }).click();
  await page
    .getByRole('dialog')
    .getByRole('checkbox', { name: /^submit/ })
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Add a token' }).click();
  const key = (await page.locator('[data-secret]').textContent()) ?? '';
  const send = async () =>
    (
      await fetch(`http://${system.place.producer}/v1/pushes`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ device_id: 't', msg_title: 'by the new token' }),
      })
    ).status;
  await expect.poll(send).toBe(202);
  await page.getByRole('button', { name: 'I have stored it. Close' }).click();
  await page.getByRole('button', { name: 'Remove token: settlement' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove the token' }).click();
  await expect(page.getByText('The token settlement was removed')).toBeVisible();
  await expect.poll(send).toBe(401);
});

test('what one may not see is not there, and refused', async ({ small, visit }) => {
  const page = await visit(small, 'operator', '/settings');
  await expect(page.getByRole('tab')).toHaveText(['Display', 'My account']);
  await page.goto(`${small.url}/settings/audit`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You have no permission for this page');
  expect((await small.api('operator', 'GET', '/users')).status).toBe(403);
  expect((await small.api('operator', 'POST', '/audit/search', {})).status).toBe(403);
});
