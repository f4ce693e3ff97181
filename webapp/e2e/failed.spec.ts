import { eventually } from './harness/process';
import type { System } from './harness/system';
import { expect, test } from './harness/test';

const dead = (count: number, job: object = {}) =>
  Array.from({ length: count }, (_, i) => ({ device_id: `t${i}-apns`, msg_title: `push ${i}`, ...job }));

/** Waits until so many have failed. */
const failed = (system: System, count: number) =>
  eventually(`${count} failures`, async () => ((await system.counts()).failed === count ? true : undefined));

test('a whole group is counted, redriven as a job, and arrives once FCM takes it', async ({ system, visit }) => {
  await system.send(...dead(130), { device_id: 'x-unregistered', msg_title: 'gone' });
  await failed(system, 131);
  // The certificate was renewed: from now on the tokens of this fate are fine.
  await system.simulate({ seed: 0, latency: {}, fates: Object.fromEntries(dead(130).map((j) => [j.device_id, 'ok'])) });
  const page = await visit(system, 'operator', '/failed');
  const groups = page.getByRole('table', { name: 'Failures by error code' });
  await expect(groups.getByRole('row')).toHaveCount(3);
  await expect(groups.getByRole('row').nth(1)).toContainText('130');
  await groups.getByRole('link', { name: 'THIRD_PARTY_AUTH_ERROR' }).click();
  await page.getByRole('button', { name: 'Redrive all…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Redrive the matching pushes' });
  await expect(dialog).toContainText('130 pushes match now');
  const verb = dialog.getByRole('button', { name: 'Redrive 130 pushes' });
  await expect(verb).toBeDisabled();
  await dialog.getByLabel('Reason').fill('certificate renewed');
  await verb.click();
  await expect(page.getByText('130 of 130 done').or(page.getByText('130 pushes done')).first()).toBeVisible();
  await eventually('them to be sent', async () => ((await system.counts()).sent === 130 ? true : undefined));
  expect((await system.counts()).failed).toBe(1);
  expect(await system.run('admin', 'audit', 'list')).toContain('certificate renewed');
});

test('a selection is redriven, and the others are not', async ({ system, visit }) => {
  await system.send(...dead(5, { D_servicename: 'chosen' }));
  await failed(system, 5);
  const page = await visit(system, 'operator', '/failed?code=THIRD_PARTY_AUTH_ERROR');
  const table = page.getByRole('table', { name: /Pushes that failed/ });
  await expect(table.locator('[data-push]')).toHaveCount(5);
  const boxes = table.getByRole('checkbox', { name: /^Select [^a]/ });
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await page.getByRole('button', { name: 'Redrive 2 pushes' }).click();
  await page
    .getByRole('dialog', { name: 'Redrive 2 pushes?' })
    .getByRole('button', { name: 'Redrive 2 pushes' })
    .click();
  await expect(page.getByText('2 pushes were queued again')).toBeVisible();
  await expect(table.locator('[data-push]')).toHaveCount(5);
  const { items } = await system.get<{ items: { attempts: number }[] }>('/pushes?D_servicename=chosen&size=10');
  expect(items.map((r) => r.attempts).sort()).toEqual([1, 1, 1, 2, 2]);
});

test('a viewer redrives nothing, and the server refuses it', async ({ system, visit }) => {
  const [id] = await system.send(...dead(2));
  await failed(system, 2);
  const page = await visit(system, 'viewer', '/failed?code=THIRD_PARTY_AUTH_ERROR');
  await expect(page.locator('[data-push]')).toHaveCount(2);
  await expect(page.getByRole('button', { name: /Redrive/ })).toHaveCount(0);
  await expect(page.getByRole('checkbox')).toHaveCount(0);
  expect((await system.api('viewer', 'POST', `/pushes/${id}/redrive`)).status).toBe(403);
  expect(
    (await system.api('viewer', 'POST', '/jobs', { kind: 'redrive', status: ['failed'], reason: 'no' })).status,
  ).toBe(403);
});

test.describe('thirty days of failures', () => {
  test.use({ options: { rows: 3_000, fill: ['--days', '30'] } });

  test('what failed in the last hour is redriven in six clicks, and nothing older or newer', async ({
    system,
    visit,
  }) => {
    const code = 'THIRD_PARTY_AUTH_ERROR';
    const old = (await system.counts()).failed ?? 0;
    await system.send(...dead(8));
    await failed(system, old + 8);
    const page = await visit(system, 'operator', '/failed');
    await page.getByRole('button', { name: '1 h', exact: true }).click(); // 1
    const groups = page.getByRole('table', { name: 'Failures by error code' });
    await expect(groups.getByRole('row', { name: code })).toContainText('8');
    await groups.getByRole('link', { name: code }).click(); // 2
    await page.getByRole('button', { name: 'Redrive all…' }).click(); // 3
    const dialog = page.getByRole('dialog', { name: 'Redrive the matching pushes' });
    await expect(dialog).toContainText('8 pushes match now');
    await expect(dialog).toContainText(/The oldest was accepted at .*, \d+ (second|minute)s? ago/);
    await expect(dialog).not.toContainText('past their lifetime');
    // What fails between the count and the order is not taken.
    await system.send(...dead(5));
    await failed(system, old + 13);
    await expect(dialog).toContainText('8 pushes match now');
    await dialog.getByLabel('Reason').fill('certificate renewed'); // 4
    await dialog.getByRole('button', { name: 'Redrive 8 pushes' }).click(); // 5
    await expect(page.getByText('8 of 8 done').or(page.getByText('8 pushes done')).first()).toBeVisible();
    await failed(system, old + 13); // they fail once more
    const { items } = await system.get<{ items: { attempts: number }[] }>('/pushes?status=failed&size=13');
    expect(items.filter((r) => r.attempts === 2)).toHaveLength(8);

    // All of the log is another matter, and says so.
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByRole('button', { name: 'Redrive all…' }).click();
    await expect(dialog).toContainText('No period: everything in the log.');
    await expect(dialog).toContainText(/The oldest was accepted at .*, \d+ days ago/);
    await expect(dialog).toContainText('past their lifetime');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.reload();
    await expect(page.getByRole('button', { name: 'All', exact: true })).toHaveAttribute('aria-pressed', 'true');
  });
});
