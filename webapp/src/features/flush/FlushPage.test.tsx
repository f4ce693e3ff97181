import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { playLive } from '../../../tests/live';
import { apiServer, HttpResponse, http, problem, renderPage, url } from '../../../tests/render';
import type { Schemas } from '../../api/client';
import FlushPage from './FlushPage';

const statuses = { scheduled: 4, queued: 5, retrying: 3, sent: 9_000, failed: 200, expired: 30, cancelled: 4 };
const counts = (some: Partial<typeof statuses> = {}): Schemas['Counts'] => {
  const all = { ...statuses, ...some };
  return { statuses: all, total: Object.values(all).reduce((a, b) => a + b, 0), error_codes: [] };
};
const flush = (some: Partial<Schemas['Flush']> = {}): Schemas['Flush'] => ({
  state: 'running',
  filter: {},
  by: 'kim',
  started_at: '2026-11-22T00:30:00Z',
  of: 1_000,
  looked: 250,
  removed: 240,
  left: 10,
  ...some,
});

const server = apiServer(
  http.get(url('/counts'), () => HttpResponse.json(counts())),
  http.get(url('/flushes/current'), () => HttpResponse.json({ flush: null })),
  http.post(url('/pushes/search'), async ({ request }) => {
    const { order, size, status } = (await request.json()) as Schemas['Search'];
    const first =
      order === 'oldest' && size === 1 && status?.every((s) => !['scheduled', 'queued', 'retrying'].includes(s));
    return HttpResponse.json({ items: first ? [{ accepted_at: '2026-10-24T00:00:00.000Z' }] : [] });
  }),
);
const current = (some: Partial<Schemas['Flush']>) =>
  server.use(http.get(url('/flushes/current'), () => HttpResponse.json({ flush: flush(some) })));

const removed = () => within(screen.getByRole('region', { name: 'Will be removed' }));
const stays = () => within(screen.getByRole('region', { name: 'Kept' }));
const openDialog = async (button = 'Flush 9,234 pushes…') => {
  await userEvent.click(await screen.findByRole('button', { name: button }));
  return within(await screen.findByRole('dialog'));
};

it('shows what will be removed, and what stays', async () => {
  renderPage(<FlushPage />);
  expect(await screen.findByText('9,234')).toBeVisible();
  expect(removed().getByText('9,234')).toBeVisible();
  expect(removed().queryByText('Queued')).toBeNull();
  expect(stays().getByText('12')).toBeVisible();
  expect(stays().getByText('Pushes accepted from now on are kept, too.')).toBeVisible();
  expect(removed().getByRole('link', { name: '200' })).toHaveAttribute('href', '/log?status=failed');
  expect(screen.getByRole('link', { name: 'Open the audit log' })).toHaveAttribute(
    'href',
    '/settings/audit?actions=flush,flush_cancel',
  );
});

it('wants a reason and the word, with Cancel in focus, and repeats the number', async () => {
  let body: unknown;
  server.use(
    http.post(url('/flushes'), async ({ request }) => {
      body = await request.json();
      return HttpResponse.json(flush({ of: 0, looked: 0, removed: 0, left: 0 }), { status: 202 });
    }),
  );
  renderPage(<FlushPage />);
  const dialog = await openDialog();
  expect(dialog.getByRole('heading', { name: 'Remove 9,234 records from the log?' })).toBeVisible();
  expect(dialog.getByText(/handed in again under such an id is sent again/)).toBeVisible();
  expect(dialog.getByRole('button', { name: 'Cancel' })).toHaveFocus();
  expect(await dialog.findByText('The oldest was accepted at 2026-10-24 09:00:00.')).toBeVisible();
  const confirm = dialog.getByRole('button', { name: 'Flush 9,234 pushes' });
  const word = dialog.getByRole('textbox', { name: /Type flush/ });
  await userEvent.type(dialog.getByRole('textbox', { name: /Reason/ }), 'end of the test');
  await userEvent.type(word, 'flus');
  expect(confirm).toBeDisabled();
  await userEvent.type(word, 'h');
  await userEvent.click(confirm);
  expect(await screen.findByText('Waiting for a process to start it')).toBeVisible();
  expect(body).toEqual({ confirm: 'flush', reason: 'end of the test' });
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(screen.getByRole('button', { name: 'Flush 9,234 pushes…', hidden: true })).toBeDisabled();
});

