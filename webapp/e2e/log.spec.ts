import { readFileSync } from 'node:fs';
import { bigRows } from './harness/big';
import { eventually } from './harness/process';
import type { System } from './harness/system';
import { expect, type Page, test } from './harness/test';

const rows = (page: Page) => page.getByRole('grid', { name: 'Pushes' }).locator('.MuiDataGrid-row');
const row = (page: Page, id: string) => page.locator(`.MuiDataGrid-row[data-id="${id}"]`);
const ids = (page: Page) => rows(page).evaluateAll((all) => all.map((r) => (r as HTMLElement).dataset.id ?? ''));
const total = (page: Page) => page.locator('[data-total]');
const number = (page: Page) => page.getByRole('textbox', { name: 'Page' });
const drawer = (page: Page) => page.getByRole('dialog', { name: 'Push' });
const asked = (page: Page) => new URL(page.url()).searchParams;
const n = (x: number) => x.toLocaleString('en-US');

/** Waits until a page of rows is there, and nothing is on its way. */
async function shown(page: Page): Promise<string[]> {
  await expect(rows(page).first()).toBeVisible();
  await expect(page.locator('main').getByRole('progressbar')).toHaveCount(0);
  return ids(page);
}

/** How many new pushes the banner says there are. */
async function newer(page: Page): Promise<number> {
  const banner = page.getByRole('button', { name: /^Show .* new push(es)?$/ });
  if ((await banner.count()) === 0) return 0;
  return Number((await banner.innerText()).replace(/\D/g, ''));
}

/** Searches as a reader does. */
async function search(page: Page, column: string, match: 'contains' | 'is exactly', word: string) {
  const box = page.getByRole('search');
  await box.getByRole('combobox', { name: 'Search in' }).click();
  await page.getByRole('option', { name: column, exact: true }).click();
  await box.getByRole('combobox', { name: 'Match' }).click();
  await page.getByRole('option', { name: match, exact: true }).click();
  await box.getByRole('textbox', { name: 'Keyword' }).fill(word);
  await box.getByRole('button', { name: 'Search', exact: true }).click();
}

/** Waits until the consumer takes nothing any more. */
const paused = (system: System) =>
  eventually('the pause', async () => {
    const { items } = await system.get<{ items: { state: string }[] }>('/workers');
    return items[0]?.state === 'paused' ? true : undefined;
  });

const many = (count: number, job: object = {}) =>
  Array.from({ length: count }, (_, i) => ({ msg_title: `push ${i}`, device_id: `t${i}`, ...job }));

