import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './harness/process';
import { type Job, System } from './harness/system';
import { expect, type Page, test } from './harness/test';

const folder = join(import.meta.dirname, '../../docs/screenshots');

const texts = [
  ['체결 알림', '삼성전자 12주가 71,900원에 매수 체결되었습니다.', 'trade', 'G02'],
  ['시세 알림', '셀트리온이(가) 설정하신 158,800원에 도달했습니다.', 'price', 'G11'],
  ['입금 안내', '1,250,000원이 입금되었습니다.', 'account', 'G05'],
  ['공모주 청약 안내', '오늘 16시까지 청약할 수 있습니다.', 'notice', 'G17'],
] as const;

/** Pushes as a securities firm sends them; ending is the fate of the token. */
function jobs(count: number, ending = ''): Job[] {
  return Array.from({ length: count }, (_, i) => {
    const [msg_title, msg_contents, D_servicename, push_grp_id] = texts[i % texts.length] ?? texts[0];
    const csno = String(10_020_000 + ((i * 7919) % 30_000));
    return {
      device_id: `d${csno}:APA91b${csno}${ending}`,
      csno,
      uuid_id: `u-${csno}`,
      cust_telno: `010-${csno.slice(0, 4)}-${csno.slice(4)}`,
      msg_title,
      msg_contents,
      D_servicename,
      push_grp_id,
    };
  });
}

let system: System;
let traffic: ReturnType<typeof setInterval> | undefined;

test.use({ still: 'the pictures show what a firm has in its log' });

test.beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  system = await System.start({
    rows: 20_000,
    fill: ['--days', '2', '--unfinished', '40'],
    consumers: ['consumer-1', 'consumer-2', 'consumer-3'],
    env: { RETRY_MIN_DELAY: '10s' },
  });
  await system.send(...jobs(400), ...jobs(14, '-unregistered'), ...jobs(6, '-apns'), ...jobs(4, '-invalid'));
  await system.send(...jobs(12, '-unavailable'), ...jobs(8, '-flaky'));
  await eventually('what retries', async () => (((await system.counts()).retrying ?? 0) >= 12 ? true : undefined));
  await system.api('admin', 'PUT', '/workers/consumer-3/desired', { desired: 'paused', reason: '점검' });
  traffic = setInterval(() => void system.send(...jobs(9)).catch(() => undefined), 500);
});
test.afterAll(async () => {
  clearInterval(traffic);
  await system?.stop();
});

type Look = { language: 'ko' | 'en'; colorScheme: 'light' | 'dark' };

/** Waits until nothing is still to come, and keeps the picture. */
async function take(page: Page, name: string) {
  await expect(page.locator('h1')).toBeVisible();
  await expect(page.locator('.MuiSkeleton-root')).toHaveCount(0);
  await expect(page.locator('[data-live=live]')).toBeVisible();
  await page.evaluate(() => document.fonts.ready);
  await page.mouse.move(720, 5);
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

const shots: [name: string, path: string, look: Look][] = [
  ['overview-ko', '/?range=24h', { language: 'ko', colorScheme: 'light' }],
  ['overview-en-dark', '/?range=24h', { language: 'en', colorScheme: 'dark' }],
  ['log-ko', '/log?range=24h', { language: 'ko', colorScheme: 'light' }],
  ['workers-ko', '/workers', { language: 'ko', colorScheme: 'light' }],
  ['workers-en-dark', '/workers', { language: 'en', colorScheme: 'dark' }],
  ['failed-en', '/failed', { language: 'en', colorScheme: 'light' }],
  ['scheduled-ko-dark', '/scheduled', { language: 'ko', colorScheme: 'dark' }],
  ['flush-en', '/flush', { language: 'en', colorScheme: 'light' }],
];

for (const [name, path, look] of shots) {
  test(name, async ({ visit }) => {
    const page = await visit(system, 'admin', path, look);
    if (path.startsWith('/workers')) await expect(page.getByRole('article').first()).toContainText(/[1-9]/);
    await take(page, name);
  });
}

test('log-en-dark, with a push that was tried twice', async ({ visit }) => {
  const { items } = await system.get<{ items: { id: string }[] }>('/pushes?status=retrying&size=1');
  const page = await visit(system, 'admin', `/log?range=1h&status=retrying&id=${items[0]?.id}`, {
    language: 'en',
    colorScheme: 'dark',
  });
  await expect(page.getByRole('list', { name: 'Timeline' })).toBeVisible();
  await take(page, 'log-en-dark');
});

test('compose-en', async ({ visit }) => {
  const page = await visit(system, 'admin', '/compose', { language: 'en', colorScheme: 'light' });
  const form = page.getByRole('form', { name: 'Test send' });
  await form.getByLabel('FCM registration token').fill('d10020000:APA91b10020000-flaky');
  await form.getByLabel('Title').fill('체결 알림');
  await form.getByLabel('Body').fill('삼성전자 12주가 71,900원에 매수 체결되었습니다.');
  await form.getByRole('button', { name: 'Validate only' }).click();
  await expect(form.getByText('All fields are valid.')).toBeVisible();
  await take(page, 'compose-en');
});