it('sends the filter that was counted, and keeps the customer out of the address', async () => {
  let counted: unknown;
  let body: unknown;
  server.use(
    http.post(url('/histogram'), async ({ request }) => {
      counted = await request.json();
      const spans = [{ at: '2026-11-01T00:00:00Z', total: 8, counts: { failed: 5, sent: 2, queued: 1 } }];
      return HttpResponse.json({ spans, span_seconds: 2_678_400, exact: true, how: 'walk' });
    }),
    http.post(url('/flushes'), async ({ request }) => {
      body = await request.json();
      return HttpResponse.json(flush(), { status: 202 });
    }),
  );
  const { address } = renderPage(<FlushPage />, { at: '/flush?status=failed&service=MTS' });
  await userEvent.type(await screen.findByRole('textbox', { name: 'Customer no.' }), '10023451{Enter}');
  const dialog = await openDialog('Flush 5 pushes…');
  expect(counted).toMatchObject({ D_servicename: 'MTS', csno: '10023451' });
  expect(screen.getByRole('region', { name: 'Kept', hidden: true })).toHaveTextContent('9,240'); // 9,246 in all
  const why = '1 match but have not ended, 9,240 do not match';
  expect(screen.getByRole('region', { name: 'Kept', hidden: true })).toHaveTextContent(why);
  expect(screen.queryByText('Pushes that have not ended')).toBeNull();
  expect(dialog.getByText('10023451')).toBeVisible();
  await userEvent.type(dialog.getByRole('textbox', { name: /Reason/ }), 'asked for');
  await userEvent.type(dialog.getByRole('textbox', { name: /Type flush/ }), 'flush');
  await userEvent.click(dialog.getByRole('button', { name: 'Flush 5 pushes' }));
  await screen.findByText('Flushing');
  expect(body).toEqual({
    confirm: 'flush',
    reason: 'asked for',
    status: ['failed'],
    D_servicename: 'MTS',
    csno: '10023451',
  });
  expect(address.current).toBe('/flush?status=failed&service=MTS');
});

it('shows the flush that was quicker', async () => {
  server.use(http.post(url('/flushes'), () => problem(409, 'another flush is running')));
  renderPage(<FlushPage />);
  const dialog = await openDialog();
  await userEvent.type(dialog.getByRole('textbox', { name: /Reason/ }), 'x');
  await userEvent.type(dialog.getByRole('textbox', { name: /Type flush/ }), 'flush');
  current({ by: 'park' });
  await userEvent.click(dialog.getByRole('button', { name: 'Flush 9,234 pushes' }));
  expect(await screen.findByText('park')).toBeVisible();
  expect(screen.getByText(/Another flush is already running/)).toBeVisible();
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
});

it('says in the dialog why it could not be ordered', async () => {
  server.use(http.post(url('/flushes'), () => problem(503, 'the audit log takes no entry; nothing was done')));
  renderPage(<FlushPage />);
  const dialog = await openDialog();
  await userEvent.type(dialog.getByRole('textbox', { name: /Reason/ }), 'x');
  await userEvent.type(dialog.getByRole('textbox', { name: /Type flush/ }), 'flush');
  await userEvent.click(dialog.getByRole('button', { name: 'Flush 9,234 pushes' }));
  expect(await dialog.findByText('the audit log takes no entry; nothing was done')).toBeVisible();
  expect(dialog.getByRole('textbox', { name: /Reason/ })).toHaveValue('x');
});

