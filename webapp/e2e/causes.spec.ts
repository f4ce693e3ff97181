import { eventually } from './harness/process';
import { expect, type Page, test } from './harness/test';

// What the page says of a trouble is its cause, and it goes when the trouble does.

const menu = (page: Page, name: string) => page.getByRole('navigation').getByRole('link', { name });
const title = (page: Page) => page.getByRole('heading', { level: 1 });

test('a page that is opened while the server is away says so, and opens when it is back', async ({
  system,
  visit,
  allow,
}) => {
  allow(/^net::ERR_\w+ GET /, /^console: .*ERR_/, /^console: .*preload/);
  const page = await visit(system, 'operator', '/');
  await expect(page.locator('[data-live=live]')).toBeVisible();
  await system.process('admin').kill();
  await menu(page, 'Scheduled').click();
  await expect(page.getByText('The server cannot be reached, so this page is not loaded yet.')).toBeVisible();
  await expect(page.getByText('A new version was deployed')).toHaveCount(0);
  await system.serve();
  await expect(title(page)).toHaveText('Scheduled', { timeout: 45_000 });
  await expect(page.getByText('The server cannot be reached, so')).toHaveCount(0);
  await expect(page.getByText('A new version was deployed')).toHaveCount(0);
});

test.describe('a store where nothing has begun', () => {
  test.use({ options: { consumers: [] }, still: 'there has never been a push' });

  test('is an empty one, and its admin is ready', async ({ system, visit }) => {
    await system.process('producer').kill();
    await system.process('admin').stop();
    await system.redis('DEL', 'push:{0}:jobs', 'push:{0}:jobs:urgent');
    await system.serve(); // waits until it is ready
    const page = await visit(system, 'operator', '/');
    await expect(page.getByText('No pushes yet')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Backlog 0' })).toBeVisible();
    await expect(page.getByText('Redis cannot be reached')).toHaveCount(0);
    for (const [name, words] of [
      ['Push log', 'No pushes yet'],
      ['Failed', /^No push .*has failed/],
      ['Scheduled', 'No push is waiting'],
      ['Workers', 'No consumer is running'],
    ] as const) {
      await menu(page, name).click();
      await expect(title(page)).toHaveText(name);
      await expect(page.getByText(words).first()).toBeVisible();
      await expect(page.getByRole('alert')).toHaveCount(0);
    }
    // What is sent from the page before a consumer ever ran is sent when one does.
    const answer = await system.api('operator', 'POST', '/pushes', { device_id: 't', msg_title: 'first' });
    expect(answer.ok).toBe(true);
    await system.consumer('consumer-1');
    expect(await system.settled()).toMatchObject({ sent: 1 });
  });
});

test('in a hold the backlog is what waits, how long, and marked; the drawer says why nothing goes', async ({
  system,
  visit,
}) => {
  await system.simulate({ faults: { unauthenticated: 1 } });
  const ids = await system.send(
    ...Array.from({ length: 20 }, (_, n) => ({ msg_title: `held ${n}`, device_id: `token-${n}` })),
  );
  await eventually('a hold', async () => {
    const { holds } = await system.get<{ holds: unknown[] }>('/summary');
    return holds.length > 0 || undefined;
  });
  const page = await visit(system, 'operator', '/');
  const tile = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: /^Backlog/ }) });
  const waiting = tile.locator('[data-tone=warning]');
  await expect(async () => expect(Number(await waiting.textContent())).toBeGreaterThanOrEqual(20)).toPass();
  await expect(tile).toContainText(/Oldest waits .* in flight|Oldest waits/);
  await tile.getByRole('link').click();
  await expect(page).toHaveURL(/status=queued,retrying/);
  await expect(page.getByText(/^[2-9]\d pushes|^\d{3,} pushes/).first()).toBeVisible();
  await page.goto(`${system.url}/log?id=${ids[0]}`);
  const why = /^(Sending is held|No worker reaches FCM)/; // between two probes, or before the next hold
  await expect(page.getByText(why)).toBeVisible({ timeout: 45_000 });
  await system.simulate({});
  expect(await system.settled()).toMatchObject({ sent: 20 });
});

test('a reserved push says when it is due', async ({ system, visit }) => {
  const [id = ''] = await system.send({
    msg_title: 'due',
    sndn_rsev_hour: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const page = await visit(system, 'operator', `/log?id=${id}`);
  const timeline = page.getByRole('list', { name: 'Timeline' });
  await expect(timeline).toContainText(/Due\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
  await expect(timeline).not.toContainText('Waiting for a worker');
});
