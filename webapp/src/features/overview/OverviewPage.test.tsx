import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { delay } from 'msw';
import { describe, expect, it } from 'vitest';
import { apiServer, HttpResponse, http, problem, renderPage, url, viewer } from '../../../tests/render';
import type { Schemas } from '../../api/client';
import OverviewPage from './OverviewPage';

const counters = (more: Partial<Schemas['Counters']> = {}): Schemas['Counters'] => ({
  at: '2026-11-22T00:30:00Z',
  accepted: 0,
  sent: 0,
  failed: 0,
  expired: 0,
  cancelled: 0,
  retrying: 0,
  redriven: 0,
  ...more,
});
const lane = { unread: 0, pending: 0, oldest_seconds: 0 };
const none = { pushes: 0, retrying: 0, oldest_seconds: 0 };
const hold: Schemas['Hold'] = {
  project: 'demo',
  reason: 'quota',
  code: 'QUOTA_EXCEEDED',
  mend: '',
  by: 'c',
  workers: [],
  tokens: 3,
  since: '2026-11-22T00:30:00Z',
};
const calm: Schemas['Summary'] = {
  at: '2026-11-22T00:31:20Z',
  backlog: { unread: 1_200, pending: 30, oldest_seconds: 75 },
  urgent: { ...lane, unread: 4 },
  unfinished: { pushes: 1_236, retrying: 2, oldest_seconds: 190 },
  due: 0,
  statuses: { scheduled: 1, queued: 1_204, retrying: 2, sent: 90_000, failed: 50, expired: 3, cancelled: 0 },
  minute: counters({ accepted: 90 }),
  hour: counters({ sent: 970, failed: 20, expired: 10 }),
  latency: { of: 200, p50_ms: 14, p95_ms: 180 },
  workers: { running: 2, lost: 1 },
  desired: 'running',
  holds: [],
  flushing: false,
  simulator: false,
};
const summary = (more: Partial<Schemas['Summary']> = {}) =>
  http.get(url('/summary'), () => HttpResponse.json({ ...calm, ...more }));
const minutes = http.get(url('/counters/minutes'), () =>
  HttpResponse.json({
    items: [
      counters({ sent: 5, failed: 1, accepted: 7 }),
      counters({ at: '2026-11-22T00:31:00Z', sent: 2, retrying: 3 }),
    ],
  }),
);
const failures = (items: unknown[], exact = true) =>
  http.get(url('/failures'), () => HttpResponse.json({ items, total: items.length, exact }));
const reason = { code: 'UNREGISTERED', count: 40, first: '2026-11-22T00:00:00Z', last: '2026-11-22T00:30:00Z' };

const server = apiServer(summary(), minutes, failures([reason]));
const user = userEvent.setup();

describe('tiles', () => {
  it.each([
    ['Received per second', '1.5', '/log?since=2026-11-22T00:30:00.000Z&until=2026-11-22T00:31:00.000Z'],
    ['Accepted by FCM', '97.00%', '/log?status=sent&range=1h'],
    ['Backlog', '1,236', '/log?status=queued,retrying'],
    ['Until FCM accepts (p95)', '180 ms', '/log?status=sent'],
    ['Failed', '20', '/log?status=failed,expired&range=1h'],
  ])('%s leads to the log', async (name, value, to) => {
    renderPage(<OverviewPage />);
    const link = await screen.findByRole('link', { name: `${name} ${value}` });
    expect(link).toHaveAttribute('href', to);
  });

  it('say how old the backlog is, and how long half of the pushes took', async () => {
    renderPage(<OverviewPage />);
    expect(
      await screen.findByText('Oldest waits 3 m 10 s · 4 urgent · 30 in flight · 2 waiting for a retry'),
    ).toBeVisible();
    expect(screen.getByText('Median 14 ms · newest 200')).toBeVisible();
    expect(screen.getByText('970 of 1,000 in 60 minutes')).toBeVisible();
  });

  const stuck = {
    backlog: { ...lane, pending: 58, oldest_seconds: 12 },
    urgent: lane,
    unfinished: { pushes: 58, retrying: 0, oldest_seconds: 12 },
  };
  it.each<[string, Partial<Schemas['Summary']>, boolean]>([
    ['in a hold', { holds: [hold] }, true],
    ['while all is paused', { desired: 'paused' }, true],
    ['without a worker', { workers: { lost: 2 } }, true],
    ['while it flows', {}, false],
    ['in a hold, with nothing to send', { ...stuck, holds: [hold], backlog: lane, unfinished: none }, false],
  ])('mark what is in flight %s', async (_, more, marked) => {
    server.use(summary({ ...stuck, ...more }));
    renderPage(<OverviewPage />);
    const n = (more.unfinished ?? stuck.unfinished).pushes;
    const link = await screen.findByRole('link', { name: `Backlog ${n}` });
    const value = within(link).getByText(String(n));
    expect(value.hasAttribute('data-tone')).toBe(marked);
    expect(screen.getByText(n ? 'Oldest waits 12 s · 58 in flight' : 'Nothing waits')).toBeVisible();
  });

  it('keep their places while the numbers are not known', async () => {
    server.use(http.get(url('/summary'), () => delay('infinite')));
    renderPage(<OverviewPage />);
    expect(await screen.findByText('Backlog')).toBeInTheDocument();
  });
});

