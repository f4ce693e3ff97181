import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { delay } from 'msw';
import { describe, expect, it } from 'vitest';
import { apiServer, HttpResponse, http, problem, renderPage, url, viewer } from '../../../tests/render';
import type { Worker, Workers } from './model';
import WorkersPage from './WorkersPage';

const one: Worker = {
  name: 'consumer-1',
  consumer: 'consumer-1-10-abc',
  state: 'running',
  desired: 'running',
  host: 'vm1',
  pid: 10,
  version: '1.2.3',
  silent_seconds: 2,
  in_hand: 3,
  pending: 3,
  sent: 12_345,
  rate: 41.5,
  simulator: false,
};
const two: Worker = { ...one, name: 'consumer-2', consumer: 'consumer-2-11-def', pid: 11 };

const list = (items: Worker[], desired: Workers['desired'] = 'running') =>
  http.get(url('/workers'), () => HttpResponse.json({ items, desired }));
const holds = (items: unknown[]) => http.get(url('/holds'), () => HttpResponse.json({ items }));

const server = apiServer(list([one, two]), holds([]));
const user = userEvent.setup();
const card = (name: string) => screen.findByRole('article', { name });

describe('cards', () => {
  it('say what each process does', async () => {
    renderPage(<WorkersPage />);
    const c = await card('consumer-1');
    expect(within(c).getByText('Running')).toBeVisible();
    expect(c).toHaveTextContent('vm1 · pid 10');
    expect(c).toHaveTextContent('In flight3');
    expect(c).toHaveTextContent('Per second41.5');
    expect(c).toHaveTextContent('Accepted by FCM12,345');
    expect(c).toHaveTextContent('Last heartbeat2 s ago');
    expect(c).toHaveTextContent('Version1.2.3');
  });

  it("say when Redis's clock is another one, and that it was set", async () => {
    server.use(
      list([
        { ...one, clock_offset_ms: -90_000, clock_step_ms: -600_000, clock_step_at: '2026-11-30T01:00:00Z' },
        { ...two, clock_offset_ms: 1_400 },
        { ...two, name: 'consumer-3', consumer: 'consumer-3-1-a', clock_offset_ms: -300 },
      ]),
    );
    renderPage(<WorkersPage />);
    const far = await card('consumer-1');
    expect(far).toHaveTextContent("Redis's clock is 90.0 s behind the machine of this process.");
    expect(far).toHaveTextContent('its /readyz answers 503');
    expect(far).toHaveTextContent('600.0 s back');
    const differs = await card('consumer-2');
    expect(differs).toHaveTextContent("Redis's clock is 1.4 s ahead of the machine of this process.");
    expect(differs).not.toHaveTextContent('503');
    expect(await card('consumer-3')).not.toHaveTextContent("Redis's clock");
  });

  it('have the web server locked, and say why', async () => {
    renderPage(<WorkersPage />);
    const toggle = within(await card('Web server')).getByRole('switch', { name: 'Web server Process ON' });
    expect(toggle).toBeDisabled();
    expect(toggle).toBeChecked();
    expect(toggle).toHaveAccessibleDescription(/it serves this page/);
  });

  it('put processes of a name together under one switch', async () => {
    server.use(list([one, { ...one, consumer: 'consumer-1-20-xyz', state: 'draining', in_hand: 9 }]));
    renderPage(<WorkersPage />);
    const c = await card('consumer-1');
    expect(within(c).getAllByRole('switch')).toHaveLength(1);
    expect(c).toHaveTextContent('For all 2 processes of this name');
    const rows = within(c).getAllByRole('row');
    expect(rows).toHaveLength(3);
    expect(rows[2]).toHaveTextContent('Draining · 9 left');
  });

  it('say what becomes of the work of a lost one', async () => {
    server.use(list([{ ...one, state: 'lost', silent_seconds: 14 }, two]));
    renderPage(<WorkersPage />);
    expect(await card('consumer-1')).toHaveTextContent('Another process reclaims its 3 in-flight pushes soon');
  });

  it('say that nobody is there to take it over', async () => {
    server.use(list([{ ...one, state: 'lost', silent_seconds: 14 }]));
    renderPage(<WorkersPage />);
    expect(await card('consumer-1')).toHaveTextContent('No process is left to reclaim its 3 in-flight pushes');
  });

  it('tell of a name that is paused though none of it runs', async () => {
    server.use(
      list([{ ...one, consumer: '', state: 'lost', desired: 'paused', host: undefined, pid: undefined }, two]),
    );
    renderPage(<WorkersPage />);
    const c = await card('consumer-1');
    expect(within(c).getByText('Not running')).toBeVisible();
    expect(c).toHaveTextContent('No process of this name is running');
    expect(within(c).getByRole('switch')).not.toBeChecked();
  });

  it('are not there without a consumer; what to do is', async () => {
    server.use(list([]));
    renderPage(<WorkersPage />);
    expect(await screen.findByText('No consumer is running')).toBeVisible();
    expect(screen.getAllByRole('article')).toHaveLength(1); // the web server's
  });

  it('give way to an error, with a way to try again', async () => {
    server.use(http.get(url('/workers'), () => problem(503, 'redis is gone')));
    renderPage(<WorkersPage />);
    expect(await screen.findByText('redis is gone')).toBeVisible();
    server.use(list([one]));
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await card('consumer-1')).toBeVisible();
  });
});

