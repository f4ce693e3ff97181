import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { playLive } from '../../../tests/live';
import { apiServer, HttpResponse, http, problem, renderPage, url, viewer } from '../../../tests/render';
import type { Schemas } from '../../api/client';
import FailedPage from './FailedPage';

const failures: Schemas['Failures'] = {
  items: [
    { code: 'UNREGISTERED', count: 1200, first: '2026-11-20T00:00:00.000Z', last: '2026-11-22T00:00:00.000Z' },
    { code: 'UNAVAILABLE', count: 3, first: '2026-11-21T00:00:00.000Z', last: '2026-11-21T01:00:00.000Z' },
  ],
  total: 1203,
  exact: true,
};

const record = (id: string): Schemas['Record'] => ({
  id,
  device_id: 'tok****',
  msg_title: '체결****',
  priority: 'normal',
  ttl: 3600,
  status: 'failed',
  accepted_at: '2026-11-21T00:00:00.000Z',
  attempts: 5,
  deliveries: 5,
  error_code: 'UNAVAILABLE',
  result: 'UNAVAILABLE: try later',
});

const page = (over: Partial<Schemas['Page']> = {}): Schemas['Page'] => ({
  items: [record('p-1'), record('p-2'), record('p-3')],
  page: 1,
  size: 50,
  pages: 1,
  total: 3,
  exact: true,
  looked: 0,
  of: 3,
  newer: 0,
  asof: '2026-11-22T00:00:00.000Z',
  how: 'index',
  ...over,
});

const server = apiServer(
  http.get(url('/failures'), () => HttpResponse.json(failures)),
  http.get(url('/pushes'), () => HttpResponse.json(page())),
  http.get(url('/jobs'), () => HttpResponse.json({ items: [] })),
);

const group = '/failed?code=UNAVAILABLE';
const rowOf = async (id: string) =>
  within((await screen.findByRole('link', { name: id })).closest('tr') as HTMLElement);

