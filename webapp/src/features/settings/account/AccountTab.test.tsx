import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { admin, apiServer, HttpResponse, http, problem, renderPage, url, viewer } from '../../../../tests/render';
import { onSessionEnd, type Schemas } from '../../../api/client';
import AccountTab from './AccountTab';

const me = {
  ...viewer,
  how: 'password' as const,
  session: 's1',
  ends_at: '2026-11-22T12:00:00Z',
  idle_minutes: 30,
};
const session = (id: string, some: Partial<Schemas['Session']> = {}): Schemas['Session'] => ({
  id,
  user: 'lee',
  how: 'password',
  address: '192.0.2.7',
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  created_at: '2026-11-22T00:00:00Z',
  seen_at: '2026-11-22T00:30:00Z',
  ends_at: '2026-11-22T12:00:00Z',
  ...some,
});

const server = apiServer();
let sessions: Schemas['Session'][];
beforeEach(() => {
  sessions = [session('s1'), session('s2', { address: '192.0.2.8' }), session('s3', { address: '192.0.2.9' })];
  server.use(
    http.get(url('/session/others'), () => HttpResponse.json({ items: sessions })),
    http.delete(url('/session/others/:id'), ({ params }) => {
      sessions = sessions.filter((s) => s.id !== params.id);
      return new HttpResponse(null, { status: 204 });
    }),
  );
});

const type = async (current: string, next: string, again = next) => {
  await userEvent.type(screen.getByLabelText(/Current password/), current);
  await userEvent.type(screen.getByLabelText(/^New password(?! again)/), next);
  await userEvent.type(screen.getByLabelText(/New password again/), again);
};
const button = () => screen.getByRole('button', { name: 'Change the password' });

it('says who it is, and what they may do', async () => {
  renderPage(<AccountTab />, { me });
  expect(screen.getByText('Viewer')).toBeVisible();
  expect(screen.getByText('2026-11-22 21:00')).toBeVisible();
  expect(screen.getByText('after 30 minutes without activity')).toBeVisible();
  const may = (text: string) => within(screen.getByText(text).closest('li') as HTMLElement).getByTitle(/allowed/);
  expect(may('See the log and the overview, personal data masked')).toHaveTextContent(/^allowed$/);
  expect(may('Flush the log')).toHaveTextContent(/^not allowed$/);
  expect(await screen.findByRole('table', { name: 'Your sessions' })).toBeVisible();
});

it('has no password of who comes from single sign-on', () => {
  renderPage(<AccountTab />, { me: { ...me, how: 'oidc' } });
  expect(screen.getByText(/you have no password here/)).toBeVisible();
  expect(screen.queryByLabelText(/Current password/)).toBeNull();
});

it('changes the password, and logs in again with it', async () => {
  const asked: unknown[] = [];
  server.use(
    http.put(url('/session/password'), async ({ request }) => {
      asked.push(await request.json());
      return new HttpResponse(null, { status: 204 });
    }),
    http.post(url('/session'), async ({ request }) => {
      asked.push(await request.json());
      return HttpResponse.json({ ...me, session: 's9' });
    }),
  );
  renderPage(<AccountTab />, { me });
  await type('the old one', 'the new one is long');
  await userEvent.click(button());
  expect(await screen.findByText('The password was changed. Other sessions have ended.')).toBeVisible();
  expect(asked).toEqual([
    { current: 'the old one', password: 'the new one is long' },
    { name: 'lee', password: 'the new one is long' },
  ]);
  expect(screen.getByLabelText(/Current password/)).toHaveValue('');
});

it('says that the current password is wrong, and keeps the session', async () => {
  server.use(http.put(url('/session/password'), () => problem(401, 'wrong name or password')));
  let ended = false;
  const stop = onSessionEnd(() => {
    ended = true;
  });
  renderPage(<AccountTab />, { me });
  await type('a guess', 'the new one is long');
  await userEvent.click(button());
  expect(await screen.findByText('The current password is wrong.')).toBeVisible();
  expect(screen.getByLabelText(/Current password/)).toHaveValue('');
  expect(screen.getByLabelText(/New password again/)).toHaveValue('the new one is long');
  expect(ended).toBe(false);
  stop();
});

it('says how long to wait after too many tries', async () => {
  server.use(
    http.put(url('/session/password'), () =>
      HttpResponse.json({ title: 'wait', status: 429 }, { status: 429, headers: { 'Retry-After': '7' } }),
    ),
  );
  renderPage(<AccountTab />, { me });
  await type('a guess', 'the new one is long');
  await userEvent.click(button());
  expect(await screen.findByText('Too many attempts. Try again in 7 seconds.')).toBeVisible();
});

it('does not ask for what the API would refuse', async () => {
  renderPage(<AccountTab />, { me });
  await type('the old one', 'short', 'other');
  expect(button()).toBeDisabled();
  expect(screen.getByText('The two new passwords differ')).toBeVisible();
  expect(screen.getByLabelText(/^New password(?! again)/)).toBeInvalid();
});

it('keeps no password', async () => {
  server.use(http.put(url('/session/password'), () => problem(422, 'a password is 12 to 256 characters')));
  const { queries, unmount } = renderPage(<AccountTab />, { me });
  await type('the old one', 'the new one is long');
  await userEvent.click(button());
  await screen.findByText('a password is 12 to 256 characters');
  unmount();
  await waitFor(() => expect(queries.getMutationCache().getAll()).toEqual([]));
});

it('ends one session, but not this one', async () => {
  renderPage(<AccountTab />, { me });
  const table = within(await screen.findByRole('table', { name: 'Your sessions' }));
  expect(table.getByRole('row', { name: /192.0.2.7/ })).toHaveTextContent('This browser');
  expect(table.getAllByRole('button')).toHaveLength(2);
  await userEvent.click(table.getByRole('button', { name: 'End the session: Firefox · Linux 192.0.2.8' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'End this session?' }));
  expect(dialog.getByText('Firefox · Linux (192.0.2.8) has to log in again.')).toBeVisible();
  expect(dialog.getByRole('button', { name: 'Cancel' })).toHaveFocus();
  await userEvent.click(dialog.getByRole('button', { name: 'End the session' }));
  await waitFor(() => expect(screen.queryByText('192.0.2.8')).toBeNull());
  expect(screen.getByText('192.0.2.9')).toBeInTheDocument();
});

it('ends all others', async () => {
  renderPage(<AccountTab />, { me });
  await userEvent.click(await screen.findByRole('button', { name: 'End 2 other sessions' }));
  await userEvent.click(
    within(await screen.findByRole('dialog')).getByRole('button', { name: 'End 2 other sessions' }),
  );
  expect(await screen.findByText('2 sessions have ended')).toBeVisible();
  expect(sessions.map((s) => s.id)).toEqual(['s1']);
});

it('says why a session could not be ended', async () => {
  server.use(http.delete(url('/session/others/:id'), () => problem(503, 'Redis does not answer')));
  renderPage(<AccountTab />, { me: { ...admin, how: 'password', session: 's1' } });
  await userEvent.click(await screen.findByRole('button', { name: /192.0.2.8/ }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.click(dialog.getByRole('button', { name: 'End the session' }));
  expect(await dialog.findByText('Redis does not answer')).toBeVisible();
});

it('shows that the sessions could not be read, beside the rest', async () => {
  server.use(http.get(url('/session/others'), () => problem(500, 'a bug')));
  renderPage(<AccountTab />, { me });
  expect(await screen.findByText('a bug')).toBeVisible();
  expect(button()).toBeVisible();
});
