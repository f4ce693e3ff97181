import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { playLive } from '../../../tests/live';
import { apiServer, HttpResponse, http, problem, renderPage, url, viewer } from '../../../tests/render';
import type { Schemas } from '../../api/client';
import { serverNow } from '../../time/clock';
import ScheduledPage from './ScheduledPage';

const hour = 3_600_000;
let now = 0;

const due = (id: string, ahead: number, over: Partial<Schemas['Record']> = {}): Schemas['Due'] => ({
  due_at: new Date(now + ahead).toISOString(),
  push: {
    id,
    device_id: 'tok****',
    msg_title: '체결****',
    priority: 'normal',
    ttl: 3600,
    status: 'scheduled',
    sndn_rsev_hour: '20301122093000',
    accepted_at: '2026-11-20T00:00:00.000Z',
    attempts: 0,
    deliveries: 0,
    ...over,
  },
});

const page = (...items: Schemas['Due'][]): Schemas['DuePage'] => ({
  items,
  page: 1,
  size: 50,
  pages: 1,
  total: items.length,
});

const server = apiServer();
beforeEach(() => {
  now = Math.floor(serverNow() / 1_000) * 1_000;
  server.use(
    http.get(url('/scheduled'), () =>
      HttpResponse.json(
        page(due('p-1', hour), due('p-2', 26 * hour, { status: 'retrying', attempts: 2, error_code: 'UNAVAILABLE' })),
      ),
    ),
  );
});

const rowOf = async (id: string) =>
  within((await screen.findByRole('link', { name: id })).closest('tr') as HTMLElement);
const dialogOf = async () => within(await screen.findByRole('dialog'));