describe('banners', () => {
  it('are not there when all is well', async () => {
    renderPage(<OverviewPage />);
    await screen.findByText('97.00%');
    expect(screen.queryAllByRole('alert')).toEqual([]);
  });

  it.each<[string, Partial<Schemas['Summary']>, RegExp]>([
    ['a simulator', { simulator: true }, /Nothing reaches phones/],
    ['all paused', { desired: 'paused' }, /All workers are paused/],
    ['a flush', { flushing: true }, /The log is being flushed/],
    ['no worker', { workers: { lost: 1 } }, /No worker is running/],
    [
      'a hold',
      {
        holds: [hold],
      },
      /the FCM quota was exceeded.*2026-11-22 09:30:00/,
    ],
  ])('tell of %s', async (_, more, words) => {
    server.use(summary(more));
    renderPage(<OverviewPage />);
    const alerts = await screen.findAllByRole('alert');
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toHaveTextContent(words);
  });

  it('lead to the flush only who may flush', async () => {
    server.use(summary({ flushing: true }));
    renderPage(<OverviewPage />, { me: viewer });
    expect(await screen.findByText(/being flushed/)).toBeVisible();
    expect(screen.queryByRole('link', { name: 'Show progress' })).toBeNull();
  });
});

describe('the chart', () => {
  it('opens the log at the time that was chosen', async () => {
    const { address } = renderPage(<OverviewPage />);
    const slider = await screen.findByRole('slider', { name: 'Choose a time' });
    slider.focus();
    await user.keyboard('{Home}{Shift>}{ArrowRight}{/Shift}');
    expect(slider).toHaveAttribute('aria-valuetext', '2026-11-22 09:30 – 09:32: Received 7, Accepted 7, Failed 1');
    await user.keyboard('{Enter}');
    expect(address.current).toBe('/log?since=2026-11-22T00:30:00.000Z&until=2026-11-22T00:32:00.000Z');
  });

  it('says what it does not show', async () => {
    renderPage(<OverviewPage />);
    expect(await screen.findByText(/3 retries and 0 redrives/)).toBeVisible();
  });

  it('reads hours for long times, and keeps the choice in the address', async () => {
    server.use(
      http.get(url('/counters/hours'), () =>
        HttpResponse.json({ items: [counters({ at: '2026-11-22T00:00:00Z', sent: 77 })] }),
      ),
    );
    const { address } = renderPage(<OverviewPage />);
    await user.click(await screen.findByRole('button', { name: '7 d' }));
    expect(await screen.findByText('77')).toBeVisible();
    expect(address.current).toBe('/?range=7d');
  });

  it('gives way to an error of its own; the rest stays', async () => {
    server.use(http.get(url('/counters/minutes'), () => problem(503, 'redis is gone')));
    renderPage(<OverviewPage />);
    expect(await screen.findByText('redis is gone')).toBeVisible();
    expect(await screen.findByText('97.00%')).toBeVisible();
  });
});

describe('panels', () => {
  it('lead from a reason to its pushes', async () => {
    server.use(failures([reason], false));
    renderPage(<OverviewPage />);
    const panel = await screen.findByRole('region', { name: 'Why pushes failed' });
    expect(await within(panel).findByRole('link', { name: 'UNREGISTERED' })).toHaveAttribute(
      'href',
      '/log?status=failed&code=UNREGISTERED',
    );
    expect(panel).toHaveTextContent('40');
    expect(panel).toHaveTextContent('some may be missing');
    expect(within(panel).getByRole('link', { name: 'All failures' })).toHaveAttribute('href', '/failed');
  });

  it('say that nothing has failed', async () => {
    server.use(failures([]));
    renderPage(<OverviewPage />);
    expect(await screen.findByText('No push has failed')).toBeVisible();
  });

  it('count states and workers', async () => {
    renderPage(<OverviewPage />);
    expect(await screen.findByRole('link', { name: 'Queued 1,204' })).toHaveAttribute('href', '/log?status=queued');
    expect(screen.getByRole('link', { name: 'Lost 1' })).toHaveAttribute('href', '/workers');
    expect(screen.getByText('91,260 in all')).toBeVisible();
  });

  it('give way to an error, with a way to try again', async () => {
    server.use(http.get(url('/summary'), () => problem(503, 'redis is gone')));
    renderPage(<OverviewPage />);
    expect(await screen.findByText('redis is gone')).toBeVisible();
    server.use(summary());
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('97.00%')).toBeVisible();
  });

  it('say what to do where nothing was ever sent', async () => {
    server.use(summary({ statuses: {} }));
    renderPage(<OverviewPage />);
    expect(await screen.findByText('No pushes yet')).toBeVisible();
    expect(screen.getByRole('link', { name: 'Test send' })).toHaveAttribute('href', '/compose');
  });
});
