import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { admin, apiServer, HttpResponse, http, problem, renderPage, url, viewer } from '../../../tests/render';
import type { Schemas } from '../../api/client';
import { PushDetails } from './PushDetails';

const failed: Schemas['Record'] = {
  id: 'p',
  csno: '*****451',
  cust_telno: '***-****-5432',
  device_id: 'dE3xyz****',
  msg_title: '체결****',
  priority: 'normal',
  ttl: 3600,
  status: 'failed',
  error_code: 'UNREGISTERED',
  accepted_at: '2026-11-27T01:02:03.004Z',
  fcm_send_yn: 'N',
  fcm_send_time: '2026-11-27T01:02:03.104Z',
  attempts: 1,
  deliveries: 1,
  tries: ['2026-11-27T01:02:03.074Z vm-1 404 UNREGISTERED took=30ms'],
};

let asked: unknown[] = [];
const server = apiServer(
  http.post(url('/pushes/p/redrive'), async ({ request }) => {
    asked.push(await request.json().catch(() => null));
    return HttpResponse.json({ id: 'p', status: 'queued' });
  }),
  http.post(url('/pushes/p/reveal'), async ({ request }) => {
    asked.push(await request.json());
    return HttpResponse.json({ id: 'p', fields: { csno: '10023451', cust_telno: '010-9876-5432' } });
  }),
);

afterEach(() => {
  asked = [];
  vi.useRealTimers();
});

describe('a push', () => {
  it('says what became of it, what that means, and what happened', () => {
    renderPage(<PushDetails record={failed} />);
    expect(screen.getByText('It failed at 2026-11-27 10:02:03.')).toBeVisible();
    expect(screen.getByText(/The app was removed/)).toBeVisible();
    expect(screen.getByRole('list', { name: 'Timeline' })).toHaveTextContent('Attempt 1 404 UNREGISTERED');
  });

  const { error_code: _, fcm_send_time: __, tries: ___, ...waiting } = failed;
  const summary = (more: object) =>
    server.use(
      http.get(url('/summary'), () =>
        HttpResponse.json({ holds: [], desired: 'running', workers: { running: 1 }, ...more }),
      ),
    );

  it('says when a reserved push is due', () => {
    renderPage(<PushDetails record={{ ...waiting, status: 'scheduled', sndn_rsev_hour: '20301122225702' }} />);
    expect(screen.getByText(/^It will be sent at 2030-11-22 22:57:02/)).toBeVisible();
    expect(screen.getByRole('list', { name: 'Timeline' })).toHaveTextContent('Due2030-11-22 22:57:02');
    expect(screen.queryByText(/Waiting for a worker/)).toBeNull();
  });

  it('says when the next try is', async () => {
    summary({});
    const tries = ['2026-11-27T01:02:03.000Z vm-1 503 UNAVAILABLE took=30ms retry_in=12s'];
    renderPage(<PushDetails record={{ ...waiting, status: 'retrying', tries }} />);
    expect(screen.getByRole('list', { name: 'Timeline' })).toHaveTextContent('Next attempt2026-11-27 10:02:15');
  });

  it.each([
    [{ holds: [{ project: 'p' }] }, /^Sending is held/, 'Waiting for the end of a hold'],
    [{ desired: 'paused' }, /^All workers are paused/, 'Waiting for workers to be switched on'],
    [{ workers: { circuit_open: 1, paused: 1 } }, /^No worker reaches FCM/, 'Waiting for a worker that reaches'],
    [{ workers: { lost: 2 } }, /^No worker is running/, 'Waiting: no worker is running'],
    [{}, /^It waits for a worker/, 'Waiting for a worker'],
  ])('says what a queued push waits for: %j', async (more, sentence, step) => {
    summary(more);
    renderPage(<PushDetails record={{ ...waiting, status: 'queued' }} />);
    expect(await screen.findByText(sentence)).toBeVisible();
    expect(screen.getByRole('list', { name: 'Timeline' })).toHaveTextContent(step);
  });

  it('is redriven after a warning that it will end the same way', async () => {
    renderPage(<PushDetails record={failed} />);
    await userEvent.click(screen.getByRole('button', { name: 'Redrive' }));
    expect(screen.getByText(/most likely fail again/)).toBeVisible();
    await userEvent.type(screen.getByLabelText(/Reason/), 'token renewed');
    await userEvent.click(screen.getByRole('button', { name: 'Redrive' }));
    expect(await screen.findByText('Queued again')).toBeVisible();
    expect(asked).toEqual([{ reason: 'token renewed' }]);
  });

  it('says why it could not be changed: somebody else was faster', async () => {
    server.use(http.post(url('/pushes/p/redrive'), () => problem(409, 'it can not be changed: queued')));
    renderPage(<PushDetails record={failed} />);
    await userEvent.click(screen.getByRole('button', { name: 'Redrive' }));
    await userEvent.click(screen.getByRole('button', { name: 'Redrive' }));
    expect(await screen.findByText('It is already queued.')).toBeVisible();
  });

  it('offers nothing to who may only look', () => {
    renderPage(<PushDetails record={failed} />, { me: viewer });
    expect(screen.queryByRole('button', { name: 'Redrive' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Reveal' })).toBeNull();
  });

  it('reveals for a minute, for a reason', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ['setInterval', 'clearInterval', 'performance'] });
    renderPage(<PushDetails record={failed} />, { me: admin });
    await userEvent.click(screen.getByRole('button', { name: 'Reveal' }));
    const confirm = screen.getAllByRole('button', { name: 'Reveal' }).at(-1) as HTMLElement;
    expect(confirm).toBeDisabled(); // no reason yet
    await userEvent.type(screen.getByLabelText(/Reason/), 'customer called');
    await userEvent.click(confirm);
    expect(await screen.findByText('10023451')).toBeVisible();
    expect(asked).toEqual([{ fields: ['csno', 'device_id', 'cust_telno', 'msg_title'], reason: 'customer called' }]);
    act(() => vi.advanceTimersByTime(61_000));
    await waitFor(() => expect(screen.queryByText('10023451')).toBeNull());
    expect(screen.getByText('*****451')).toBeVisible();
  });

  it('shows texts as text', () => {
    renderPage(
      <PushDetails record={{ ...failed, msg_title: '<img src=x onerror=alert(1)>', msg_contents: 'שלום 🎉' }} />,
    );
    expect(screen.getAllByText('<img src=x onerror=alert(1)>').length).toBeGreaterThan(0);
    expect(document.querySelector('img')).toBeNull();
  });
});