test.describe('a big log', { tag: '@big' }, () => {
  test('first, last, one in the middle, back and reload show the same rows', async ({ big, visit }) => {
    const page = await visit(big, 'operator', '/log');
    const first = await shown(page);
    const all = Number(await total(page).getAttribute('data-total'));
    expect(all).toBeGreaterThan(bigRows); // some flow in
    const last = Math.ceil(all / 100);
    const middle = Math.ceil(last / 2);
    await expect(total(page)).toHaveText(`${n(all)} pushes`);
    await expect(page.getByText(`/ ${n(last)} pages`)).toBeVisible();

    await number(page).fill(String(middle));
    await page.keyboard.press('Enter');
    await expect.poll(() => asked(page).get('page')).toBe(String(middle));
    await expect.poll(async () => (await ids(page))[0]).not.toBe(first[0]);
    const there = await shown(page);

    await page.getByRole('button', { name: 'Last page' }).click();
    await expect.poll(() => asked(page).get('page')).toBe(String(last));
    await expect.poll(async () => (await ids(page))[0]).not.toBe(there[0]);
    const end = await shown(page);
    await expect(page.getByRole('button', { name: 'Next page' })).toBeDisabled();

    await page.goBack();
    await expect.poll(() => ids(page)).toEqual(there);
    await page.reload();
    expect(await shown(page)).toEqual(there);
    const other = await page.context().newPage();
    await other.goto(page.url());
    expect(await shown(other)).toEqual(there);
    await page.getByRole('button', { name: 'First page' }).click();
    await expect.poll(() => ids(page)).toEqual(first);

    await page.getByRole('columnheader', { name: 'Accepted at' }).click();
    await expect.poll(() => asked(page).get('order')).toBe('oldest');
    await expect.poll(async () => (await ids(page))[0]).not.toBe(first[0]);
    const oldest = await shown(page);
    expect(end).not.toContain(first[0]);
    await page.getByRole('button', { name: 'Last page' }).click();
    await expect.poll(() => ids(page)).not.toEqual(oldest);
    await shown(page);
  });

  test('two Korean characters anywhere in the texts: found while it still counts, to the exact number', async ({
    big,
    visit,
  }) => {
    const page = await visit(big, 'auditor', '/log');
    await shown(page);
    await search(page, 'Body', 'contains', '삼성');
    await expect.poll(() => asked(page).get('search')).toBeTruthy();
    expect(decodeURIComponent(page.url())).not.toContain('삼성');
    await expect(rows(page).first()).toBeVisible();
    await expect(total(page)).toHaveAttribute('data-exact', 'true', { timeout: 40_000 });
    const found = Number(await total(page).getAttribute('data-total'));
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(bigRows);
    const before = await shown(page);
    await page.reload();
    expect(await shown(page)).toEqual(before);
    await expect(page.getByRole('textbox', { name: 'Keyword' })).toHaveValue('삼성');
  });

  test('a search that finds nothing says so, and is cleared', async ({ big, visit }) => {
    const page = await visit(big, 'viewer', '/log');
    await shown(page);
    await search(page, 'Customer no.', 'is exactly', 'nobody-has-it');
    await expect(page.getByText('No push matches')).toBeVisible();
    await page.getByRole('status').getByRole('button', { name: 'Clear filters' }).click();
    await expect.poll(async () => Number(await total(page).getAttribute('data-total'))).toBeGreaterThan(bigRows);
  });

  test('a time chosen in the histogram is the range of the log', async ({ big, visit }) => {
    const page = await visit(big, 'viewer', '/log?range=7d');
    await shown(page);
    const whole = Number(await total(page).getAttribute('data-total'));
    const slider = page.getByRole('slider', { name: 'Choose a time' });
    const box = await slider.boundingBox();
    if (!box) throw new Error('no histogram');
    await page.mouse.move(box.x + box.width * 0.4, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 30, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => asked(page).get('since')).toBeTruthy();
    const [since, until] = ['since', 'until'].map((k) => Date.parse(asked(page).get(k) ?? ''));
    expect((until ?? 0) - (since ?? 0)).toBeGreaterThan(3_600_000);
    await expect.poll(async () => Number(await total(page).getAttribute('data-total'))).toBeLessThan(whole);
    await shown(page);
    await page.goBack();
    // The last seven days move on meanwhile, and leave some pushes behind.
    await expect.poll(async () => Number(await total(page).getAttribute('data-total'))).toBeGreaterThan(0.99 * whole);

    await slider.focus();
    for (const key of ['Home', 'Shift+ArrowRight', 'Enter']) await page.keyboard.press(key);
    await expect.poll(() => asked(page).get('since')).toBeTruthy();
  });
});

