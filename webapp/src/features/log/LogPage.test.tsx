import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { apiServer, HttpResponse, http, problem, renderPage, url, viewer } from '../../../tests/render';
import type { Schemas } from '../../api/client';
import LogPage from './LogPage';

const record = (id: string, more: Partial<Schemas['Record']> = {}): Schemas['Record'] => ({
  id,
  csno: '*****451',
  device_id: 'dE3xyz****',
  msg_title: '체결****',
  priority: 'normal',
  ttl: 3600,
  status: 'sent',
  accepted_at: '2026-11-27T01:02:03.004Z',
  fcm_send_yn: 'Y',
  fcm_send_time: '2026-11-27T01:02:03.104Z',
  attempts: 1,
  deliveries: 1,
  ...more,
});

const found = (items: Schemas['Record'][], more: Partial<Schemas['Page']> = {}): Schemas['Page'] => ({
  items,
  page: 1,
  size: 100,
  pages: items.length ? 1 : 0,
  total: items.length,
  exact: true,
  looked: 0,
  of: 0,
  newer: 0,
  asof: '2026-11-27T03:00:00.000Z',
  how: 'index',
  ...more,
});

let asked: URL[] = [];
let bodies: unknown[] = [];
let answer: () => Schemas['Page'] = () =>
  found([record('push-1'), record('push-2', { status: 'failed', error_code: 'UNREGISTERED' })], {
    total: 900_123,
    pages: 9002,
  });

const server = apiServer(
  http.get(url('/pushes'), ({ request }) => {
    const at = new URL(request.url);
    if (at.searchParams.get('size') === '1') return HttpResponse.json(found([], { total: 37 }));
    asked.push(at);
    return HttpResponse.json(answer());
  }),
  http.get(url('/histogram'), () => HttpResponse.json({ spans: [], span_seconds: 60, exact: true, how: 'index' })),
  http.get(url('/counts'), () =>
    HttpResponse.json({ statuses: { sent: 900_000, failed: 123 }, total: 900_123, error_codes: [] }),
  ),
  http.get(url('/pushes/:id'), ({ params }) =>
    params.id === 'gone' ? problem(404, 'no such push') : HttpResponse.json(record(String(params.id))),
  ),
  http.post(url('/searches'), async ({ request }) => {
    bodies.push(await request.json());
    return HttpResponse.json({ id: '4f6f6e8f-9d39-4308-9163-85f55fb9c5b3', fields: {} }, { status: 201 });
  }),
  http.get(url('/searches/:id'), ({ params }) =>
    params.id === 'unknown'
      ? problem(404, 'search again')
      : HttpResponse.json({ id: params.id, fields: { csno: '10023451' } }),
  ),
  http.post(url('/pushes/search'), async ({ request }) => {
    bodies.push(await request.json());
    return new HttpResponse(`${JSON.stringify({ page: found([record('push-3')]) })}\n`, {
      headers: { 'Content-Type': 'application/x-ndjson' },
    });
  }),
);

function show(options: Parameters<typeof renderPage>[1] = { at: '/log' }) {
  asked = [];
  bodies = [];
  return renderPage(<LogPage />, options);
}