describe('the list', () => {
  it('shows what is due when, with a countdown', async () => {
    renderPage(<ScheduledPage />, { at: '/scheduled' });
    const first = await rowOf('p-1');
    expect(first.getByText('Scheduled')).toBeVisible();
    expect(first.getByText(/^(59:5\d|1:00:00)$/)).toBeVisible();
    expect(first.getByText('체결****')).toBeVisible();
    const second = await rowOf('p-2');
    expect(second.getByText('Retrying')).toBeVisible();
    expect(second.getByText(/^1d [12]:\d\d:\d\d$/)).toBeVisible();
    expect(second.getByText('UNAVAILABLE')).toBeVisible();
    expect(screen.getByText('1–2 of 2')).toBeVisible();
    expect(screen.getByRole('link', { name: 'p-1' })).toHaveAttribute('href', '/log?status=scheduled,retrying&id=p-1');
  });

  it('offers another time only for what was reserved', async () => {
    renderPage(<ScheduledPage />, { at: '/scheduled' });
    expect(await screen.findByRole('button', { name: 'Move p-1' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Move p-2' })).toBeNull();
  });

  it('is filtered by the state, which the URL has', async () => {
    const asked: string[] = [];
    server.use(
      http.get(url('/scheduled'), ({ request }) => {
        asked.push(new URL(request.url).search);
        return HttpResponse.json(page());
      }),
    );
    const { address } = renderPage(<ScheduledPage />, { at: '/scheduled?page=3' });
    expect(await screen.findByText('This page is empty')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Retrying' }));
    expect(await screen.findByText('No push is waiting for a retry')).toBeVisible();
    expect(address.current).toBe('/scheduled?status=retrying');
    expect(asked).toEqual(['?page=3&size=50', '?page=1&size=50&status=retrying']);
    await userEvent.click(screen.getByRole('button', { name: 'Show all' }));
    expect(await screen.findByText('No push is waiting')).toBeVisible();
  });

  it('shows what went wrong in its place, and tries again', async () => {
    server.use(http.get(url('/scheduled'), () => problem(503, 'the store does not answer'), { once: true }));
    renderPage(<ScheduledPage />, { at: '/scheduled' });
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('link', { name: 'p-1' })).toBeVisible();
  });

  it('has nothing to press for who may only look', async () => {
    renderPage(<ScheduledPage />, { at: '/scheduled', me: viewer });
    await screen.findByRole('link', { name: 'p-1' });
    expect(screen.queryByRole('button', { name: /p-1/ })).toBeNull();
  });
});

describe('what happens meanwhile', () => {
  const show = async () => {
    const { Live, tell } = playLive();
    renderPage(
      <Live>
        <ScheduledPage />
      </Live>,
      { at: '/scheduled' },
    );
    await screen.findByRole('link', { name: 'p-1' });
    return tell;
  };
  const changes = (...all: [string, Schemas['Status']][]) => ({
    changes: all.map(([id, status]) => ({ id, status })),
    more: 0,
    accepted: 0,
  });

  it('leaves a row that is gone where it is, and says what became of it', async () => {
    const tell = await show();
    tell('pushes', changes(['p-1', 'sent'], ['other', 'sent']));
    expect((await rowOf('p-1')).getByText('Accepted')).toBeVisible();
    expect(screen.queryByRole('button', { name: /p-1/ })).toBeNull();
    expect(screen.getByRole('status')).toHaveTextContent('0 new, 1 gone or changed');
    expect(screen.getAllByRole('row')).toHaveLength(3);
  });

  it('counts new ones, and shows them when the reader asks', async () => {
    const tell = await show();
    tell('pushes', changes(['n-1', 'scheduled'], ['n-2', 'retrying'], ['n-3', 'queued']));
    tell('pushes', changes(['n-2', 'sent'], ['n-1', 'scheduled']));
    await waitFor(() => expect(screen.getByRole('status')).toHaveTextContent('1 new, 0 gone or changed'));
    server.use(http.get(url('/scheduled'), () => HttpResponse.json(page(due('n-1', hour)))));
    await userEvent.click(screen.getByRole('button', { name: '1 new, 0 gone or changed · Refresh' }));
    expect(await screen.findByRole('link', { name: 'n-1' })).toBeVisible();
    expect(screen.getByRole('button', { name: 'Refresh' })).toBeVisible();
  });

  it('looks up a row that somebody else has moved', async () => {
    const tell = await show();
    server.use(
      http.get(url('/pushes/p-1'), () =>
        HttpResponse.json({ ...due('p-1', 0).push, sndn_rsev_hour: '20301123101500', moves: ['one'] }),
      ),
    );
    tell('pushes', changes(['p-1', 'scheduled']));
    const row = await rowOf('p-1');
    expect(await row.findByText('2030-11-23 10:15:00')).toBeVisible();
    expect(row.getByText('moved')).toBeVisible();
  });
});

describe('changes', () => {
  it('sends one now', async () => {
    let body: unknown;
    server.use(
      http.post(url('/pushes/p-1/send-now'), async ({ request }) => {
        body = await request.json();
        return HttpResponse.json({ id: 'p-1', status: 'queued' });
      }),
    );
    renderPage(<ScheduledPage />, { at: '/scheduled' });
    await userEvent.click(await screen.findByRole('button', { name: 'Send p-1 now' }));
    const dialog = await dialogOf();
    await userEvent.type(dialog.getByRole('textbox', { name: 'Reason' }), 'asked for');
    await userEvent.click(dialog.getByRole('button', { name: 'Send 1 push now' }));
    expect(await screen.findByText('It was queued')).toBeVisible();
    expect(body).toEqual({ reason: 'asked for' });
    expect((await rowOf('p-1')).getByText('Queued')).toBeVisible();
  });

  it('says so if another has cancelled it meanwhile, and looks the row up', async () => {
    server.use(
      http.post(url('/pushes/p-1/cancel'), () => problem(409, 'it has ended already: sent')),
      http.get(url('/pushes/p-1'), () => HttpResponse.json({ ...due('p-1', 0).push, status: 'sent' })),
    );
    renderPage(<ScheduledPage />, { at: '/scheduled' });
    await userEvent.click(await screen.findByRole('button', { name: 'Cancel p-1' }));
    const dialog = await dialogOf();
    expect(dialog.getByRole('button', { name: 'Cancel' })).toHaveFocus();
    await userEvent.click(dialog.getByRole('button', { name: 'Cancel 1 push' }));
    expect(await dialog.findByText(/Nothing was done. FCM has already accepted it/)).toBeVisible();
    expect(dialog.getByRole('button', { name: 'Cancel 1 push' })).toBeDisabled();
    await userEvent.click(dialog.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect((await rowOf('p-1')).getByText('Accepted')).toBeVisible();
  });

  it('shows in the dialog that it did not work', async () => {
    server.use(http.post(url('/pushes/p-2/cancel'), () => problem(503, 'the store does not answer')));
    renderPage(<ScheduledPage />, { at: '/scheduled' });
    await userEvent.click(await screen.findByRole('button', { name: 'Cancel p-2' }));
    const dialog = await dialogOf();
    await userEvent.click(dialog.getByRole('button', { name: 'Cancel 1 push' }));
    expect(await dialog.findByText('the store does not answer')).toBeVisible();
    expect(dialog.getByRole('button', { name: 'Cancel 1 push' })).toBeEnabled();
  });

  it('adds to the reserved time, or counts from now, and says which and what comes of it', async () => {
    server.use(
      http.get(url('/scheduled'), () =>
        HttpResponse.json(page({ ...due('p-1', 0), due_at: '2030-11-22T22:29:59.000Z' })),
      ),
    );
    renderPage(<ScheduledPage />, { at: '/scheduled' });
    await userEvent.click(await screen.findByRole('button', { name: 'Move p-1' }));
    const dialog = await dialogOf();
    const add = within(await dialog.findByRole('group', { name: 'Add to that time' }));
    await userEvent.click(add.getByRole('button', { name: '+1 hour' }));
    expect(dialog.getByRole('button', { name: /^Move to/ })).toHaveTextContent('Move to 2030-11-23 08:29:59');
    expect(dialog.getByRole('alert')).toHaveTextContent('2030-11-23 07:29:59 → 2030-11-23 08:29:59 (1 h later)');
    await userEvent.click(add.getByRole('button', { name: '+30 min' }));
    expect(dialog.getByRole('button', { name: /^Move to/ })).toHaveTextContent('Move to 2030-11-23 08:59:59');
    const fromNow = within(dialog.getByRole('group', { name: 'Counted from now' }));
    await userEvent.click(fromNow.getByRole('button', { name: 'In 1 hour' }));
    expect(dialog.getByRole('alert')).toHaveTextContent(/earlier\)$/);
    expect(dialog.queryByRole('button', { name: /Move to 2030/ })).toBeNull();
  });

  it('moves one to another time of the firm', async () => {
    let body: { sndn_rsev_hour?: string } = {};
    const at = new Date(now + 2 * hour).toISOString();
    server.use(
      http.post(url('/pushes/p-1/move'), async ({ request }) => {
        body = (await request.json()) as typeof body;
        return HttpResponse.json({ id: 'p-1', status: 'scheduled', due_at: at });
      }),
    );
    renderPage(<ScheduledPage />, { at: '/scheduled' });
    await userEvent.click(await screen.findByRole('button', { name: 'Move p-1' }));
    const dialog = await dialogOf();
    const field = await dialog.findByLabelText('New time (Asia/Seoul)');
    expect(dialog.getByRole('button', { name: /^Move to/ })).toBeDisabled(); // it is due then already
    fireEvent.change(field, { target: { value: '2020-01-01T09:00' } });
    expect(dialog.getByText('Must be later than now')).toBeVisible();
    expect(dialog.getByRole('button', { name: 'Move to 2020-01-01 09:00:00' })).toBeDisabled();
    await userEvent.click(dialog.getByRole('button', { name: 'Tomorrow 09:00' }));
    const go = dialog.getByRole('button', { name: /^Move to \d{4}-\d\d-\d\d 09:00:00$/ });
    await userEvent.click(go);
    expect(await screen.findByText(/^Moved to/)).toBeVisible();
    expect(body.sndn_rsev_hour).toMatch(/^\d{8}090000$/);
    expect((await rowOf('p-1')).getByText('moved')).toBeVisible();
  });
});
