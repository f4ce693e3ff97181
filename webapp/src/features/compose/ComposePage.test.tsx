import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { playLive } from '../../../tests/live';
import { admin, apiServer, HttpResponse, http, problem, renderPage, url } from '../../../tests/render';
import type { Schemas } from '../../api/client';
import ComposePage from './ComposePage';
import { clearDraft } from './draft';

const record: Schemas['Record'] = {
  id: 'sent-1',
  device_id: 'tok****',
  priority: 'normal',
  ttl: 3600,
  status: 'queued',
  accepted_at: '2026-11-24T00:30:00.000Z',
  attempts: 0,
  deliveries: 0,
};

const summary = (over: object) =>
  http.get(url('/summary'), () => HttpResponse.json({ simulator: true, desired: 'running', ...over }));
const server = apiServer();
beforeEach(() => {
  clearDraft();
  server.use(
    summary({}),
    http.get(url('/pushes/sent-1'), () => HttpResponse.json(record)),
  );
});

/** Answers what is handed in, and keeps it. */
function taken(answer: () => Response) {
  const all: { query: string; key: string | null; body: Schemas['Job'] }[] = [];
  server.use(
    http.post(url('/pushes'), async ({ request }) => {
      const body = (await request.json()) as Schemas['Job'];
      all.push({ query: new URL(request.url).search, key: request.headers.get('Idempotency-Key'), body });
      return answer();
    }),
  );
  return all;
}
const accepted = () => HttpResponse.json({ id: 'sent-1', answer: 'queued', bytes: 60 }, { status: 202 });