describe('the log', () => {
  it('shows the total, and pins the bound of its first answer in the URL', async () => {
    const { address } = show();
    expect(await screen.findByText('900,123 pushes')).toBeVisible();
    await waitFor(() => expect(address.current).toContain('asof=2026-11-27T03:00:00.000Z'));
    expect(screen.getByText('/ 9,002 pages')).toBeVisible();
    expect(asked.filter((u) => !u.searchParams.has('asof'))).toHaveLength(1);
  });

  it('says how many are new, and shows them when told to', async () => {
    const { address } = show();
    await userEvent.click(await screen.findByRole('button', { name: 'Show 37 new pushes' }));
    await waitFor(() => expect(asked.filter((u) => !u.searchParams.has('asof'))).toHaveLength(2));
    await waitFor(() => expect(address.current).toContain('asof='));
  });

  it('does not take the total of the question before for that of this one', async () => {
    show();
    expect(await screen.findByText('900,123 pushes')).toHaveAttribute('data-exact', 'true');
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    server.use(
      http.get(url('/pushes'), async () => {
        await held;
        return HttpResponse.json(found([record('push-9')]));
      }),
    );
    await userEvent.click(screen.getByRole('button', { name: /^Failed/ }));
    await waitFor(() => expect(screen.getByText('900,123 pushes')).toHaveAttribute('data-exact', 'false'));
    release();
    expect(await screen.findByText('1 push')).toHaveAttribute('data-exact', 'true');
  });

  it('keeps the bound from page to page', async () => {
    show();
    await userEvent.click(await screen.findByRole('button', { name: /^Next page/ }));
    await waitFor(() => expect(asked.at(-1)?.searchParams.get('page')).toBe('2'));
    expect(asked.at(-1)?.searchParams.get('asof')).toBe('2026-11-27T03:00:00.000Z');
  });

  it('reads its state from the URL', async () => {
    show({ at: '/log?status=failed,expired&range=1h&asof=2026-11-27T02:00:00.000Z&group=G17&page=3&order=oldest' });
    await waitFor(() => expect(asked).toHaveLength(1));
    const q = Object.fromEntries(asked[0]?.searchParams ?? []);
    expect(q).toMatchObject({
      status: 'failed,expired',
      since: '2026-11-27T01:00:00.000Z',
      push_grp_id: 'G17',
      page: '3',
      order: 'oldest',
    });
    expect(await screen.findByText('Push group: G17')).toBeVisible();
    expect(screen.getByRole('button', { name: /^Failed/ })).toHaveAttribute('aria-pressed', 'true');
  });

  it('goes to the first page when the filter changes', async () => {
    const { address } = show({ at: '/log?page=3' });
    await userEvent.click(await screen.findByRole('button', { name: /^Failed/ }));
    await waitFor(() => expect(asked.at(-1)?.searchParams.get('status')).toBe('failed'));
    expect(asked.at(-1)?.searchParams.get('page')).toBe('1');
    expect(address.current).toContain('status=failed');
  });

  it('posts a search for a customer, and has only its id in the URL', async () => {
    const { address } = show();
    await userEvent.type(screen.getByLabelText('Keyword'), '10023451{Enter}');
    await waitFor(() => expect(address.current).toContain('search=4f6f6e8f'));
    expect(bodies[0]).toEqual({ csno: '10023451' });
    expect(address.current).not.toContain('10023451');
    expect(await screen.findByText('1 push')).toBeVisible();
    expect(bodies[1]).toMatchObject({ search: '4f6f6e8f-9d39-4308-9163-85f55fb9c5b3' });
    expect(screen.getByLabelText('Keyword')).toHaveValue('10023451');
  });

  it('says that a kept search is gone', async () => {
    show({ at: '/log?search=unknown' });
    expect(await screen.findByText('The saved search has expired or does not exist.')).toBeVisible();
    await userEvent.click(screen.getAllByRole('button', { name: 'Clear filters' })[0] as HTMLElement);
    expect(await screen.findByText('900,123 pushes')).toBeVisible();
  });

  it('tells an empty log from a filter that nothing matches', async () => {
    const whole = answer;
    answer = () => found([]);
    const { unmount } = show();
    expect(await screen.findByText('No pushes yet')).toBeVisible();
    unmount();
    show({ at: '/log?code=POISON' });
    expect(await screen.findByText('No push matches')).toBeVisible();
    answer = whole;
  });

  it('shows what is wrong in place of the rows, and tries again', async () => {
    server.use(http.get(url('/pushes'), () => problem(503, 'Redis does not answer'), { once: true }));
    show();
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('Redis does not answer');
    expect(alert).toHaveTextContent('req-1');
    await userEvent.click(within(alert).getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('900,123 pushes')).toBeVisible();
  });

  it('has no export for who may not', async () => {
    const { unmount } = show({ at: '/log', me: viewer });
    await screen.findByText('900,123 pushes');
    expect(screen.queryByRole('button', { name: 'Export' })).toBeNull();
    unmount();
    show();
    expect(await screen.findByRole('button', { name: 'Export' })).toBeVisible();
  });

  it('opens a push by its id in the URL, and says that one is gone', async () => {
    const { unmount } = show({ at: '/log?id=push-1' });
    expect(await screen.findByText(/^FCM accepted it at 2026-11-27 10:02:03/)).toBeVisible();
    unmount();
    const { address } = show({ at: '/log?id=gone' });
    expect(await screen.findByText('This push is not in the log')).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await waitFor(() => expect(address.current).not.toContain('id='));
  });
});