it('shows how far it is, and stops it', async () => {
  current({});
  server.use(
    http.post(url('/flushes/current/cancel'), () =>
      HttpResponse.json(flush({ state: 'cancelled', ended_at: '2026-11-22T00:30:05Z' })),
    ),
  );
  renderPage(<FlushPage />);
  expect(await screen.findByRole('progressbar', { name: 'Progress of the flush' })).toHaveAttribute(
    'aria-valuenow',
    '25',
  );
  expect(screen.getByText('250 of 1,000')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Stop the flush…' }));
  await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Stop the flush' }));
  expect(await screen.findByText('5.0 s')).toBeVisible();
  expect(screen.queryByRole('progressbar', { name: 'Progress of the flush' })).toBeNull();
});

it('says why one has failed', async () => {
  current({ state: 'failed', ended_at: '2026-11-22T00:30:05Z', error: 'unreadable order' });
  renderPage(<FlushPage />);
  expect(await screen.findByText('The flush has failed')).toBeVisible();
  expect(screen.getByText('unreadable order')).toBeVisible();
});

it('has nothing to ask when nothing has ended', async () => {
  server.use(
    http.get(url('/counts'), () => HttpResponse.json(counts({ sent: 0, failed: 0, expired: 0, cancelled: 0 }))),
  );
  renderPage(<FlushPage />);
  expect(await screen.findByText('There is nothing to remove')).toBeVisible();
  expect(screen.queryByRole('button', { name: /^Flush/ })).toBeNull();
});

it('offers to clear a filter that matches nothing', async () => {
  server.use(
    http.post(url('/histogram'), () =>
      HttpResponse.json({ spans: [], span_seconds: 2_678_400, exact: true, how: 'walk' }),
    ),
  );
  const { address } = renderPage(<FlushPage />, { at: '/flush?group=G99' });
  await screen.findByText('No ended record matches this filter.');
  const [clear] = screen.getAllByRole('button', { name: 'Clear the filter' });
  await userEvent.click(clear as HTMLElement);
  expect(await screen.findByRole('button', { name: 'Flush 9,234 pushes…' })).toBeEnabled();
  await waitFor(() => expect(address.current).toBe('/flush'));
});

it('keeps the button shut as long as it has no numbers, and can try again', async () => {
  server.use(http.get(url('/counts'), () => problem(500, 'a bug'), { once: true }));
  renderPage(<FlushPage />);
  expect(await screen.findByText('a bug')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Flush the log' })).toBeDisabled();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('button', { name: 'Flush 9,234 pushes…' })).toBeEnabled();
});

it('follows what happens, and counts anew when it has ended', async () => {
  const { Live, tell } = playLive();
  let left = 8;
  server.use(
    http.post(url('/histogram'), () => {
      const spans = [{ at: '2026-11-01T00:00:00Z', total: left, counts: { sent: left } }];
      return HttpResponse.json({ spans: left ? spans : [], span_seconds: 2_678_400, exact: true, how: 'walk' });
    }),
  );
  current({});
  renderPage(
    <Live>
      <FlushPage />
    </Live>,
    { at: '/flush?service=MTS' },
  );
  await screen.findByText('250 of 1,000');
  expect(await screen.findByRole('button', { name: 'Flush 8 pushes…' })).toBeDisabled();
  const { filter: _, by: __, ...event } = flush({ looked: 500, removed: 490 });
  tell('flush', { flush: event });
  expect(await screen.findByText('500 of 1,000')).toBeVisible();
  expect(screen.getByText('kim')).toBeVisible(); // which no event says
  left = 0;
  current({ state: 'done', looked: 1_000, removed: 990, ended_at: '2026-11-22T00:30:05Z' });
  tell('flush', { flush: { ...event, state: 'done' } });
  expect(await screen.findByText('The flush is done')).toBeVisible();
  expect(await screen.findByText('No ended record matches this filter.')).toBeVisible();
});

it('counts along with what happens', async () => {
  const { Live, tell } = playLive();
  renderPage(
    <Live>
      <FlushPage />
    </Live>,
  );
  await screen.findByRole('button', { name: 'Flush 9,234 pushes…' });
  tell('counts', { statuses: { ...statuses, sent: 9_001, queued: 4 } });
  expect(await screen.findByRole('button', { name: 'Flush 9,235 pushes…' })).toBeEnabled();
  expect(stays().getByText('11')).toBeVisible();
});