const fill = async () => {
  await userEvent.type(await screen.findByRole('textbox', { name: /FCM registration token/ }), 'token-1');
  await userEvent.type(screen.getByRole('textbox', { name: 'Title' }), '체결');
};
const confirm = async () => {
  await userEvent.click(screen.getByRole('button', { name: 'Send…' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.click(dialog.getByRole('button', { name: 'Send 1 push' }));
};
const faults = (...all: { field: string; message: string }[]) =>
  HttpResponse.json(
    {
      type: 'about:blank',
      title: 'x',
      status: 422,
      detail: 'the push is not valid',
      request_id: 'r',
      faults: [{ index: 0, faults: all }],
    },
    { status: 422 },
  );

describe('validate only', () => {
  it("hands in the fields, and shows FCM's word", async () => {
    const all = taken(() =>
      HttpResponse.json({ bytes: 48, max_bytes: 4096, fcm: { ok: true, code: 'ACCEPTED', took_ms: 31 } }),
    );
    renderPage(<ComposePage />, { at: '/compose' });
    await fill();
    expect(screen.getByText('48 of 4,096 bytes')).toBeVisible(); // the same as the API counts
    await userEvent.click(screen.getByRole('button', { name: 'Validate only' }));
    expect(await screen.findByText(/FCM would accept it \(31 ms\). Nothing was sent./)).toBeVisible();
    expect(all).toEqual([
      {
        query: '?validate_only=true',
        key: null,
        body: { device_id: 'token-1', msg_title: '체결', priority: 'normal', ttl: null },
      },
    ]);
    await userEvent.type(screen.getByRole('textbox', { name: 'Title' }), '!');
    expect(screen.queryByText(/FCM would accept it/)).toBeNull(); // it was of another text
  });

  it('says what FCM has against it', async () => {
    taken(() =>
      HttpResponse.json({
        bytes: 48,
        max_bytes: 4096,
        fcm: { ok: false, code: 'UNREGISTERED', http_status: 404, detail: 'not found', took_ms: 3 },
      }),
    );
    renderPage(<ComposePage />, { at: '/compose' });
    await userEvent.click(screen.getByRole('button', { name: 'Validate only' }));
    expect(await screen.findByText(/FCM would refuse it/)).toBeVisible();
    expect(screen.getByText(/The app was removed, or the token has expired/)).toBeVisible();
  });

  it.each([
    { ok: true, code: 'ACCEPTED', took_ms: 3 },
    { ok: false, code: 'UNREGISTERED', http_status: 404, detail: 'not found', took_ms: 3 },
    null,
  ])('says beside the word of FCM that the token is suppressed: %j', async (fcm) => {
    const suppressed = {
      project: 'demo',
      hash: '799fe18b43e78f85c651479cc41c4fe8',
      at: '2026-11-22T00:30:00Z',
      code: 'INVALID_ARGUMENT',
      push: 'p-1',
      ask_at: '2026-11-23T00:30:00Z',
    };
    taken(() => HttpResponse.json({ bytes: 48, max_bytes: 4096, fcm, suppressed, project: 'demo' }));
    renderPage(<ComposePage />, { at: '/compose' });
    await userEvent.click(screen.getByRole('button', { name: 'Validate only' }));
    expect(await screen.findByText(/is suppressed/)).toHaveTextContent(
      /at 2026-11-22 09:30:00 FCM answered INVALID_ARGUMENT/,
    );
    expect(
      screen.getByText(fcm ? (fcm.ok ? /FCM would accept it/ : /FCM would refuse/) : /has no FCM settings/),
    ).toBeVisible();
    expect(screen.getByRole('link', { name: 'To the suppressed tokens' })).toHaveAttribute(
      'href',
      '/workers?tab=tokens',
    );
  });

  it('says nothing of suppression if pushes to the token are sent', async () => {
    const fcm = { ok: true, code: 'ACCEPTED', took_ms: 3 };
    taken(() => HttpResponse.json({ bytes: 48, max_bytes: 4096, fcm, suppressed: null, project: 'demo' }));
    renderPage(<ComposePage />, { at: '/compose' });
    await userEvent.click(screen.getByRole('button', { name: 'Validate only' }));
    expect(await screen.findByText(/FCM would accept it/)).toBeVisible();
    expect(screen.queryByText(/suppressed/)).toBeNull();
  });

  it('says that FCM was in trouble, which says nothing of the push', async () => {
    taken(() =>
      HttpResponse.json({
        bytes: 48,
        max_bytes: 4096,
        fcm: { ok: false, code: 'UNAVAILABLE', http_status: 503, detail: 'try later', took_ms: 3 },
      }),
    );
    renderPage(<ComposePage />, { at: '/compose' });
    await userEvent.click(screen.getByRole('button', { name: 'Validate only' }));
    expect(await screen.findByText(/FCM gave no answer/)).toBeVisible();
    expect(screen.getByText('try later')).toBeVisible();
  });

  it('says that nobody asked FCM', async () => {
    taken(() => HttpResponse.json({ bytes: 48, max_bytes: 4096, fcm: null }));
    renderPage(<ComposePage />, { at: '/compose' });
    await userEvent.click(screen.getByRole('button', { name: 'Validate only' }));
    expect(await screen.findByText(/This admin has no FCM settings/)).toBeVisible();
  });

  it('shows faults at their fields, and those that have none', async () => {
    taken(() =>
      faults(
        { field: 'device_id', message: 'is required' },
        { field: 'csno', message: 'is longer than 128 characters' },
        { field: '', message: 'is not a JSON object' },
      ),
    );
    renderPage(<ComposePage />, { at: '/compose' });
    await userEvent.click(screen.getByRole('button', { name: 'Validate only' }));
    const token = screen.getByRole('textbox', { name: /FCM registration token/ });
    await waitFor(() => expect(token).toHaveAccessibleDescription('Required'));
    expect(token).toBeInvalid();
    expect(screen.getByRole('textbox', { name: 'Customer no.' })).toHaveAccessibleDescription('At most 128 characters');
    expect(screen.getByText(/is not a JSON object/)).toBeVisible();
  });

  it('shows that the API could not be asked', async () => {
    taken(() => problem(503, 'the store does not answer'));
    renderPage(<ComposePage />, { at: '/compose' });
    await userEvent.click(screen.getByRole('button', { name: 'Validate only' }));
    expect(await screen.findByText('the store does not answer')).toBeVisible();
  });
});

describe('the form', () => {
  it('hands in data, priority and lifetime', async () => {
    const all = taken(() => HttpResponse.json({ bytes: 1, max_bytes: 4096, fcm: null }));
    renderPage(<ComposePage />, { at: '/compose' });
    await fill();
    await userEvent.click(screen.getByRole('button', { name: 'Add a row' }));
    await userEvent.type(screen.getByRole('textbox', { name: 'Key 1' }), 'screen');
    await userEvent.type(screen.getByRole('textbox', { name: 'Value 1' }), 'quote');
    await userEvent.click(screen.getByRole('button', { name: 'Add a row' }));
    await userEvent.click(screen.getByRole('button', { name: 'Urgent' }));
    await userEvent.type(screen.getByRole('textbox', { name: 'Lifetime (s)' }), '60');
    await userEvent.click(screen.getByRole('button', { name: 'Validate only' }));
    await waitFor(() => expect(all).toHaveLength(1));
    expect(all[0]?.body).toMatchObject({ data: { screen: 'quote' }, priority: 'urgent', ttl: 60 });
  });

  it('hands in a reserved time of the firm, and wants one for what is sent later', async () => {
    const all = taken(() => HttpResponse.json({ bytes: 1, max_bytes: 4096, fcm: null }));
    renderPage(<ComposePage />, { at: '/compose' });
    await fill();
    await userEvent.click(screen.getByRole('switch', { name: 'Send later' }));
    await userEvent.click(screen.getByRole('button', { name: 'Send…' }));
    const at = screen.getByLabelText('Scheduled at (Asia/Seoul)');
    expect(at).toHaveAccessibleDescription('Required');
    fireEvent.change(at, { target: { value: '2030-11-22T09:30' } });
    await userEvent.click(screen.getByRole('button', { name: 'Validate only' }));
    await waitFor(() => expect(all).toHaveLength(1));
    expect(all[0]?.body.sndn_rsev_hour).toBe('20301122093000');
  });

  it('does not send what is wrong by itself', async () => {
    renderPage(<ComposePage />, { at: '/compose' });
    await fill();
    await userEvent.type(screen.getByRole('textbox', { name: 'Lifetime (s)' }), '0');
    await userEvent.click(screen.getByRole('button', { name: 'Send…' }));
    expect(screen.getByRole('textbox', { name: 'Lifetime (s)' })).toHaveAccessibleDescription(
      'A whole number, 1 to 2,419,200',
    );
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('shows the message as a phone would', async () => {
    renderPage(<ComposePage />, { at: '/compose' });
    await fill();
    expect(within(screen.getByRole('group', { name: 'As a phone shows it' })).getByText('체결')).toBeVisible();
  });

  it('keeps what was typed when the page goes and comes back, but not for another user, and never in the URL', async () => {
    const first = renderPage(<ComposePage />, { at: '/compose' });
    await fill();
    expect(first.address.current).toBe('/compose');
    first.unmount();
    const second = renderPage(<ComposePage />, { at: '/compose' });
    expect(await screen.findByRole('textbox', { name: 'Title' })).toHaveValue('체결');
    second.unmount();
    renderPage(<ComposePage />, { at: '/compose', me: { ...admin, name: 'lee' } });
    expect(await screen.findByRole('textbox', { name: 'Title' })).toHaveValue('');
    expect(localStorage.length + sessionStorage.length).toBe(localStorage.getItem('pushstream.language') ? 1 : 0);
  });
});

describe('sending', () => {
  it('asks first, and then follows the push until it has ended', async () => {
    const all = taken(accepted);
    const { Live, tell } = playLive();
    const { address } = renderPage(
      <Live>
        <ComposePage />
      </Live>,
      { at: '/compose' },
    );
    await fill();
    await confirm();
    expect(await screen.findByText('Accepted, and queued.')).toBeVisible();
    expect(all[0]?.key).toMatch(/^[0-9a-f]{32}$/);
    expect(all[0]?.query).toBe('');
    expect(address.current).toBe('/compose?sent=sent-1');
    const sent = within(screen.getByRole('region', { name: 'The push that was sent' }));
    expect(await sent.findByText('Queued')).toBeVisible();
    expect(sent.getByRole('link', { name: 'Show in the log' })).toHaveAttribute('href', '/log?id=sent-1');
    server.use(http.get(url('/pushes/sent-1'), () => HttpResponse.json({ ...record, status: 'sent', attempts: 1 })));
    tell('pushes', { changes: [{ id: 'sent-1', status: 'sent' }], more: 0, accepted: 0 });
    expect(await sent.findByText('Accepted', { selector: '[data-status] *, [data-status]' })).toBeVisible();
  });

  it('warns of a real phone, unless FCM is simulated', async () => {
    server.use(summary({ simulator: false, desired: 'paused' }));
    renderPage(<ComposePage />, { at: '/compose' });
    await fill();
    await userEvent.click(screen.getByRole('button', { name: 'Send…' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/It appears on a real phone/)).toBeVisible();
    expect(dialog.getByRole('button', { name: 'Cancel' })).toHaveFocus();
    expect(await dialog.findByText(/All workers are paused/)).toBeVisible();
  });

  it('says that a simulator is in use', async () => {
    renderPage(<ComposePage />, { at: '/compose' });
    await fill();
    await userEvent.click(screen.getByRole('button', { name: 'Send…' }));
    expect(await screen.findByText(/Some workers send to an FCM simulator/)).toBeVisible();
  });

  it('is the same push when it is tried again, and another one after it was sent', async () => {
    let tries = 0;
    const all = taken(() => (++tries === 1 ? problem(503, 'the store does not answer') : accepted()));
    renderPage(<ComposePage />, { at: '/compose' });
    await fill();
    await confirm();
    const dialog = within(screen.getByRole('dialog'));
    expect(await dialog.findByText('the store does not answer')).toBeVisible();
    await userEvent.click(dialog.getByRole('button', { name: 'Send 1 push' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await confirm();
    await waitFor(() => expect(all).toHaveLength(3));
    expect(all[1]?.key).toBe(all[0]?.key);
    expect(all[2]?.key).not.toBe(all[0]?.key);
  });

  it('goes back to the form with what is wrong', async () => {
    taken(() => faults({ field: 'msg_contents', message: 'msg_title or msg_contents is required' }));
    renderPage(<ComposePage />, { at: '/compose' });
    await fill();
    await confirm();
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(screen.getByRole('textbox', { name: 'Body' })).toHaveAccessibleDescription(
      'A title or a body with a visible character is required',
    );
  });

  it('shows in its place that the sent push could not be read', async () => {
    server.use(http.get(url('/pushes/sent-1'), () => problem(404, 'no such push')));
    renderPage(<ComposePage />, { at: '/compose?sent=sent-1' });
    expect(await screen.findByText('no such push')).toBeVisible();
  });
});
