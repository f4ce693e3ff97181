import { expect, test } from './harness/test';

test.describe('all of it', () => {
  test.use({ still: 'what flows in would be removed, too: there would never be nothing to remove' });

  test('a flush wants the right word and a reason, shows how far it is, and is audited', async ({ system, visit }) => {
    await system.send(...Array.from({ length: 30 }, (_, i) => ({ msg_title: `push ${i}` })));
    await system.settled();
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    await system.send({ id: 'later', msg_title: 'later', sndn_rsev_hour: tomorrow });
    const page = await visit(system, 'admin', '/flush');
    await page.getByRole('button', { name: 'Flush 30 pushes…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove 30 records from the log?' });
    const verb = dialog.getByRole('button', { name: 'Flush 30 pushes' });
    await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
    await expect(verb).toBeDisabled();
    await dialog.getByLabel('Reason').fill('a test');
    await dialog.getByLabel('Type flush').fill('flash');
    await expect(verb).toBeDisabled();
    await page.keyboard.press('Enter');
    await expect(dialog).toBeVisible();
    await dialog.getByLabel('Type flush').fill('flush');
    await verb.click();
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText('The flush is done')).toBeVisible();
    await expect(page.getByText('There is nothing to remove')).toBeVisible();
    expect(await system.counts()).toMatchObject({ sent: 0, scheduled: 1 });
    expect(await system.run('admin', 'audit', 'list', '--action', 'flush')).toMatch(/admin .*flush .*a test/);
  });
});

test('a flush of some leaves the others', async ({ system, visit }) => {
  await system.send(...Array.from({ length: 8 }, () => ({ msg_title: 'keep', push_grp_id: 'G1' })));
  await system.send(...Array.from({ length: 5 }, () => ({ msg_title: 'go', push_grp_id: 'G2' })));
  await system.settled();
  const page = await visit(system, 'admin', '/flush');
  await page.getByLabel('Push group').fill('G2');
  await page.getByRole('button', { name: 'Flush 5 pushes…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('a test');
  await dialog.getByLabel('Type flush').fill('flush');
  await dialog.getByRole('button', { name: 'Flush 5 pushes' }).click();
  await expect(page.getByText('The flush is done')).toBeVisible();
  expect((await system.counts()).sent).toBe(8);
});

test('only an administrator flushes', async ({ small }) => {
  for (const role of ['viewer', 'operator'] as const) {
    const answer = await small.api(role, 'POST', '/flushes', { confirm: 'flush', reason: 'no' });
    expect(answer.status).toBe(403);
  }
});