describe('the switch', () => {
  it('moves at once, before the API has answered', async () => {
    let asked: unknown;
    server.use(
      http.put(url('/workers/:name/desired'), async ({ request, params }) => {
        asked = [params.name, await request.json()];
        await delay('infinite');
      }),
    );
    renderPage(<WorkersPage />);
    const toggle = within(await card('consumer-1')).getByRole('switch');
    await user.click(toggle);
    expect(toggle).not.toBeChecked();
    await waitFor(() => expect(asked).toEqual(['consumer-1', { desired: 'paused' }]));
  });

  it('stays where it was put, and the chip says what is', async () => {
    const off: Worker = { ...one, desired: 'paused' };
    server.use(
      http.put(url('/workers/:name/desired'), () => {
        server.use(list([off, two]));
        return HttpResponse.json({ items: [off], desired: 'running' });
      }),
    );
    renderPage(<WorkersPage />);
    const c = await card('consumer-1');
    await user.click(within(c).getByRole('switch'));
    expect(await within(c).findByText('Draining · 3 left')).toBeVisible();
    expect(within(c).getByRole('switch')).not.toBeChecked();
    expect(await screen.findByText('consumer-1 is switched off')).toBeVisible();
  });

  it('moves back if the API refuses, and says so', async () => {
    server.use(http.put(url('/workers/:name/desired'), () => problem(503, 'redis is gone')));
    renderPage(<WorkersPage />);
    const c = await card('consumer-1');
    await user.click(within(c).getByRole('switch'));
    expect(await within(c).findByRole('alert')).toHaveTextContent(/could not be changed.*redis is gone/);
    expect(within(c).getByRole('switch')).toBeChecked();
  });

  it('asks before the last one is switched off', async () => {
    let asked: unknown;
    server.use(
      list([one]),
      http.put(url('/workers/:name/desired'), async ({ request }) => {
        asked = await request.json();
        return HttpResponse.json({ items: [{ ...one, desired: 'paused' }], desired: 'running' });
      }),
    );
    renderPage(<WorkersPage />);
    const toggle = within(await card('consumer-1')).getByRole('switch');
    await user.click(toggle);
    const dialog = await screen.findByRole('dialog', { name: 'Switch off the last process?' });
    expect(within(dialog).getByRole('button', { name: 'Cancel' })).toHaveFocus();
    expect(toggle).toBeChecked();
    expect(asked).toBeUndefined();
    await user.type(within(dialog).getByRole('textbox', { name: 'Reason' }), 'maintenance');
    await user.click(within(dialog).getByRole('button', { name: 'Switch off consumer-1' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(asked).toEqual({ desired: 'paused', reason: 'maintenance' });
  });

  it('is words for who may not move it', async () => {
    renderPage(<WorkersPage />, { me: viewer });
    expect(await card('consumer-1')).toHaveTextContent('Process ON on');
    expect(screen.queryByRole('switch')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Pause all' })).toBeNull();
  });
});

describe('all', () => {
  it('are paused after a question', async () => {
    let asked: unknown;
    server.use(
      http.put(url('/workers/desired'), async ({ request }) => {
        asked = await request.json();
        return HttpResponse.json({ items: [one, two].map((w) => ({ ...w, desired: 'paused' })), desired: 'paused' });
      }),
    );
    renderPage(<WorkersPage />);
    await user.click(await screen.findByRole('button', { name: 'Pause all' }));
    await user.click(await screen.findByRole('button', { name: 'Pause all 2 processes' }));
    expect(await screen.findByText('All processes are paused. Nothing is sent.')).toBeVisible();
    expect(asked).toEqual({ desired: 'paused' });
    const toggle = within(await card('consumer-1')).getByRole('switch', { hidden: true });
    expect(toggle).toBeDisabled();
    expect(toggle).not.toBeChecked();
  });

  it('stay as they are if the API refuses; the dialog says so', async () => {
    server.use(http.put(url('/workers/desired'), () => problem(503, 'redis is gone')));
    renderPage(<WorkersPage />);
    await user.click(await screen.findByRole('button', { name: 'Pause all' }));
    await user.click(await screen.findByRole('button', { name: 'Pause all 2 processes' }));
    expect(await within(screen.getByRole('dialog')).findByText('redis is gone')).toBeVisible();
  });

  it('are resumed', async () => {
    server.use(
      list([{ ...one, desired: 'paused', state: 'paused', in_hand: 0 }], 'paused'),
      http.put(url('/workers/desired'), () => {
        server.use(list([one]));
        return HttpResponse.json({ items: [one], desired: 'running' });
      }),
    );
    renderPage(<WorkersPage />);
    await user.click(await screen.findByRole('button', { name: 'Resume all' }));
    expect(await screen.findByText('All processes are resumed')).toBeVisible();
    expect(within(await card('consumer-1')).getByRole('switch')).toBeChecked();
  });
});

describe('a process that has stepped back', () => {
  it('says why, since when, and what ends it; the others are not held', async () => {
    server.use(
      list([
        one,
        {
          ...one,
          name: 'consumer-2',
          consumer: 'consumer-2-11-abc',
          state: 'circuit_open',
          circuit: {
            reason: 'credential',
            code: 'CREDENTIAL',
            detail: 'invalid_grant',
            mend: '',
            since: new Date(Date.now() - 65_000).toISOString(),
            tokens: 3,
          },
        },
      ]),
    );
    renderPage(<WorkersPage />);
    const c = within(await card('consumer-2'));
    expect(c.getByText('Circuit open')).toBeVisible();
    expect(c.getByText(/FCM refuses the service account key/)).toBeVisible();
    expect(c.getByText(/seen with 3 different tokens/)).toBeVisible();
    expect(c.getByText(/Correct the service account/)).toBeVisible();
    expect(within(await card('consumer-1')).queryByText('Circuit open')).toBeNull();
  });
});

describe('a hold', () => {
  const hold = () => ({
    project: 'demo',
    reason: 'outage',
    code: 'UNAVAILABLE',
    detail: 'backend down',
    mend: '',
    by: 'consumer-1-10-abc',
    workers: ['consumer-1-10-abc'],
    tokens: 5,
    since: new Date(Date.now() - 65_000).toISOString(),
    probe_at: new Date(Date.now() + 600_000).toISOString(),
  });

  it('is told with its reason, its age and when it is probed', async () => {
    server.use(holds([hold()]));
    renderPage(<WorkersPage />, { me: viewer });
    const region = await screen.findByText('Sending is held: FCM does not answer');
    expect(region.parentElement).toHaveTextContent(/1 m \d+ s ago.*Next probe at.*in \d+ m.*backend down/);
    expect(screen.queryByRole('button', { name: 'End hold' })).toBeNull();
  });

  it('is ended by hand', async () => {
    let ended = '';
    server.use(
      holds([hold()]),
      http.delete(url('/holds/:project'), ({ params }) => {
        ended = String(params.project);
        server.use(holds([]));
        return new HttpResponse(null, { status: 204 });
      }),
    );
    renderPage(<WorkersPage />);
    await user.click(await screen.findByRole('button', { name: 'End hold' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'End hold' }));
    await waitFor(() => expect(screen.queryByText(/Sending is held/)).toBeNull());
    expect(ended).toBe('demo');
  });
});
