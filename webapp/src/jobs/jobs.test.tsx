import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { playLive } from '../../tests/live';
import { apiServer, HttpResponse, http, problem, renderPage, url, viewer } from '../../tests/render';
import { BulkDialog } from './BulkDialog';
import { JobPanel } from './JobPanel';
import type { BulkJob } from './job';

const job: BulkJob = {
  id: '0123456789ab',
  kind: 'redrive',
  state: 'running',
  filter: { status: ['failed'], error_code: 'UNAVAILABLE', since: '2026-11-20T00:00:00.000Z' },
  by: 'kim',
  reason: 'outage is over',
  ordered_at: '2026-11-24T00:30:00.000Z',
  started_at: '2026-11-24T00:30:00.000Z',
  of: 200,
  looked: 120,
  matched: 50,
  changes: { queued: 45, sent: 4, in_hand: 1 },
};

const list = (...items: BulkJob[]) => http.get(url('/jobs'), () => HttpResponse.json({ items }));
const server = apiServer(list(job));

describe('BulkDialog', () => {
  const filter = { status: ['failed' as const], D_servicename: 'trade' };
  const open = (kind: 'redrive' | 'cancel' = 'redrive') => {
    const onClose = vi.fn();
    renderPage(<BulkDialog kind={kind} filter={filter} onClose={onClose} />);
    return { onClose };
  };

  it('says "at least" when there was no time to count', async () => {
    server.use(http.post(url('/jobs'), () => HttpResponse.json({ count: 12000, exact: false })));
    open();
    expect(await screen.findByText('At least 12,000 pushes match now')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Redrive 12,000 pushes or more' })).toBeVisible();
  });

  it('has nothing to do if nothing is meant', async () => {
    server.use(http.post(url('/jobs'), () => HttpResponse.json({ count: 0, exact: true })));
    open();
    expect(await screen.findByText(/No push matches/)).toBeVisible();
    await userEvent.type(screen.getByRole('textbox', { name: /Reason/ }), 'because');
    expect(screen.getByRole('button', { name: 'Redrive' })).toBeDisabled();
  });

  it('shows that it could not be counted, and counts again', async () => {
    server.use(
      http.post(url('/jobs'), () => problem(503, 'the store does not answer'), { once: true }),
      http.post(url('/jobs'), () => HttpResponse.json({ count: 7, exact: true })),
    );
    open();
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('7 pushes match now')).toBeVisible();
  });

  it('stays, with what went wrong, when the order is refused; tried again, it is the same order', async () => {
    const keys: (string | null)[] = [];
    server.use(
      http.post(url('/jobs'), async ({ request }) => {
        const body = (await request.json()) as { dry_run?: boolean };
        if (body.dry_run) return HttpResponse.json({ count: 7, exact: true });
        keys.push(request.headers.get('Idempotency-Key'));
        if (keys.length === 1) return problem(409, 'too many jobs are not done yet');
        return HttpResponse.json(job, { status: 202 });
      }),
    );
    const { onClose } = open('cancel');
    const go = await screen.findByRole('button', { name: 'Cancel 7 pushes' });
    await userEvent.type(screen.getByRole('textbox', { name: /Reason/ }), 'wrong text');
    await userEvent.click(go);
    expect(await screen.findByText('too many jobs are not done yet')).toBeVisible();
    expect(onClose).not.toHaveBeenCalled();
    await userEvent.click(go);
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(keys[0]).toBe(keys[1]);
  });

  it('gives Cancel the focus before something is cancelled', async () => {
    server.use(http.post(url('/jobs'), () => HttpResponse.json({ count: 7, exact: true })));
    open('cancel');
    await screen.findByText('7 pushes match now');
    expect(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus();
  });
});

describe('JobPanel', () => {
  it('shows what a job does, for whom and why, and how far it is', async () => {
    renderPage(<JobPanel />);
    const one = within(await screen.findByRole('article', { name: 'Redrive' }));
    expect(one.getByText('Running')).toBeVisible();
    expect(one.getByText('UNAVAILABLE')).toBeVisible();
    expect(one.getByText('50 of 200 done')).toBeVisible();
    expect(one.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '25');
    expect(one.getByText(/queued again/)).toHaveTextContent('queued again 45');
    expect(one.getByText(/accepted already/)).toHaveTextContent('accepted already 4');
    expect(one.getByText(/started by kim/)).toHaveTextContent('Reason: outage is over');
    expect(one.getByRole('link')).toHaveAttribute(
      'href',
      '/log?status=failed&since=2026-11-20T00:00:00.000Z&code=UNAVAILABLE',
    );
  });

  it('says of one that was interrupted, and of one that failed, what is the matter', async () => {
    server.use(
      list(
        { ...job, id: '000000000001', state: 'interrupted' },
        { ...job, id: '000000000002', state: 'failed', error: 'OOM command not allowed' },
      ),
    );
    renderPage(<JobPanel />);
    expect(await screen.findByText(/Another process continues it soon/)).toBeVisible();
    expect(screen.getByText('OOM command not allowed')).toBeVisible();
  });

  it('moves without a number if it was not counted', async () => {
    server.use(list({ ...job, of: -1 }));
    renderPage(<JobPanel />);
    expect(await screen.findByText('50 pushes done')).toBeVisible();
    expect(screen.getByRole('progressbar')).not.toHaveAttribute('aria-valuenow');
  });

  it('follows what happens', async () => {
    const { Live, tell } = playLive();
    renderPage(
      <Live>
        <JobPanel />
      </Live>,
    );
    await screen.findByText('50 of 200 done');
    const { id, kind, ordered_at } = job;
    const news = { id, kind, ordered_at, of: 200, looked: 300, matched: 150, changes: { queued: 150 } };
    tell('jobs', { items: [{ ...news, state: 'running' }] });
    expect(await screen.findByText('150 of 200 done')).toBeVisible();
    server.use(
      list({ ...job, state: 'done', matched: 200, changes: { queued: 200 }, ended_at: '2026-11-24T00:30:09Z' }),
    );
    tell('jobs', { items: [{ ...news, state: 'done', matched: 200 }] });
    expect(await screen.findByText(/took 9.0 s/)).toBeVisible();
  });

  it('stops one', async () => {
    let body: unknown;
    server.use(
      http.post(url(`/jobs/${job.id}/cancel`), async ({ request }) => {
        body = await request.json();
        return HttpResponse.json(job);
      }),
    );
    renderPage(<JobPanel />);
    await userEvent.click(await screen.findByRole('button', { name: 'Stop the job: Redrive' }));
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.type(dialog.getByRole('textbox'), 'wrong group');
    await userEvent.click(dialog.getByRole('button', { name: 'Stop the job' }));
    expect(await screen.findByText('The job is stopping')).toBeVisible();
    expect(body).toEqual({ reason: 'wrong group' });
  });

  it('says that it has ended when it was too late to stop it', async () => {
    server.use(http.post(url(`/jobs/${job.id}/cancel`), () => problem(409, 'the job has ended')));
    renderPage(<JobPanel />);
    await userEvent.click(await screen.findByRole('button', { name: 'Stop the job: Redrive' }));
    await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Stop the job' }));
    expect(await screen.findByText('the job has ended')).toBeVisible();
  });

  it('is only looked at by a viewer', async () => {
    renderPage(<JobPanel />, { me: viewer });
    await screen.findByText('50 of 200 done');
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('shows only those that the page is about, but all that are not done', async () => {
    server.use(
      list(
        { ...job, id: '000000000001', kind: 'cancel', changes: {} },
        { ...job, id: '000000000002', state: 'done', by: 'lee' },
        { ...job, id: '000000000003', state: 'done', by: 'park' },
        { ...job, id: '000000000004', by: 'choi' },
      ),
    );
    renderPage(<JobPanel of={(j) => j.kind === 'redrive'} most={1} />);
    expect(await screen.findByText(/started by lee/)).toBeVisible();
    expect(screen.getByText(/started by choi/)).toBeVisible();
    expect(screen.getAllByRole('article')).toHaveLength(2);
  });

  it('shows an error in its place', async () => {
    server.use(http.get(url('/jobs'), () => problem(503, 'the store does not answer')));
    renderPage(<JobPanel />);
    expect(await screen.findByText('the store does not answer')).toBeVisible();
  });
});