describe('redriving what is filtered', () => {
  const dry = { count: 0, exact: true, until: '2026-11-27T03:00:00.001Z', past_ttl: 0, past_ttl_exact: true };
  const orders: Schemas['JobOrder'][] = [];
  const jobs = [
    http.get(url('/jobs'), () => HttpResponse.json({ items: [] })),
    http.post(url('/jobs'), async ({ request }) => {
      const body = (await request.json()) as Schemas['JobOrder'];
      orders.push(body);
      if (body.dry_run) return HttpResponse.json({ ...dry, count: 64 * body.status.length });
      return HttpResponse.json({ id: '0123456789ab' }, { status: 202 });
    }),
  ];

  it('takes the filter with its period, bounded by what is shown, in the states that are asked for', async () => {
    server.use(...jobs);
    orders.length = 0;
    const since = '2026-11-27T02:00:00.000Z';
    show({ at: '/log?range=1h&service=MTS&search=4f6f6e8f-9d39-4308-9163-85f55fb9c5b3&asof=2026-11-27T03:00:00.000Z' });
    await userEvent.click(await screen.findByRole('button', { name: 'Redrive…' }));
    const dialog = within(await screen.findByRole('dialog'));
    await dialog.findByText('64 pushes match now');
    expect(dialog.getByText('10023451')).toBeVisible();
    await userEvent.click(dialog.getByRole('checkbox', { name: 'Expired' }));
    await dialog.findByText('128 pushes match now');
    await userEvent.type(dialog.getByRole('textbox', { name: /Reason/ }), 'lost');
    await userEvent.click(dialog.getByRole('button', { name: 'Redrive 128 pushes' }));
    await screen.findByText('The job was started');
    const filter = {
      kind: 'redrive',
      D_servicename: 'MTS',
      search: '4f6f6e8f-9d39-4308-9163-85f55fb9c5b3',
      since,
      until: '2026-11-27T03:00:00.001Z',
    };
    expect(orders).toEqual([
      { ...filter, status: ['failed'], dry_run: true },
      { ...filter, status: ['failed', 'expired'], dry_run: true },
      { ...filter, status: ['failed', 'expired'], reason: 'lost' },
    ]);
  });

  it('says how many, if all of them can be redriven', async () => {
    show({ at: '/log?status=failed,cancelled' });
    expect(await screen.findByRole('button', { name: 'Redrive 900,123 pushes…' })).toBeVisible();
  });

  it.each(['sent', 'queued,retrying'])('is not there for %s', async (status) => {
    show({ at: `/log?status=${status}` });
    await screen.findByText('900,123 pushes');
    expect(screen.queryByRole('button', { name: /^Redrive/ })).toBeNull();
  });

  it('is not there for who may not change pushes', async () => {
    show({ at: '/log?status=failed', me: viewer });
    await screen.findByText('900,123 pushes');
    expect(screen.queryByRole('button', { name: /^Redrive/ })).toBeNull();
  });
});
