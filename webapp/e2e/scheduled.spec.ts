import { eventually } from './harness/process';
import { expect, test } from './harness/test';

/** A reserved time, so many minutes from now, as the wire has it. */
const inMinutes = (n: number) => new Date(Date.now() + n * 60_000).toISOString();

test('what waits is sent now, moved and cancelled, and its row stays and says so', async ({ system, visit }) => {
  const [send, move, cancel] = await system.send(
    ...[10, 20, 30].map((n, i) => ({ id: `due-${i}`, msg_title: `due ${n}`, sndn_rsev_hour: inMinutes(n) })),
  );
  const page = await visit(system, 'operator', '/scheduled');
  const list = page.getByRole('table', { name: 'Waiting pushes' });
  await expect(list.getByRole('row')).toHaveCount(4);

  await page.getByRole('button', { name: `Send ${send} now` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send 1 push now' }).click();
  await expect(page.getByText('It was queued')).toBeVisible();
  await expect(list.getByRole('row').nth(1).locator('[data-status=sent]')).toBeVisible();

  await page.getByRole('button', { name: `Move ${move}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: '+1 hour' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Move to / })
    .click();
  await expect(page.getByText(/^Moved to /)).toBeVisible();
  const record = await system.get<{ sndn_rsev_hour: string; expires_at: string }>(`/pushes/${move}`);
  expect(Date.parse(record.expires_at) - 3_600_000).toBeGreaterThan(Date.now() + 75 * 60_000); // 20 minutes and an hour

  await page.getByRole('button', { name: `Cancel ${cancel}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel 1 push' }).click();
  await expect(page.getByText('It was cancelled')).toBeVisible();
  await expect(list.getByRole('row')).toHaveCount(4);
  expect(await system.counts()).toMatchObject({ sent: 1, scheduled: 1, cancelled: 1 });
});

test('one that has left meanwhile is told, and nothing is done', async ({ system, visit, allow }) => {
  allow(/^409 POST /);
  const [id = ''] = await system.send({ id: 'due-0', msg_title: 'due', sndn_rsev_hour: inMinutes(10) });
  const page = await visit(system, 'operator', '/scheduled');
  await page.getByRole('button', { name: `Cancel ${id}` }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await system.api('admin', 'POST', `/pushes/${id}/send-now`);
  await eventually('it to be sent', async () => ((await system.counts()).sent === 1 ? true : undefined));
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel 1 push' }).click();
  await expect(page.getByText('Its state has changed in the meantime. Nothing was done.')).toBeVisible();
  expect((await system.counts()).sent).toBe(1);
});

test('a viewer sees what waits, and no button', async ({ small, visit }) => {
  const page = await visit(small, 'viewer', '/scheduled');
  const list = page.getByRole('table', { name: 'Waiting pushes' });
  await expect(list.getByRole('row').nth(1)).toBeVisible();
  await expect(list.getByRole('button')).toHaveCount(0);
});