describe('the groups', () => {
  it('say what each error means, how many, and link to the log', async () => {
    renderPage(<FailedPage />, { at: '/failed' });
    const row = within((await screen.findByRole('link', { name: 'UNREGISTERED' })).closest('tr') as HTMLElement);
    expect(row.getByText('The app was removed, or the token has expired.')).toBeVisible();
    expect(row.getByText('A redrive fails again')).toBeVisible();
    expect(row.getByRole('link', { name: '1,200' })).toHaveAttribute(
      'href',
      '/log?status=failed&range=24h&code=UNREGISTERED',
    );
    expect(screen.getByRole('link', { name: '1,203 failed' })).toHaveAttribute('href', '/log?status=failed&range=24h');
    const other = within(screen.getByRole('link', { name: 'UNAVAILABLE' }).closest('tr') as HTMLElement);
    expect(other.queryByText('A redrive fails again')).toBeNull();
  });

  it('say that nothing has failed', async () => {
    server.use(http.get(url('/failures'), () => HttpResponse.json({ items: [], total: 0, exact: true })));
    const { address } = renderPage(<FailedPage />, { at: '/failed' });
    expect(await screen.findByText('No push accepted in this period has failed')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Show all time' }));
    expect(await screen.findByText('No push has failed')).toBeVisible();
    expect(address.current).toBe('/failed?range=all');
  });

  it('are those of the period in the URL, the last 24 hours if it has none', async () => {
    const asked: URLSearchParams[] = [];
    server.use(
      http.get(url('/failures'), ({ request }) => {
        asked.push(new URL(request.url).searchParams);
        return HttpResponse.json(failures);
      }),
    );
    const day = 86_400_000;
    const age = () => (Date.now() - Date.parse(asked.at(-1)?.get('since') ?? '')) / day;
    const { address } = renderPage(<FailedPage />, { at: '/failed' });
    await screen.findByRole('link', { name: 'UNREGISTERED' });
    expect(Math.round(age())).toBe(1);
    expect(asked.at(-1)?.get('until')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: '7 d' }));
    await waitFor(() => expect(Math.round(age())).toBe(7));
    expect(address.current).toBe('/failed?range=7d');
    await userEvent.click(screen.getByRole('link', { name: 'UNREGISTERED' }));
    expect(await screen.findByRole('heading', { name: 'UNREGISTERED' })).toBeVisible();
    expect(address.current).toBe('/failed?code=UNREGISTERED&range=7d');
    await userEvent.click(screen.getByRole('link', { name: 'All error codes' }));
    await userEvent.click(screen.getByRole('button', { name: 'All' }));
    await waitFor(() => expect(asked.at(-1)?.toString()).toBe(''));
    expect(screen.getByRole('link', { name: '1,200' })).toHaveAttribute('href', '/log?status=failed&code=UNREGISTERED');
  });

  it('say that some may be missing', async () => {
    server.use(http.get(url('/failures'), () => HttpResponse.json({ ...failures, exact: false })));
    renderPage(<FailedPage />, { at: '/failed' });
    expect(await screen.findByText(/Some error codes may be missing/)).toBeVisible();
  });

  it('show what went wrong in their place, and try again', async () => {
    server.use(http.get(url('/failures'), () => problem(503, 'the store does not answer'), { once: true }));
    renderPage(<FailedPage />, { at: '/failed' });
    expect(await screen.findByText('the store does not answer')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('link', { name: 'UNREGISTERED' })).toBeVisible();
  });

  it('open by a click anywhere on the row', async () => {
    const { address } = renderPage(<FailedPage />, { at: '/failed' });
    await userEvent.click(await screen.findByText('FCM was temporarily unavailable.'));
    expect(await screen.findByRole('heading', { name: 'UNAVAILABLE' })).toBeVisible();
    expect(address.current).toBe(group);
  });

  it('announce changes, and move only when the reader asks', async () => {
    const { Live, tell } = playLive();
    renderPage(
      <Live>
        <FailedPage />
      </Live>,
      { at: '/failed' },
    );
    await screen.findByRole('link', { name: '1,200' });
    tell('counts', { statuses: { failed: 1203 } });
    tell('counts', { statuses: { failed: 1215 } });
    const refresh = await screen.findByRole('button', { name: '12 failed pushes were added or removed · Refresh' });
    expect(screen.getByRole('link', { name: '1,200' })).toBeVisible();
    server.use(
      http.get(url('/failures'), () =>
        HttpResponse.json({ ...failures, items: [{ ...failures.items[0], count: 1212 }], total: 1215 }),
      ),
    );
    await userEvent.click(refresh);
    expect(await screen.findByRole('link', { name: '1,212' })).toBeVisible();
    expect(screen.getByRole('button', { name: 'Refresh' })).toBeVisible();
  });
});

