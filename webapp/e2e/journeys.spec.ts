import type { Locator } from '@playwright/test';
import { eventually } from './harness/process';
import type { System } from './harness/system';
import { passwordOf } from './harness/system';
import { expect, type Page, test } from './harness/test';

/**
 * What a person does who comes for one thing, in clicks and in fields that are filled in; Enter in
 * a field is no click. docs/dashboard.md has the table; more than that fails.
 */
class Person {
  clicks = 0;
  fields = 0;

  constructor(readonly page: Page) {}

  async click(what: Locator) {
    await what.click();
    this.clicks++;
  }

  /** Goes to a page by the menu. */
  async goTo(name: string) {
    await this.click(this.page.getByRole('navigation').getByRole('link', { name }));
    await expect(this.page.getByRole('heading', { level: 1 })).toHaveText(name);
  }

  async type(field: Locator, text: string) {
    await field.fill(text);
    this.fields++;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  /** Notes what it took for the reporter, and wants no more than the table says. */
  took(what: string, clicks: number, fields: number) {
    const description = `${what}: ${this.clicks} clicks, ${this.fields} fields`;
    test.info().annotations.push({ type: 'measured', description });
    expect.soft([this.clicks, this.fields], what).toEqual([clicks, fields]);
    this.clicks = 0;
    this.fields = 0;
  }
}

const failed = (system: System, count: number) =>
  eventually(`${count} failures`, async () => ((await system.counts()).failed === count ? true : undefined));

const inMinutes = (n: number) => new Date(Date.now() + n * 60_000).toISOString();

test.describe('journeys', () => {
  test('a customer, from the overview to the sentence why', async ({ system, visit }) => {
    await system.send({ csno: '10023451', device_id: 'x-unregistered', msg_title: 'gone' });
    await failed(system, 1);
    const me = new Person(await visit(system, 'operator', '/'));
    await me.goTo('Push log');
    await me.type(me.page.getByRole('textbox', { name: 'Keyword' }), '10023451');
    await me.page.keyboard.press('Enter');
    await expect(me.page.locator('[data-total]')).toHaveText('1 push');
    await me.click(me.page.locator('.MuiDataGrid-row').first());
    await expect(me.page.getByRole('dialog', { name: 'Push' })).toContainText('UNREGISTERED');
    me.took('a. a customer, from the overview to the sentence why', 2, 1);
  });

  test('a code of the last hour is redriven', async ({ system, visit }) => {
    await system.send(...Array.from({ length: 8 }, (_, i) => ({ device_id: `t${i}-apns`, msg_title: `push ${i}` })));
    await failed(system, 8);
    const me = new Person(await visit(system, 'operator', '/'));
    await me.goTo('Failed');
    await me.click(me.button('1 h'));
    await me.click(me.page.getByRole('table').getByRole('link', { name: 'THIRD_PARTY_AUTH_ERROR' }));
    await me.click(me.button('Redrive all…'));
    await me.type(me.dialog().getByLabel('Reason'), 'certificate renewed');
    await me.click(me.dialog().getByRole('button', { name: 'Redrive 8 pushes' }));
    await expect(me.page.getByText(/^8 (of 8|pushes) done/).first()).toBeVisible();
    me.took('c. what failed with a code in the last hour is redriven', 5, 1);
  });

  test.describe('of processes', () => {
    test.use({ options: { consumers: ['consumer-1', 'consumer-2'] } });

    test('one is paused and resumed, and all are', async ({ system, visit }) => {
      const me = new Person(await visit(system, 'operator', '/'));
      const card = (name: string) => me.page.getByRole('article', { name });
      const turn = me.page.getByRole('switch', { name: 'consumer-1 Process ON' });
      await me.goTo('Workers');
      await me.click(turn);
      await expect(card('consumer-1')).toContainText('Paused');
      me.took('d. one process is paused', 2, 0);
      await me.click(turn);
      await expect(card('consumer-1')).toContainText('Running');
      me.took('d. and resumed', 1, 0);
      await me.click(me.button('Pause all'));
      await me.click(me.dialog().getByRole('button', { name: 'Pause all 2 processes' }));
      await expect(card('consumer-2')).toContainText('Paused');
      me.took('d. all are paused', 2, 0);
      await me.click(me.button('Resume all'));
      await expect(card('consumer-2')).toContainText('Running');
      me.took('d. and resumed', 1, 0);
    });
  });

  test('a group is flushed', async ({ system, visit }) => {
    await system.send(...Array.from({ length: 5 }, () => ({ msg_title: 'go', push_grp_id: 'G2' })));
    await system.settled();
    const me = new Person(await visit(system, 'admin', '/'));
    await me.goTo('Flush the log');
    await me.type(me.page.getByLabel('Push group'), 'G2');
    await me.click(me.button('Flush 5 pushes…'));
    await me.type(me.dialog().getByLabel('Reason'), 'a test');
    await me.type(me.dialog().getByLabel('Type flush'), 'flush');
    await me.click(me.dialog().getByRole('button', { name: 'Flush 5 pushes' }));
    await expect(me.page.getByText('The flush is done')).toBeVisible();
    me.took('e. a group is flushed', 3, 3);
  });

  test('what waits is moved, cancelled, and sent now', async ({ system, visit }) => {
    const [move, cancel, send] = await system.send(
      ...[20, 30, 40].map((n, i) => ({ id: `due-${i}`, msg_title: `due ${n}`, sndn_rsev_hour: inMinutes(n) })),
    );
    const me = new Person(await visit(system, 'operator', '/'));
    await me.goTo('Scheduled');
    await me.click(me.button(`Move ${move}`));
    await me.click(me.dialog().getByRole('button', { name: '+1 hour' }));
    await me.click(me.dialog().getByRole('button', { name: /^Move to / }));
    await expect(me.page.getByText(/^Moved to /)).toBeVisible();
    me.took('f. a reserved push is moved by an hour', 4, 0);
    await me.click(me.button(`Cancel ${cancel}`));
    await me.click(me.dialog().getByRole('button', { name: 'Cancel 1 push' }));
    await expect(me.page.getByText('It was cancelled')).toBeVisible();
    me.took('f. one is cancelled', 2, 0);
    await me.click(me.button(`Send ${send} now`));
    await me.click(me.dialog().getByRole('button', { name: 'Send 1 push now' }));
    await expect(me.page.getByText('It was queued')).toBeVisible();
    me.took('f. one is sent now', 2, 0);
    await eventually('it to be sent', async () => ((await system.counts()).sent === 1 ? true : undefined));
  });

  test('a test push is sent', async ({ system, visit }) => {
    const me = new Person(await visit(system, 'operator', '/'));
    await me.goTo('Test send');
    const form = me.page.getByRole('form', { name: 'Test send' });
    await me.type(form.getByLabel('FCM registration token'), 'x-flaky');
    await me.type(form.getByLabel('Title'), '시험');
    await me.click(form.getByRole('button', { name: 'Send…' }));
    await me.click(me.dialog().getByRole('button', { name: 'Send 1 push' }));
    await expect(me.page.getByRole('list', { name: 'Timeline' })).toContainText('200 ACCEPTED');
    me.took('g. a test push is sent, and its retry watched', 3, 2);
  });

  test('the log is exported', async ({ small, visit }) => {
    const me = new Person(await visit(small, 'operator', '/'));
    await me.goTo('Push log');
    await me.click(me.button('Export'));
    const download = me.page.waitForEvent('download');
    await me.click(me.button('Download CSV'));
    expect((await download).suggestedFilename()).toMatch(/\.csv$/);
    me.took('h. the log is exported', 3, 0);
  });

  test('a session ends in the middle of work, which goes on where it was', async ({ system, visit, allow }) => {
    allow(/^401 /);
    const me = new Person(await visit(system, 'operator', '/log?status=failed&range=24h'));
    await expect(me.page.getByRole('heading', { level: 1 })).toHaveText('Push log');
    await system.run('admin', 'session', 'end', '--user', 'operator');
    await expect(me.page.getByText('Your session has ended.')).toBeVisible({ timeout: 30_000 });
    await me.type(me.page.getByRole('textbox', { name: 'Password' }), passwordOf('operator'));
    await me.click(me.button('Log in'));
    await expect(me.page.getByRole('heading', { level: 1 })).toHaveText('Push log');
    expect(new URL(me.page.url()).searchParams.get('status')).toBe('failed');
    me.took('j. a session has ended, and work goes on where it was', 1, 1);
  });
});