test.describe('what comes meanwhile', () => {
  test.use({ options: { rows: 1_000, fill: ['--days', '1'], env: { RETRY_MIN_DELAY: '4s' } } });

  test('page 3 does not move while 250 pushes arrive; a banner counts them', async ({ system, visit }) => {
    const page = await visit(system, 'operator', '/log?page=3');
    const before = await shown(page);
    await expect(page.locator('[data-live=live]')).toBeVisible();
    const some = await visit(system, 'operator', '/log?group=G-new');
    await expect(some.getByText('No push matches')).toBeVisible();
    const sent = await system.send(...many(250, { push_grp_id: 'G-new' }));
    await expect.poll(() => newer(page)).toBeGreaterThanOrEqual(250);
    expect(await ids(page)).toEqual(before);
    await page.getByRole('button', { name: /^Show .* new pushes$/ }).click();
    await expect.poll(() => asked(page).get('page')).toBeNull();
    await expect.poll(async () => Number(await total(page).getAttribute('data-total'))).toBeGreaterThanOrEqual(1_250);

    const banner = some.getByRole('button', { name: 'Show 250 new pushes' });
    await banner.click();
    await expect.poll(async () => sent.includes((await ids(some))[0] ?? '')).toBe(true);
    await expect(total(some)).toHaveText('250 pushes');
    await expect(banner).toHaveCount(0);
  });

  test('a row goes queued, retrying, accepted in place, and its story has both tries', async ({ system, visit }) => {
    await system.api('admin', 'PUT', '/workers/consumer-1/desired', { desired: 'paused' });
    await paused(system);
    const [id = ''] = await system.send({ device_id: 'x-flaky', msg_title: 'flaky', push_grp_id: 'place' });
    await system.send(...many(3, { device_id: 'fine', push_grp_id: 'place' }));
    const page = await visit(system, 'operator', '/log?group=place');
    await expect(page.locator('[data-live=live]')).toBeVisible();
    await expect(row(page, id).locator('[data-status=queued]').first()).toBeVisible();
    await row(page, id).click();
    await expect(drawer(page)).toContainText('Waiting for workers to be switched on');
    const before = await ids(page);
    await system.api('admin', 'PUT', '/workers/consumer-1/desired', { desired: 'running' });
    await expect(row(page, id).locator('[data-status=retrying]').first()).toBeVisible();
    await expect(drawer(page)).toContainText('503 UNAVAILABLE');
    await expect(row(page, id).locator('[data-status=sent]').first()).toBeVisible();
    expect(await ids(page)).toEqual(before);
    const story = drawer(page).getByRole('list', { name: 'Timeline' });
    await expect(story.getByRole('listitem')).toHaveText([
      /^Received/,
      /^Attempt 1 503 UNAVAILABLE/,
      /^Attempt 2 200 ACCEPTED/,
    ]);
    await expect.poll(() => asked(page).get('id')).toBe(id);
    await page.reload();
    await expect(story.getByRole('listitem')).toHaveCount(3);
    await page.keyboard.press('Escape');
    await expect(drawer(page)).toHaveCount(0);
    await expect.poll(() => asked(page).get('id')).toBeNull();
  });

  test('live tail shows what comes, and holds still while a push is open', async ({ system, visit }) => {
    const page = await visit(system, 'viewer', '/log');
    const first = await shown(page);
    await page.getByRole('button', { name: 'Live tail' }).click();
    await page.mouse.move(5, 5);
    await expect(page.locator('[data-live=live]')).toBeVisible();
    await expect.poll(async () => first.includes((await ids(page))[0] ?? '')).toBe(false); // of the flow
    await page.goto(`${system.url}/log?live=1&group=tail`);
    const [id = ''] = await system.send({ msg_title: 'now', push_grp_id: 'tail' });
    await expect(row(page, id)).toBeVisible();
    await row(page, id).click();
    await expect(page.getByRole('button', { name: /Paused while you read/ })).toBeVisible();
    const before = await ids(page);
    const [next = ''] = await system.send({ msg_title: 'later', push_grp_id: 'tail' });
    await system.settled();
    await expect(drawer(page)).toContainText('200 ACCEPTED');
    expect(await ids(page)).toEqual(before);
    await page.keyboard.press('Escape');
    await page.mouse.move(5, 5);
    await expect(row(page, next)).toBeVisible();
  });

  test('paused, nothing asks and nothing moves; resumed, it catches up', async ({ system, visit }) => {
    const page = await visit(system, 'viewer', '/log');
    const before = await shown(page);
    await expect(page.locator('[data-live=live]')).toBeVisible();
    await page.keyboard.press('p');
    await expect(page.locator('[data-live=paused]')).toBeVisible();
    const asks: string[] = [];
    page.on('request', (r) => asks.push(r.url()));
    await page.clock.install();
    await system.send(...many(20));
    await system.settled();
    await page.evaluate(() => {
      window.dispatchEvent(new Event('focus'));
      window.dispatchEvent(new Event('online'));
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await page.clock.runFor(60_000);
    expect(asks.filter((url) => url.includes('/api/'))).toEqual([]);
    expect(await ids(page)).toEqual(before);
    await page.keyboard.press('p');
    await expect.poll(() => newer(page)).toBeGreaterThanOrEqual(20);
  });
});

test('columns and the height of rows are chosen, and stay', async ({ small, visit }) => {
  const page = await visit(small, 'viewer', '/log');
  await shown(page);
  const heads = page.getByRole('columnheader');
  const height = async () => (await rows(page).first().boundingBox())?.height ?? 0;
  const compact = await height();
  await expect(heads.filter({ hasText: 'Title' })).toBeVisible();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Title' }).click();
  await page.getByRole('menuitemradio', { name: 'Comfortable' }).click();
  await page.keyboard.press('Escape');
  for (const again of [false, true]) {
    if (again) await page.reload();
    await shown(page);
    await expect(heads.filter({ hasText: 'Title' })).toHaveCount(0);
    expect(await height()).toBeGreaterThan(compact);
  }
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Title' }).click();
  await page.keyboard.press('Escape');
  await expect(heads.filter({ hasText: 'Title' })).toBeVisible();
});

test.describe('search', () => {
  let system: System;
  const own = {
    csno: '10099001',
    uuid_id: 'u-searched-1',
    device_id: 'searched-token-1',
    msg_title: '체결 안내 Zulu',
    msg_contents: '에코프로 12주가 매수 체결',
    D_servicename: 'settle',
    push_grp_id: 'G-search',
    cust_telno: '010-7777-1234',
  };
  const labels = {
    csno: 'Customer no.',
    uuid_id: 'UUID',
    device_id: 'Device token',
    msg_title: 'Title',
    msg_contents: 'Body',
    D_servicename: 'Service',
    push_grp_id: 'Push group',
    cust_telno: 'Phone',
  };
  const parts = {
    ...own,
    csno: '99001',
    uuid_id: 'searched',
    device_id: 'TOKEN-1',
    msg_title: 'zulu',
    msg_contents: '에코프로',
    D_servicename: 'ettl',
    push_grp_id: 'search',
    cust_telno: '7777',
  };
  const openColumns = ['D_servicename', 'push_grp_id'];

  test.beforeAll(async ({ small: _ }) => {
    const { System } = await import('./harness/system');
    system = await System.start();
    await system.send(
      ...many(12, { csno: '1', uuid_id: 'u', D_servicename: 'other', push_grp_id: 'G9', cust_telno: '02' }),
    );
    await system.send({ id: 'wanted', ...own });
    await system.settled();
  });
  test.afterAll(() => system?.stop());

  for (const column of Object.keys(labels) as (keyof typeof labels)[]) {
    test(`by ${column}, exactly and in part; personal words never in the address`, async ({ visit }) => {
      const page = await visit(system, 'operator', '/log');
      await shown(page);
      for (const [match, word] of [
        ['is exactly', own[column]],
        ['contains', parts[column]],
      ] as const) {
        await search(page, labels[column], match, word);
        await expect(total(page)).toHaveText('1 push');
        expect(await ids(page)).toEqual(['wanted']);
        if (!openColumns.includes(column)) expect(decodeURIComponent(page.url())).not.toContain(word);
      }
      await search(page, labels[column], 'is exactly', `${own[column]}0`);
      await expect(page.getByText('No push matches')).toBeVisible();
    });
  }

  test('a part of personal data must have four characters for who sees it masked', async ({ visit }) => {
    const page = await visit(system, 'operator', '/log');
    await shown(page);
    await search(page, 'Phone', 'contains', '1-23');
    await expect(page.getByText('At least 4 letters or digits')).toBeVisible();
    expect(asked(page).get('search')).toBeNull();
    await search(page, 'Phone', 'contains', '1234');
    await expect(total(page)).toHaveText('1 push');
  });

  test("by FCM's answer, in part", async ({ visit }) => {
    const [id = ''] = await system.send({ device_id: 'x-unregistered', msg_title: 'dead' });
    await system.settled();
    const page = await visit(system, 'operator', '/log');
    await shown(page);
    await search(page, 'Result', 'contains', 'unregistered');
    await expect(total(page)).toHaveText('1 push');
    expect(await ids(page)).toEqual([id]);
  });
});

test.describe('a push that is open', () => {
  test('texts are texts: HTML, emoji, right to left, as long as they may be; XADDed by hand too', async ({
    system,
    visit,
  }) => {
    const html = '<img src=x onerror="document.title=1"><b>굵게</b> &amp; {{count}} $t(close)';
    const rtl = 'مرحبا 👩‍👩‍👧‍👦 שלום';
    const job = { msg_title: html, msg_contents: rtl, D_servicename: html.slice(0, 60), push_grp_id: 'texts' };
    const [first = ''] = await system.send(job);
    const long = '가'.repeat(1_200); // 3,600 bytes
    await system.redis(
      'XADD',
      'push:{0}:jobs',
      '*',
      'id',
      'by-hand',
      'device_id',
      't',
      'msg_title',
      '👋'.repeat(30),
      'msg_contents',
      long,
    );
    await system.settled();
    await eventually('the entry by hand', async () => ((await system.counts()).sent === 2 ? true : undefined));
    const page = await visit(system, 'auditor', `/log?group=texts&id=${first}`);
    await expect(row(page, first)).toContainText('<img src=x');
    await drawer(page).getByRole('button', { name: 'Reveal' }).click();
    const ask = page.getByRole('dialog', { name: 'Reveal personal data?' });
    await ask.getByLabel('Reason').fill('a test');
    await ask.getByRole('button', { name: 'Reveal' }).click();
    const phone = drawer(page).getByRole('group', { name: 'As a phone shows it' });
    await expect(phone).toContainText(html);
    await expect(phone).toContainText(rtl);
    await expect(page.locator('main img, [role=dialog] img')).toHaveCount(0);
    await page.goto(`${system.url}/log?id=by-hand`);
    await expect(drawer(page)).toContainText('Accepted');
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(over).toBe(0);
  });

  test('personal data is shown for a minute, with a reason, to who is granted it, and is audited', async ({
    system,
    visit,
  }) => {
    const job = { csno: '10012345', msg_title: 'secret title', cust_telno: '010-1234-5678', device_id: 'dev-12345678' };
    const [id = ''] = await system.send(job);
    await system.settled();
    const admin = await visit(system, 'admin', `/log?id=${id}`);
    await expect(drawer(admin)).toContainText('200 ACCEPTED');
    await expect(drawer(admin).getByRole('button', { name: 'Reveal' })).toHaveCount(0);
    expect(await admin.content()).not.toContain(job.csno);

    const page = await visit(system, 'auditor', `/log?id=${id}`);
    await expect(drawer(page)).toContainText('200 ACCEPTED');
    await page.clock.install();
    await drawer(page).getByRole('button', { name: 'Reveal' }).click();
    const ask = page.getByRole('dialog', { name: 'Reveal personal data?' });
    await expect(ask.getByRole('button', { name: 'Reveal' })).toBeDisabled();
    await ask.getByLabel('Reason').fill('customer asks');
    await ask.getByRole('button', { name: 'Reveal' }).click();
    for (const text of Object.values(job)) await expect(drawer(page)).toContainText(text);
    await page.clock.runFor(61_000);
    for (const text of Object.values(job)) await expect(drawer(page)).not.toContainText(text);
    expect(await system.run('admin', 'audit', 'list', '--action', 'reveal')).toMatch(
      /auditor.*reveal.*10012345.*customer asks|auditor[\s\S]*customer asks/,
    );
  });

  test('one that left the log meanwhile says so', async ({ system, visit, allow }) => {
    allow(/^404 GET .*\/pushes\//);
    const [id = ''] = await system.send(...many(3, { push_grp_id: 'leaves' }));
    await system.settled();
    const page = await visit(system, 'admin', '/log?group=leaves');
    await shown(page);
    await system.run('admin', 'log', 'flush', '--yes');
    await eventually('the flush', async () => ((await system.counts()).sent === 0 ? true : undefined));
    await row(page, id).click();
    await expect(drawer(page)).toContainText('This push is not in the log');
  });

  test('two operators redrive the same push at once: one does, the other is told', async ({ system, visit, allow }) => {
    allow(/^409 POST /);
    const [id = ''] = await system.send({ device_id: 'x-apns', msg_title: 'refused' });
    await eventually('the failure', async () => ((await system.counts()).failed === 1 ? true : undefined));
    const both = await Promise.all(
      ['operator', 'admin'].map((role) => visit(system, role as 'operator', `/log?id=${id}`)),
    );
    for (const page of both) {
      await page.keyboard.press('p'); // so that neither sees what the other does
      await drawer(page).getByRole('button', { name: 'Redrive' }).click();
      await expect(page.getByRole('dialog', { name: 'Redrive this push?' })).toBeVisible();
    }
    await system.api('admin', 'PUT', '/workers/consumer-1/desired', { desired: 'paused' });
    await paused(system);
    const [one, two] = both;
    if (!one || !two) throw new Error('two pages');
    const confirm = (page: Page) =>
      page.getByRole('dialog', { name: 'Redrive this push?' }).getByRole('button', { name: 'Redrive' }).click();
    await confirm(one);
    await expect(one.getByText('Queued again', { exact: true })).toBeVisible();
    await confirm(two);
    await expect(
      two.getByRole('dialog', { name: 'Redrive this push?' }).getByText('It is already queued.'),
    ).toBeVisible();
    await expect(two.getByText('Queued again', { exact: true })).toHaveCount(0);
    await expect(two.locator('[role=dialog] [data-status=queued]').first()).toBeVisible();
  });
});

test.describe('an export', () => {
  test('is for Excel, with a BOM, formulas as texts, personal data masked; or exact values for programs', async ({
    system,
    visit,
  }) => {
    await system.send({ D_servicename: '=1+1', push_grp_id: 'G1', msg_title: '=HYPERLINK("x")', csno: '10055555' });
    await system.send({ D_servicename: 'other', push_grp_id: 'G2', msg_title: 'not wanted' });
    await system.settled();
    const page = await visit(system, 'operator', '/log?group=G1');
    await expect(total(page)).toHaveText('1 push');
    await page.getByRole('button', { name: 'Export' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download CSV' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/\.csv$/);
    const bytes = readFileSync(await file.path());
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const text = bytes.toString('utf8');
    expect(text.trim().split('\n')).toHaveLength(2);
    expect(text).toContain('"=""=1+1"""'); // a formula that is nothing but this text
    expect(text.split('\n')[0]).toContain('Customer no.');
    expect(text).not.toContain('10055555');

    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('button', { name: 'CSV (as it is)' }).click();
    await expect(page.getByText('Do not open it in Excel')).toBeVisible();
    const plain = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download CSV' }).click();
    const exact = readFileSync(await (await plain).path()).toString('utf8');
    expect(exact.split('\n')[0]).toContain('sndn_rsev_hour,csno');
    expect(exact).toContain('=1+1');
    expect(exact).not.toContain('""=1+1');
  });

  test('is not for a viewer', async ({ small, visit }) => {
    const page = await visit(small, 'viewer', '/log');
    await shown(page);
    await expect(page.getByRole('button', { name: 'Export' })).toHaveCount(0);
    expect((await small.api('viewer', 'POST', '/pushes/export', { format: 'csv' })).status).toBe(403);
  });
});

test.describe('the API', () => {
  test('is slow: what was there stays, with a bar, until the answer is there', async ({ small, visit }) => {
    const page = await visit(small, 'viewer', '/log');
    const first = await shown(page);
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route(/\/api\/v1\/pushes(\?|\/search)/, async (route) => {
      await held;
      await route.continue();
    });
    await page.keyboard.press(']');
    await expect(page.getByRole('progressbar').first()).toBeVisible();
    expect(await ids(page)).toEqual(first);
    answer();
    await expect.poll(async () => (await ids(page))[0]).not.toBe(first[0]);
  });

  test('is down: the panel says so with the way to try again, and the rest stays', async ({ small, visit, allow }) => {
    allow(/^503 GET /);
    const page = await visit(small, 'viewer', '/workers');
    await page.route(/\/api\/v1\/pushes\?/, (route) =>
      route.fulfill({
        status: 503,
        json: { title: 'Service Unavailable', status: 503, detail: 'Redis does not answer', request_id: 'req-e2e' },
      }),
    );
    await page.getByRole('navigation').getByRole('link', { name: 'Push log' }).click();
    const alert = page.getByRole('main').getByRole('alert');
    await expect(alert).toContainText('Redis does not answer');
    await expect(alert).toContainText('req-e2e');
    await expect(page.getByRole('slider', { name: 'Choose a time' })).toBeVisible();
    await page.unrouteAll();
    await alert.getByRole('button', { name: 'Try again' }).click();
    await shown(page);
  });

  test('is out of reach: the browser is offline, says so, and goes on when it is back', async ({
    small,
    visit,
    allow,
  }) => {
    allow(/^net::ERR_INTERNET_DISCONNECTED /, /^console: .*ERR_INTERNET_DISCONNECTED/);
    const page = await visit(small, 'viewer', '/log');
    const first = await shown(page);
    await page.context().setOffline(true);
    await page.keyboard.press(']');
    await expect(page.getByRole('main').getByRole('alert').first()).toContainText('The server cannot be reached.');
    await page.context().setOffline(false);
    await page.getByRole('main').getByRole('button', { name: 'Try again' }).first().click();
    await expect.poll(async () => (await ids(page))[0]).not.toBe(first[0]);
    await shown(page);
  });
});

test('all of it by keyboard: login, log, open, next, close, next page, search, help', async ({ small, visit }) => {
  const page = await visit(small, null, '/log');
  await expect(page.getByLabel('Name')).toBeFocused();
  await page.keyboard.type('viewer');
  await page.keyboard.press('Tab');
  await page.keyboard.type('password-of-viewer');
  await page.keyboard.press('Enter');
  const first = await shown(page);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(drawer(page)).toBeVisible();
  await expect.poll(() => asked(page).get('id')).toBe(first[1]);
  await page.keyboard.press('j');
  await expect.poll(() => asked(page).get('id')).toBe(first[2]);
  await page.keyboard.press('k');
  await expect.poll(() => asked(page).get('id')).toBe(first[1]);
  await page.keyboard.press('Escape');
  await expect(drawer(page)).toHaveCount(0);
  await page.keyboard.press(']');
  await expect.poll(() => asked(page).get('page')).toBe('2');
  await expect.poll(async () => (await ids(page))[0]).not.toBe(first[0]);
  await page.keyboard.press('[');
  await expect.poll(() => ids(page)).toEqual(first);
  await page.keyboard.press('/');
  await expect(page.getByRole('textbox', { name: 'Keyword' })).toBeFocused();
  await page.keyboard.type('p?[]j'); // text, not keys
  await expect(page.getByRole('textbox', { name: 'Keyword' })).toHaveValue('p?[]j');
  await expect(page.locator('[data-live=paused]')).toHaveCount(0);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
});

test.describe('redriving what is filtered', () => {
  test('a text search of the last hour: counted, redriven as a job with progress, and nothing else', async ({
    system,
    visit,
  }) => {
    const apns = (name: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        device_id: `t${i}-apns`,
        msg_title: `${name} ${i}`,
        csno: '10023451',
        D_servicename: 'redriven',
      }));
    const fine = { device_id: 'ok', msg_title: '체결 알림', D_servicename: 'redriven' };
    await system.send(...apns('체결 알림', 7), ...apns('입금 안내', 4), fine);
    await eventually('11 failures', async () => ((await system.counts()).failed === 11 ? true : undefined));
    const page = await visit(system, 'operator', '/log?range=1h');
    await search(page, 'Title', 'contains', '체결 알림');
    await expect(total(page)).toHaveText('8 pushes');
    await page.getByRole('button', { name: 'Redrive…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Redrive the matching pushes' });
    await expect(dialog).toContainText('7 pushes match now'); // the eighth was accepted by FCM
    await expect(dialog).toContainText('contains "체결 알림"');
    await expect(dialog.getByRole('checkbox', { name: 'Failed' })).toBeChecked();
    await expect(dialog.getByRole('checkbox', { name: 'Cancelled' })).not.toBeChecked();
    await dialog.getByLabel('Reason').fill('certificate renewed');
    await dialog.getByRole('button', { name: 'Redrive 7 pushes' }).click();
    await expect(page.getByText('7 of 7 done').or(page.getByText('7 pushes done')).first()).toBeVisible();
    await eventually('11 failures', async () => ((await system.counts()).failed === 11 ? true : undefined));
    const { items } = await system.get<{ items: { attempts: number }[] }>('/pushes?D_servicename=redriven&size=20');
    expect(items.map((r) => r.attempts).sort()).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2]);
    expect(page.url()).not.toContain(encodeURIComponent('체결'));

    // By states, the button says how many; sent ones have none.
    await page.goto(`${system.url}/log?status=failed&range=1h`);
    await expect(page.getByRole('button', { name: 'Redrive 11 pushes…' })).toBeVisible();
    await page.goto(`${system.url}/log?status=sent&range=1h&service=redriven`);
    await expect(total(page)).toHaveText('1 push');
    await expect(page.getByRole('button', { name: /^Redrive/ })).toHaveCount(0);
  });

  test('a viewer has no such button', async ({ small, visit }) => {
    const page = await visit(small, 'viewer', '/log?status=failed');
    await shown(page);
    await expect(page.getByRole('button', { name: /^Redrive/ })).toHaveCount(0);
  });
});

test.describe('all twelve columns', () => {
  test('a phone in any spelling, sent or not, and times as they are shown, find a push', async ({ system, visit }) => {
    const year = String(new Date().getFullYear());
    await system.send(
      { D_servicename: 'twelve', csno: '1', cust_telno: '+82-10-2345-6789', msg_title: 'one' },
      {
        D_servicename: 'twelve',
        csno: '2',
        cust_telno: '010-9999-0000',
        msg_title: 'two',
        device_id: 'x-unregistered',
      },
      { D_servicename: 'twelve', csno: '3', msg_title: 'three', sndn_rsev_hour: `${year}1231235900` },
    );
    await eventually('two to end', async () => {
      const { sent, failed } = await system.counts();
      return sent === 1 && failed === 1 ? true : undefined;
    });
    const page = await visit(system, 'auditor', '/log?service=twelve');
    await shown(page);
    for (const word of ['01023456789', '010-2345-6789', '6789', '０１０２３４５６７８９']) {
      await search(page, 'Phone', 'contains', word);
      await expect(total(page)).toHaveText('1 push');
      await expect(page.getByRole('textbox', { name: 'Keyword' })).not.toHaveValue('');
    }
    await expect(page.getByPlaceholder('Digits are enough')).toBeVisible();
    await search(page, 'Sent', 'is exactly', 'N');
    await expect.poll(() => asked(page).get('sent')).toBe('N');
    await expect(total(page)).toHaveText('1 push');
    await page.goto(`${system.url}/log?service=twelve`);
    await expect(total(page)).toHaveText('3 pushes');
    await search(page, 'Scheduled at', 'contains', '-12-31 23:59');
    await expect(total(page)).toHaveText('1 push');
    await page.goto(`${system.url}/log?service=twelve`);
    await expect(total(page)).toHaveText('3 pushes');

    // As filters, in the URL; a range has a chip of its own.
    await page.getByRole('button', { name: 'More filters' }).click();
    const more = page.getByRole('dialog', { name: 'More filters' });
    await more.getByRole('combobox', { name: 'Sent' }).click();
    await page.getByRole('option', { name: 'Y · accepted by FCM' }).click();
    await more.getByLabel('FCM sent at from').fill('2020-01-01T00:00');
    await more.getByRole('button', { name: 'Apply' }).click();
    await expect(total(page)).toHaveText('1 push');
    await expect.poll(() => asked(page).get('sent')).toBe('Y');
    expect(Date.parse(asked(page).get('sent_since') ?? '')).toBe(Date.parse('2020-01-01T00:00+09:00')); // the firm's
    await page.reload();
    await expect(total(page)).toHaveText('1 push');
    await page.getByLabel('Remove the filter FCM sent at').click();
    await expect.poll(() => asked(page).get('sent_since')).toBeNull();
    await expect(total(page)).toHaveText('1 push');
  });
});