describe('a group', () => {
  it('lists its pushes, by the code in the URL', async () => {
    let asked = '';
    server.use(
      http.get(url('/pushes'), ({ request }) => {
        asked = new URL(request.url).search;
        return HttpResponse.json(page());
      }),
    );
    renderPage(<FailedPage />, { at: `${group}&since=2026-11-20T00:00:00Z&until=2026-11-22T00:00:00Z` });
    expect((await rowOf('p-2')).getByText('체결****')).toBeVisible();
    expect(asked).toBe(
      '?status=failed&error_code=UNAVAILABLE&since=2026-11-20T00%3A00%3A00Z&until=2026-11-22T00%3A00%3A00Z&page=1&size=50',
    );
    expect(screen.getByRole('link', { name: 'p-2' })).toHaveAttribute(
      'href',
      '/log?status=failed&code=UNAVAILABLE&id=p-2',
    );
  });

  it('redrives the selected ones, each with the reason, and says what came of each', async () => {
    const sent: [unknown, unknown][] = [];
    server.use(
      http.post(url('/pushes/:id/redrive'), async ({ params, request }) => {
        sent.push([params.id, await request.json()]);
        if (params.id === 'p-3') return problem(409, 'it was sent already');
        return HttpResponse.json({ id: params.id, status: 'queued' });
      }),
    );
    renderPage(<FailedPage />, { at: group });
    await userEvent.click(await screen.findByRole('checkbox', { name: 'Select p-1' }));
    await userEvent.click(screen.getByRole('checkbox', { name: 'Select p-3' }));
    await userEvent.click(screen.getByRole('button', { name: 'Redrive 2 pushes' }));
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.type(dialog.getByRole('textbox', { name: 'Reason' }), 'outage is over');
    await userEvent.click(dialog.getByRole('button', { name: 'Redrive 2 pushes' }));
    expect(await screen.findByText('1 queued again, 1 not')).toBeVisible();
    expect(sent.sort()).toEqual([
      ['p-1', { reason: 'outage is over' }],
      ['p-3', { reason: 'outage is over' }],
    ]);
    expect((await rowOf('p-1')).getByText('Queued')).toBeVisible();
    expect(screen.getByRole('checkbox', { name: 'Select p-1' })).toBeDisabled();
    expect((await rowOf('p-3')).getByText(/Not redriven: FCM has already accepted it/)).toBeVisible();
    expect((await rowOf('p-2')).getByText('Failed')).toBeVisible();
  });

  it('redrives one, without a reason', async () => {
    let body: unknown;
    server.use(
      http.post(url('/pushes/p-2/redrive'), async ({ request }) => {
        body = await request.json();
        return HttpResponse.json({ id: 'p-2', status: 'queued' });
      }),
    );
    renderPage(<FailedPage />, { at: group });
    await userEvent.click(await screen.findByRole('button', { name: 'Redrive p-2' }));
    await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Redrive 1 push' }));
    expect(await screen.findByText('1 push was queued again')).toBeVisible();
    expect(body).toEqual({});
  });

  it('says how old the selected ones are, and how many are past their ttl', async () => {
    const hour = (n: number) => new Date(Date.now() + n * 3_600_000).toISOString();
    server.use(
      http.get(url('/pushes'), () =>
        HttpResponse.json(
          page({
            items: [
              { ...record('p-1'), accepted_at: hour(-1), expires_at: hour(1) },
              { ...record('p-2'), accepted_at: hour(-49), expires_at: hour(-48) },
              // Redriven: its ttl ran anew, but what it says is as old as before.
              { ...record('p-3'), accepted_at: hour(-30), expires_at: hour(1), redrives: ['was failed'] },
            ],
          }),
        ),
      ),
    );
    renderPage(<FailedPage />, { at: group });
    await userEvent.click(await screen.findByRole('checkbox', { name: 'Select all on this page' }));
    await userEvent.click(screen.getByRole('button', { name: 'Redrive 3 pushes' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/^The oldest was accepted at .*, 2 days ago/)).toBeVisible();
    expect(dialog.getByText(/^2 pushes are past their lifetime/)).toBeVisible();
  });

  it('selects the whole page, and lets go', async () => {
    renderPage(<FailedPage />, { at: group });
    await userEvent.click(await screen.findByRole('checkbox', { name: 'Select all on this page' }));
    expect(await screen.findByText('3 selected')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Clear' }));
    expect(screen.queryByText('3 selected')).toBeNull();
  });

  it('redrives all of them as a job, after it has counted', async () => {
    let order: unknown;
    let counted: unknown;
    let key: string | null = null;
    server.use(
      http.post(url('/jobs'), async ({ request }) => {
        const body = (await request.json()) as Schemas['JobOrder'];
        if (body.dry_run) {
          counted = body;
          return HttpResponse.json({
            count: 4321,
            exact: true,
            until: '2026-11-22T00:00:00.001Z',
            oldest: '2026-11-01T00:00:00.000Z',
            past_ttl: 409,
            past_ttl_exact: true,
          });
        }
        order = body;
        key = request.headers.get('Idempotency-Key');
        return HttpResponse.json({ id: '0123456789ab' }, { status: 202 });
      }),
    );
    renderPage(<FailedPage />, { at: `${group}&since=2026-11-01T00:00:00Z` });
    await userEvent.click(await screen.findByRole('button', { name: 'Redrive all…' }));
    const dialog = within(await screen.findByRole('dialog'));
    const go = await dialog.findByRole('button', { name: 'Redrive 4,321 pushes' });
    expect(go).toBeDisabled();
    expect(counted).toEqual({
      kind: 'redrive',
      status: ['failed'],
      error_code: 'UNAVAILABLE',
      since: '2026-11-01T00:00:00Z',
      dry_run: true,
    });
    expect(dialog.getByText(/^The oldest was accepted at 2026-11-01 09:00:00, \d+ days? ago/)).toBeVisible();
    expect(dialog.getByText(/^409 pushes are past their lifetime/)).toBeVisible();
    await userEvent.type(dialog.getByRole('textbox', { name: /Reason/ }), 'outage is over');
    await userEvent.click(go);
    expect(await screen.findByText('The job was started')).toBeVisible();
    expect(order).toEqual({
      kind: 'redrive',
      status: ['failed'],
      error_code: 'UNAVAILABLE',
      since: '2026-11-01T00:00:00Z',
      until: '2026-11-22T00:00:00.001Z', // what fails after the count is not taken
      reason: 'outage is over',
    });
    expect(key).toMatch(/^[0-9a-f]{32}$/);
  });

  it('goes through pages that stand still', async () => {
    const asked: (string | null)[] = [];
    server.use(
      http.get(url('/pushes'), ({ request }) => {
        const query = new URL(request.url).searchParams;
        asked.push(query.get('asof'));
        const at = Number(query.get('page'));
        return HttpResponse.json(page({ page: at, pages: 3, total: 150, items: [record(`page-${at}`)] }));
      }),
    );
    const { address } = renderPage(<FailedPage />, { at: group });
    await screen.findByRole('link', { name: 'page-1' });
    await userEvent.keyboard(']');
    expect(await screen.findByRole('link', { name: 'page-2' })).toBeVisible();
    expect(address.current).toBe(`${group}&page=2&asof=2026-11-22T00:00:00.000Z`);
    expect(asked).toEqual([null, '2026-11-22T00:00:00.000Z']);
  });

  it('says so when it is empty by now', async () => {
    server.use(http.get(url('/pushes'), () => HttpResponse.json(page({ items: [], total: 0, pages: 0 }))));
    renderPage(<FailedPage />, { at: group });
    expect(await screen.findByText('No push accepted in this period has failed with this error')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Show all time' }));
    expect(await screen.findByText('No push has failed with this error')).toBeVisible();
  });

  it('shows in place what becomes of a row', async () => {
    const { Live, tell } = playLive();
    renderPage(
      <Live>
        <FailedPage />
      </Live>,
      { at: group },
    );
    await screen.findByRole('link', { name: 'p-1' });
    tell('pushes', { changes: [{ id: 'p-1', status: 'sent' }], more: 0, accepted: 0 });
    expect((await rowOf('p-1')).getByText('Accepted')).toBeVisible();
    await waitFor(() => expect(screen.getByRole('button', { name: 'Redrive p-1' })).toBeDisabled());
  });

  it('offers no redrive of what could never be read', async () => {
    renderPage(<FailedPage />, { at: '/failed?code=INVALID_JOB' });
    await screen.findByRole('link', { name: 'p-1' });
    expect(screen.queryByRole('button', { name: /Redrive/ })).toBeNull();
    expect(screen.getByText(/could not be read, and cannot be redriven/)).toBeVisible();
  });

  it('shows nothing to press to who may only look', async () => {
    renderPage(<FailedPage />, { at: group, me: viewer });
    await screen.findByRole('link', { name: 'p-1' });
    expect(screen.queryByRole('button', { name: /Redrive/ })).toBeNull();
    expect(screen.queryByRole('checkbox')).toBeNull();
  });
});
