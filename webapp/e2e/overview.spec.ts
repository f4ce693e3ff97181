import { eventually } from './harness/process';
import { expect, test } from './harness/test';

test.describe('before the first push', () => {
  test.use({ still: 'there has never been a push' });

  test('it is said what to do', async ({ system, visit }) => {
    const page = await visit(system, 'viewer', '/');
    await expect(page.getByText('No pushes yet')).toBeVisible();
    await system.send({ msg_title: 'first' });
    await expect(page.getByText('No pushes yet')).toHaveCount(0);
  });
});

test('numbers lead to the log with the same filter, and change as it happens', async ({ system, visit }) => {
  const page = await visit(system, 'viewer', '/');
  await system.send(
    ...Array.from({ length: 7 }, () => ({ msg_title: 'fine' })),
    ...Array.from({ length: 3 }, () => ({ device_id: 'x-unregistered', msg_title: 'gone' })),
  );
  await eventually('them to end', async () => ((await system.counts()).failed === 3 ? true : undefined));
  const tile = page.getByRole('listitem').filter({ hasText: /In 60 minutes · / });
  await expect(tile.getByRole('link')).toContainText('3');
  await expect(page.getByText('An FCM simulator is in use.')).toBeVisible();
  await tile.getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Push log');
  await expect(page.locator('[data-total]')).toHaveText('3 pushes');
  await page.goBack();
  await page.getByRole('link', { name: 'UNREGISTERED' }).click();
  await expect(page.locator('[data-total]')).toHaveText(/^\d pushe?s?/);
  await expect.poll(() => new URL(page.url()).searchParams.get('code')).toBe('UNREGISTERED');
});

test('a time chosen in the chart opens the log of that time', async ({ small, visit }) => {
  const page = await visit(small, 'viewer', '/?range=24h');
  const slider = page.getByRole('slider', { name: 'Choose a time' });
  await slider.focus();
  for (const key of ['End', 'Shift+PageUp', 'Enter']) await page.keyboard.press(key);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Push log');
  const { searchParams } = new URL(page.url());
  expect(searchParams.get('since')).toBeTruthy();
  expect(searchParams.get('until')).toBeTruthy();
});

test('one panel that fails leaves the others', async ({ small, visit, allow }) => {
  allow(/^503 GET .*\/failures$/);
  const page = await visit(small, 'viewer', '/nothing');
  await page.route('**/api/v1/failures', (route) =>
    route.fulfill({
      status: 503,
      json: { title: 'Service Unavailable', status: 503, detail: 'Redis does not answer' },
    }),
  );
  await page.getByRole('navigation').getByRole('link', { name: 'Overview' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Redis does not answer' })).toHaveCount(1);
  await expect(page.getByRole('slider', { name: 'Choose a time' })).toBeVisible();
});

test('no worker at all, and all of them paused, is told', async ({ system, visit }) => {
  const page = await visit(system, 'admin', '/');
  await system.send({ msg_title: 'first' });
  await system.api('admin', 'PUT', '/workers/desired', { desired: 'paused' });
  await expect(page.getByText('All workers are paused.')).toBeVisible();
  await system.api('admin', 'PUT', '/workers/desired', { desired: 'running' });
  await expect(page.getByText('All workers are paused.')).toHaveCount(0);
  await system.process('consumer-1').stop();
  await expect(page.getByText('No worker is running.')).toBeVisible();
});
