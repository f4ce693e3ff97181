import { eventually, type Process } from './harness/process';
import type { System } from './harness/system';
import { expect, type Page, test } from './harness/test';

const card = (page: Page, name: string) => page.getByRole('article', { name });
const turn = (page: Page, name: string) => page.getByRole('switch', { name: `${name} Process ON` });

type Workers = { items: { name: string; state: string; in_hand: number }[] };
const worker = async (system: System, name: string) =>
  (await system.get<Workers>('/workers')).items.find((w) => w.name === name);

/** Waits until a consumer has something in hand. */
const busy = (system: System, name: string) =>
  eventually(`${name} to have work`, async () => ((await worker(system, name))?.in_hand ? true : undefined));

const slow = (n: number) => Array.from({ length: n }, (_, i) => ({ device_id: `t${i}-slow`, msg_title: `push ${i}` }));

test.describe('switches', () => {
  test.use({ options: { consumers: ['consumer-1', 'consumer-2'] } });

  test('a consumer that is switched off drains, the last one asks first, and nothing is lost', async ({
    system,
    visit,
  }) => {
    const page = await visit(system, 'operator', '/workers');
    await expect(card(page, 'consumer-1')).toContainText('Running');
    await system.send(...slow(60));
    await busy(system, 'consumer-1');
    await turn(page, 'consumer-1').click();
    await expect(turn(page, 'consumer-1')).not.toBeChecked();
    await expect(card(page, 'consumer-1')).toContainText('Draining');
    await expect(card(page, 'consumer-1')).toContainText('Paused');
    await expect(card(page, 'consumer-2')).toContainText('Running');

    await turn(page, 'consumer-2').click();
    const dialog = page.getByRole('dialog', { name: 'Switch off the last process?' });
    await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
    await dialog.getByRole('button', { name: 'Switch off consumer-2' }).click();
    await expect(card(page, 'consumer-2')).toContainText('Paused');
    await system.send(...Array.from({ length: 40 }, () => ({ msg_title: 'waits' })));
    expect((await system.counts()).queued).toBe(40);

    await turn(page, 'consumer-1').click();
    await expect(card(page, 'consumer-1')).toContainText('Running');
    expect(await system.settled()).toMatchObject({ sent: 100, failed: 0, expired: 0 });
    const stats = (await (await fetch(`http://${system.place.sim}/_sim/stats`)).json()) as { duplicates?: number };
    expect(stats.duplicates ?? 0).toBe(0);
  });

  test('a consumer that is killed is lost within 20 s, and its work is taken over', async ({ system, visit }) => {
    const page = await visit(system, 'viewer', '/workers');
    await expect(card(page, 'consumer-1')).toContainText('Running');
    await system.send(...slow(60));
    await busy(system, 'consumer-1');
    const began = Date.now();
    await (system.process('consumer-1') as Process).kill();
    await expect(card(page, 'consumer-1')).toContainText('Lost', { timeout: 20_000 });
    expect(Date.now() - began).toBeLessThan(20_000);
    expect((await system.settled()).sent).toBe(60);
  });

  test('all are paused and resumed together', async ({ system, visit }) => {
    const page = await visit(system, 'admin', '/workers');
    await page.getByRole('button', { name: 'Pause all' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pause all processes?' });
    await dialog.getByRole('button', { name: 'Pause all 2 processes' }).click();
    await expect(page.getByText('Nothing is sent.')).toBeVisible();
    await expect(turn(page, 'consumer-1')).toBeDisabled();
    await expect(card(page, 'consumer-2')).toContainText('Paused');
    await page.getByRole('button', { name: 'Resume all' }).click();
    await expect(card(page, 'consumer-2')).toContainText('Running');
    await expect(turn(page, 'consumer-1')).toBeEnabled();
  });
});

test('a switch that the server refuses moves back, and says why', async ({ small, visit, allow }) => {
  allow(/^503 PUT /);
  const page = await visit(small, 'operator', '/workers');
  await page.route('**/desired', (route) =>
    route.fulfill({
      status: 503,
      json: { title: 'Service Unavailable', status: 503, detail: 'Redis does not answer' },
    }),
  );
  await turn(page, 'consumer-1').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Switch off consumer-1' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Redis does not answer');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(turn(page, 'consumer-1')).toBeChecked();
});

test('a viewer sees no switch, and the server refuses one', async ({ small, visit }) => {
  const page = await visit(small, 'viewer', '/workers');
  await expect(card(page, 'consumer-1')).toContainText('Process ON on');
  await expect(page.getByRole('switch')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Pause all' })).toHaveCount(0);
  const answer = await small.api('viewer', 'PUT', '/workers/consumer-1/desired', { desired: 'paused' });
  expect(answer.status).toBe(403);
});

test("the web server's own switch is locked, and says why", async ({ small, visit }) => {
  const page = await visit(small, 'admin', '/workers');
  const server = card(page, 'Web server');
  await expect(server.getByRole('switch')).toBeDisabled();
  await expect(server).toContainText('cannot be switched off');
});

test('suppressed tokens are looked up, named by a test send, and forgotten together', async ({ system, visit }) => {
  const token = 'd7:APA91b-unregistered';
  await system.send({ device_id: token, msg_title: 'a' }, { device_id: `e${token}`, msg_title: 'b' });
  await eventually('both to be suppressed', async () =>
    (await system.get<{ total: number }>('/dead-tokens')).total === 2 ? true : undefined,
  );
  const page = await visit(system, 'operator', '/compose');
  const form = page.getByRole('form', { name: 'Test send' });
  await form.getByLabel('FCM registration token').fill(token);
  await form.getByLabel('Title').fill('t');
  await form.getByRole('button', { name: 'Validate only' }).click();
  await expect(form.getByText('This token is suppressed')).toContainText('FCM answered UNREGISTERED');
  await form.getByRole('link', { name: 'To the suppressed tokens' }).click();

  const find = page.getByRole('form', { name: 'Look up' });
  await find.getByLabel('Device token').fill(token);
  await find.getByRole('button', { name: 'Look up' }).click();
  await expect(find.getByText('It is suppressed')).toBeVisible();
  expect(page.url()).not.toContain('APA91b');
  await page.getByRole('button', { name: 'Forget many…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Forget suppressed tokens?' });
  await dialog.getByLabel('Reason').fill('FCM was wrong');
  await dialog.getByRole('button', { name: 'Forget 2 tokens' }).click();
  await expect(page.getByText('2 tokens are forgotten')).toBeVisible();
  await expect(find.getByText('It is not suppressed')).toBeVisible();
  await expect(page.getByText('No suppressed tokens')).toBeVisible();
});
