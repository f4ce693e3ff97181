import { LiveEvents, typeSlowly } from './harness/events';
import { eventually } from './harness/process';
import type { System } from './harness/system';
import { expect, type Page, test } from './harness/test';

const box = (page: Page) => page.getByRole('search');
const word = (page: Page) => box(page).getByRole('textbox', { name: 'Keyword' });
const total = (page: Page) => page.locator('[data-total]');

async function choose(page: Page, picker: string, option: string) {
  await box(page).getByRole('combobox', { name: picker }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

test.describe('while events flow, what is typed and chosen stays', () => {
  test('a second search, after the first one', async ({ system, visit }) => {
    await system.send(
      { csno: '10023451', msg_title: '삼성전자 체결' },
      { csno: '10023451', msg_title: '배당 안내' },
      { csno: '10099999', msg_title: '삼성전자 체결' },
    );
    await system.settled();
    const page = await visit(system, 'operator', '/log');
    const events = await LiveEvents.of(page);
    await word(page).fill('10023451');
    await page.keyboard.press('Enter');
    await expect(total(page)).toHaveText('2 pushes');

    await typeSlowly(page, events, word(page), '1009');
    await choose(page, 'Search in', 'Title');
    await choose(page, 'Match', 'contains');
    await events.next(page, 'pushes', 2);
    await expect(box(page).getByRole('combobox', { name: 'Search in' })).toHaveText('Title');
    await expect(box(page).getByRole('combobox', { name: 'Match' })).toHaveText('contains');
    await typeSlowly(page, events, word(page), '삼성전자');
    await page.keyboard.press('Enter');
    await expect(total(page)).toHaveText('2 pushes');
    await events.next(page, 'pushes', 2);
    await expect(word(page)).toHaveValue('삼성전자');

    // What the address says is shown again when the address changes.
    await page.goBack();
    await expect(word(page)).toHaveValue('10023451');
    await expect(box(page).getByRole('combobox', { name: 'Search in' })).toHaveText('Customer no.');
    await typeSlowly(page, events, word(page), '77');
    await box(page).getByRole('button', { name: 'Clear the search' }).click();
    await expect(word(page)).toHaveValue('');
  });

  test('a word of an open column, whose search stands in the address', async ({ small, visit }) => {
    const page = await visit(small, 'operator', '/log?column=push_grp_id&contains=flow');
    const events = await LiveEvents.of(page);
    await expect(word(page)).toHaveValue('flow');
    await typeSlowly(page, events, word(page), 'flo2');
    await choose(page, 'Search in', 'Service');
    await events.next(page, 'pushes', 2);
    await expect(box(page).getByRole('combobox', { name: 'Search in' })).toHaveText('Service');
    await expect(word(page)).toHaveValue('flo2');
  });

  test('the filters of the log, and its page', async ({ small, visit }) => {
    const page = await visit(small, 'operator', '/log?service=none&range=24h');
    const events = await LiveEvents.of(page);
    await page.getByRole('button', { name: 'More filters' }).click();
    const more = page.getByRole('dialog', { name: 'More filters' });
    await typeSlowly(page, events, more.getByLabel('Service'), 'set');
    await typeSlowly(page, events, more.getByLabel('Push group'), 'G1');
    await expect(more.getByLabel('Service')).toHaveValue('set');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Clear filters' }).first().click();
    await typeSlowly(page, events, page.getByRole('textbox', { name: 'Page' }), '12');
  });

  test('a flush: its filters, its reason and its word', async ({ small, visit }) => {
    const page = await visit(small, 'admin', '/flush');
    const events = await LiveEvents.of(page);
    for (const name of ['Service', 'Push group', 'Customer no.'])
      await typeSlowly(page, events, page.getByRole('main').getByLabel(name), 'abc');
    await page.getByRole('button', { name: 'Clear' }).first().click();
    await page.getByRole('button', { name: /^Flush .* pushes…$/ }).click();
    const dialog = page.getByRole('dialog');
    await typeSlowly(page, events, dialog.getByLabel('Reason'), 'why');
    await typeSlowly(page, events, dialog.getByLabel('Type flush'), 'flu');
    await expect(dialog.getByLabel('Reason')).toHaveValue('why');
  });

  test('a test send', async ({ small, visit }) => {
    const page = await visit(small, 'operator', '/compose');
    const events = await LiveEvents.of(page);
    const form = page.getByRole('form', { name: 'Test send' });
    for (const name of ['FCM registration token', 'Title', 'Body'])
      await typeSlowly(page, events, form.getByLabel(name), 'abc');
    for (const name of ['FCM registration token', 'Title', 'Body'])
      await expect(form.getByLabel(name)).toHaveValue('abc');
  });

  test('the filters of the audit log', async ({ small, visit }) => {
    const page = await visit(small, 'admin', '/settings/audit');
    const events = await LiveEvents.of(page);
    const filters = page.getByRole('search');
    await typeSlowly(page, events, filters.getByLabel('Who'), 'ope');
    await typeSlowly(page, events, filters.getByLabel('Customer'), '100');
    await expect(filters.getByLabel('Who')).toHaveValue('ope');
  });

  test('the time that a push is moved to, and the reasons of what asks', async ({ system, visit }) => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const [id] = await system.send({ id: 'waits', msg_title: 'waits', sndn_rsev_hour: at });
    const page = await visit(system, 'operator', '/scheduled');
    const events = await LiveEvents.of(page);
    await page.getByRole('button', { name: `Move ${id}` }).click();
    const dialog = page.getByRole('dialog');
    const time = dialog.getByLabel(/^New time/);
    await time.fill('2030-02-03T04:05');
    await events.next(page, 'pushes', 2);
    await expect(time).toHaveValue('2030-02-03T04:05');
    await typeSlowly(page, events, dialog.getByLabel('Reason'), 'why');
    await expect(time).toHaveValue('2030-02-03T04:05');
    await page.keyboard.press('Escape');
    await page.goto(`${system.url}/workers`);
    await page.getByRole('switch', { name: 'consumer-1 Process ON' }).click();
    await typeSlowly(page, events, page.getByRole('dialog').getByLabel('Reason'), 'why');
  });

  test('a device token that is looked up', async ({ small, visit }) => {
    const page = await visit(small, 'operator', '/workers?tab=tokens');
    const events = await LiveEvents.of(page);
    const find = page.getByRole('form', { name: 'Look up' });
    await typeSlowly(page, events, find.getByLabel('Device token'), 'd7:AP');
  });
});

/** Seconds since the last heartbeat that a card of the workers says. */
async function silent(page: Page, name: string): Promise<number> {
  const text = await page.getByRole('article', { name }).textContent();
  const [, m = '0', s = '0'] = /Last heartbeat(?:(\d+) m )?(\d+) s ago/.exec(text ?? '') ?? [];
  return Number(m) * 60 + Number(s);
}

test.describe('heartbeats', () => {
  test.use({ options: { consumers: ['consumer-1', 'consumer-2'] } });

  test('of a process that is dead get older than those of one that lives', async ({ system, visit }) => {
    const page = await visit(system, 'viewer', '/workers');
    await expect(page.getByRole('article', { name: 'consumer-2' })).toContainText('Last heartbeat');
    await system.process('consumer-2').kill();
    await expect
      .poll(async () => (await silent(page, 'consumer-2')) - (await silent(page, 'consumer-1')), { timeout: 40_000 })
      .toBeGreaterThanOrEqual(12);
  });
});

type Entries = { entries: { action: string; actor: string; outcome: string; customer: string }[] };

/** The searches for personal data of a user that are in the audit log. */
async function searches(system: System, actor: string) {
  const answer = await system.api('admin', 'POST', '/audit/search', { actions: ['search'], actor, limit: 100 });
  return ((await answer.json()) as Entries).entries;
}

test.describe('a search for personal data is one entry of the audit log', () => {
  test("another's, whose page stays open", async ({ system, visit }) => {
    await system.send({ csno: '10023451', msg_title: 'fine' });
    await system.settled();
    const page = await visit(system, 'operator', '/log');
    await word(page).fill('10023451');
    await page.keyboard.press('Enter');
    await expect(total(page)).toHaveText('1 push');
    const shared = new URL(page.url());
    const other = await visit(system, 'viewer', shared.pathname + shared.search);
    const events = await LiveEvents.of(other);
    await expect(total(other)).toHaveText('1 push');
    await events.next(other, 'pushes', 8);
    await other.reload();
    await expect(total(other)).toHaveText('1 push');
    expect(await searches(system, 'viewer')).toMatchObject([{ outcome: 'done', customer: '10023451' }]);
    expect(await searches(system, 'operator')).toHaveLength(1);
  });

  test("one's own, of FCM's answers, which stands in the address", async ({ system, visit }) => {
    await system.send({ device_id: 'x-unregistered', msg_title: 'gone' });
    await eventually('the failure', async () => ((await system.counts()).failed === 1 ? true : undefined));
    const page = await visit(system, 'operator', '/log?column=result&contains=unregistered');
    const events = await LiveEvents.of(page);
    await expect(total(page)).toHaveText('1 push');
    await events.next(page, 'pushes', 8);
    expect(await searches(system, 'operator')).toHaveLength(1);
  });
});
