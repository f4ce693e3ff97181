import { expect, test } from './harness/test';

test('a test push is validated, sent, and its story told to the end', async ({ system, visit, allow }) => {
  allow(/^422 POST /);
  const page = await visit(system, 'operator', '/compose');
  const form = page.getByRole('form', { name: 'Test send' });
  await form.getByLabel('FCM registration token').fill('x-flaky');
  await form.getByLabel('Title').fill('<b>시험</b> 👋');
  await form.getByLabel('Body').fill('다음 주 배당 안내');
  await expect(page.getByRole('group', { name: 'As a phone shows it' })).toContainText('<b>시험</b> 👋');
  await form.getByRole('button', { name: 'Validate only' }).click();
  await expect(form.getByText('All fields are valid.')).toBeVisible();
  expect((await system.counts()).sent ?? 0).toBe(0);
  await form.getByRole('button', { name: 'Send…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Send this test push?' });
  await expect(dialog).toContainText('simulator');
  await dialog.getByRole('button', { name: 'Send 1 push' }).click();
  const story = page.getByRole('list', { name: 'Timeline' }).getByRole('listitem');
  await expect(story).toHaveText([/^Received/, /^Attempt 1 503 UNAVAILABLE/, /^Attempt 2 200 ACCEPTED/], {
    timeout: 20_000,
  });
  await page
    .getByRole('region', { name: 'The push that was sent' })
    .getByRole('link', { name: 'Show in the log' })
    .click();
  await expect(page.getByRole('dialog', { name: 'Push' })).toContainText('503 UNAVAILABLE');
});

test('too many bytes are counted as FCM counts them, and not sent', async ({ small, visit, allow }) => {
  allow(/^422 POST /);
  const page = await visit(small, 'operator', '/compose');
  const form = page.getByRole('form', { name: 'Test send' });
  await form.getByLabel('FCM registration token').fill('t');
  await form.getByLabel('Body').fill('가'.repeat(10_000));
  await expect(page.getByText(/bytes over the limit/)).toBeVisible();
  await form.getByRole('button', { name: 'Send…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send 1 push' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(form.getByText('Some fields need correction.')).toBeVisible();
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over).toBe(0);
});

test('a test push is read as a file is: trimmed, in NFC, and what is no text is named at its field', async ({
  system,
  visit,
  allow,
}) => {
  allow(/^422 POST /);
  const page = await visit(system, 'operator', '/compose');
  const form = page.getByRole('form', { name: 'Test send' });
  const title = form.getByLabel('Title');
  await form.getByLabel('FCM registration token').fill('\ufefftoken ');
  await form.getByLabel('Push id (optional)').fill('nfd-1\u200b');
  await form.getByLabel('Customer no.').fill('１００２\u00a0');
  await title.fill('매수\u0001');
  await form.getByRole('button', { name: 'Add a row' }).click();
  await form.getByLabel('Key 1').fill('gcm.n.e');
  await form.getByRole('button', { name: 'Validate only' }).click();
  await expect(title).toHaveAccessibleDescription('Contains a control character (U+0001): remove it');
  await expect(form.getByText('Key "gcm.n.e" is reserved by FCM: use another name')).toBeVisible();
  await title.fill('매수'.normalize('NFD'));
  await form.getByLabel('Key 1').fill('gcm_type');
  await form.getByRole('button', { name: 'Send…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send 1 push' }).click();
  await expect(page.getByRole('region', { name: 'The push that was sent' })).toBeVisible();
  const record = await system.redis('HMGET', 'push:{0}:record:nfd-1', 'csno', 'device_id', 'msg_title', 'data');
  expect(record.trim().split('\n')).toEqual(['1002', 'token', '매수', '{"gcm_type":""}']);
});
