import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { apiServer, HttpResponse, http, problem, renderPage, url } from '../../../../tests/render';
import type { Schemas } from '../../../api/client';
import UsersTab from './UsersTab';

type User = Schemas['User'];
const user = (name: string, some: Partial<User> = {}): User => ({
  name,
  role: 'viewer',
  reveal: false,
  disabled: false,
  how: 'password',
  created_at: '2026-11-22T00:00:00Z',
  created_by: 'kim',
  ...some,
});

const server = apiServer();
let users: User[];
beforeEach(() => {
  users = [
    user('kim', { role: 'admin', login_at: '2026-11-22T00:30:00Z', login_from: '192.0.2.7' }),
    user('lee', { role: 'operator', reveal: true }),
    user('park', { how: 'oidc', disabled: true }),
  ];
  const owned = (name: string, owner: string) => ({
    name,
    owner,
    scopes: ['read'],
    created_by: owner,
    created_at: '2026-11-01T00:00:00Z',
    expires_at: '2036-11-01T00:00:00Z',
    expired: false,
    stopped: false,
  });
  server.use(
    http.get(url('/users'), () => HttpResponse.json({ items: users })),
    http.get(url('/api-tokens'), () =>
      HttpResponse.json({ items: [owned('grafana', 'lee'), owned('MTS', 'lee'), owned('other', 'kim')] }),
    ),
  );
});

const rowOf = async (name: string) =>
  within((await screen.findByRole('rowheader', { name: new RegExp(`^${name}`) })).closest('tr') as HTMLElement);
const menuOf = async (name: string) => {
  await userEvent.click((await rowOf(name)).getByRole('button', { name: `Actions for ${name}` }));
  return within(await screen.findByRole('menu'));
};
const choose = async (name: string, action: string) => {
  await userEvent.click((await menuOf(name)).getByRole('menuitem', { name: action }));
  return within(await screen.findByRole('dialog'));
};
const put = (path: string) => {
  const asked: unknown[] = [];
  server.use(
    http.put(url(path), async ({ request }) => {
      asked.push([new URL(request.url).pathname, await request.json()]);
      return new HttpResponse(null, { status: 204 });
    }),
  );
  return asked;
};

it('lists users with role, grant, state and last login', async () => {
  renderPage(<UsersTab />);
  const kim = await rowOf('kim');
  expect(kim.getByText('you')).toBeVisible();
  expect(kim.getByText('Administrator')).toBeVisible();
  expect(kim.getByText('2026-11-22 09:30')).toBeVisible();
  expect((await rowOf('lee')).getByText('May reveal')).toBeVisible();
  const park = await rowOf('park');
  expect(park.getByText('Disabled')).toBeVisible();
  expect(park.getByText('Single sign-on')).toBeVisible();
});

it('offers what can be done with each', async () => {
  renderPage(<UsersTab />);
  const items = async (name: string) => {
    const all = (await menuOf(name)).getAllByRole('menuitem').map((one) => one.textContent);
    await userEvent.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('menu')).toBeNull());
    return all;
  };
  expect(await items('kim')).toEqual(['Role and grant…']);
  expect(await items('lee')).toEqual(['Role and grant…', 'Set a password…', 'Disable…', 'Sessions…']);
  expect(await items('park')).toEqual(['Enable…', 'Sessions…']);
});

it('finds a user by name, by a link too', async () => {
  const { address } = renderPage(<UsersTab />, { at: '/settings/users?q=LE' });
  await rowOf('lee');
  expect(screen.queryByText('park')).toBeNull();
  await userEvent.type(screen.getByRole('searchbox', { name: 'Search by name' }), 'x{Enter}');
  expect(await screen.findByText('Nothing matches the search')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Clear the search' }));
  await rowOf('park');
  await waitFor(() => expect(address.current).toBe('/settings/users'));
});

it('makes a user with a password that is shown once', async () => {
  let body: { password: string } | undefined;
  server.use(
    http.post(url('/users'), async ({ request }) => {
      body = (await request.json()) as typeof body;
      users = [...users, user('choi')];
      return HttpResponse.json(user('choi'), { status: 201 });
    }),
  );
  const { queries } = renderPage(<UsersTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Add a user' }));
  const form = within(await screen.findByRole('dialog', { name: 'Add a user' }));
  await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'choi');
  await userEvent.click(form.getByRole('radio', { name: /Operator/ }));
  await userEvent.click(form.getByRole('checkbox', { name: /May reveal/ }));
  await userEvent.click(form.getByRole('button', { name: 'Add a user' }));
  const shown = within(await screen.findByRole('dialog', { name: 'The password of choi' }));
  expect(body).toMatchObject({ name: 'choi', role: 'operator', reveal: true });
  const password = body?.password ?? '';
  expect(password).toMatch(/^(\w{5}-){3}\w{5}$/);
  expect(shown.getByText(password)).toBeVisible();
  await userEvent.keyboard('{Escape}');
  expect(shown.getByText(password)).toBeVisible(); // not lost by a stray key
  await userEvent.click(shown.getByRole('button', { name: 'I have stored it. Close' }));
  await waitFor(() => expect(screen.queryByText(password)).toBeNull());
  await rowOf('choi');
  await waitFor(() =>
    expect(
      JSON.stringify(
        queries
          .getMutationCache()
          .getAll()
          .map((m) => m.state),
      ),
    ).toBe('[]'),
  );
  expect(
    JSON.stringify(
      queries
        .getQueryCache()
        .getAll()
        .map((q) => q.state),
    ),
  ).not.toContain(password);
});

it('makes a user with a typed password, and does not show it again', async () => {
  let body: unknown;
  server.use(
    http.post(url('/users'), async ({ request }) => {
      body = await request.json();
      return HttpResponse.json(user('choi'), { status: 201 });
    }),
  );
  renderPage(<UsersTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Add a user' }));
  const form = within(await screen.findByRole('dialog'));
  await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'choi');
  await userEvent.click(form.getByRole('radio', { name: 'Enter one' }));
  const add = form.getByRole('button', { name: 'Add a user' });
  await userEvent.type(form.getByLabelText(/^Password/, { selector: 'input' }), 'short');
  expect(add).toBeDisabled();
  await userEvent.type(form.getByLabelText(/^Password/, { selector: 'input' }), ' no more at all');
  await userEvent.click(add);
  expect(await screen.findByText('The user choi was added')).toBeVisible();
  expect(body).toEqual({ name: 'choi', password: 'short no more at all', role: 'viewer', reveal: false });
});

it('says why a user could not be made', async () => {
  server.use(http.post(url('/users'), () => problem(409, 'there is a user of that name')));
  renderPage(<UsersTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Add a user' }));
  const form = within(await screen.findByRole('dialog'));
  await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'lee');
  await userEvent.click(form.getByRole('button', { name: 'Add a user' }));
  expect(await form.findByText('there is a user of that name')).toBeVisible();
});

it('changes a role, with a reason', async () => {
  const asked = put('/users/lee/role');
  renderPage(<UsersTab />);
  const dialog = await choose('lee', 'Role and grant…');
  const change = dialog.getByRole('button', { name: 'Change' });
  expect(change).toBeDisabled();
  await userEvent.click(dialog.getByRole('radio', { name: /Administrator/ }));
  await userEvent.click(dialog.getByRole('checkbox', { name: /May reveal/ }));
  await userEvent.type(dialog.getByRole('textbox', { name: /Reason/ }), 'new team');
  await userEvent.click(change);
  expect(await screen.findByText('The role of lee was changed')).toBeVisible();
  expect(asked).toEqual([['/api/v1/users/lee/role', { role: 'admin', reveal: false, reason: 'new team' }]]);
});

it('keeps one’s own role, but not one’s own grant', async () => {
  const asked = put('/users/kim/role');
  renderPage(<UsersTab />);
  const dialog = await choose('kim', 'Role and grant…');
  expect(dialog.getByRole('radio', { name: /Viewer/ })).toBeDisabled();
  expect(dialog.getByText('Another administrator must change your own role.')).toBeVisible();
  await userEvent.click(dialog.getByRole('checkbox', { name: /May reveal/ }));
  await userEvent.click(dialog.getByRole('button', { name: 'Change' }));
  await waitFor(() => expect(asked).toEqual([['/api/v1/users/kim/role', { role: 'admin', reveal: true }]]));
});

it('disables a user after a question, and says what the API refuses', async () => {
  server.use(
    http.put(url('/users/lee/disabled'), () => problem(409, 'this is the last enabled administrator'), { once: true }),
  );
  renderPage(<UsersTab />);
  const dialog = await choose('lee', 'Disable…');
  expect(dialog.getByRole('button', { name: 'Cancel' })).toHaveFocus();
  expect(await dialog.findByText('grafana')).toBeVisible(); // what stops with the user
  expect(await dialog.findByText('MTS')).toBeVisible();
  expect(dialog.queryByText('API token other')).toBeNull();
  await userEvent.click(dialog.getByRole('button', { name: 'Disable' }));
  expect(await dialog.findByText('this is the last enabled administrator')).toBeVisible();
  const asked = put('/users/lee/disabled');
  await userEvent.click(dialog.getByRole('button', { name: 'Disable' }));
  expect(await screen.findByText('lee was disabled')).toBeVisible();
  expect(asked).toEqual([['/api/v1/users/lee/disabled', { disabled: true }]]);
});

it('lets a user in again', async () => {
  const asked = put('/users/park/disabled');
  renderPage(<UsersTab />);
  const dialog = await choose('park', 'Enable…');
  await userEvent.click(dialog.getByRole('button', { name: 'Enable' }));
  expect(await screen.findByText('park was enabled')).toBeVisible();
  expect(asked).toEqual([['/api/v1/users/park/disabled', { disabled: false }]]);
});

it('sets a password that is shown once', async () => {
  const asked = put('/users/lee/password');
  renderPage(<UsersTab />);
  const dialog = await choose('lee', 'Set a password…');
  await userEvent.click(dialog.getByRole('button', { name: 'Set the password' }));
  const shown = within(await screen.findByRole('dialog', { name: 'The password of lee' }));
  const [[, body]] = asked as [[string, { password: string }]];
  expect(shown.getByText(body.password)).toBeVisible();
});

it('ends the sessions of a user', async () => {
  const session = (id: string, of: string): Schemas['Session'] => ({
    id,
    user: of,
    how: 'password',
    address: '192.0.2.7',
    user_agent: 'curl/8',
    created_at: '2026-11-22T00:00:00Z',
    seen_at: '2026-11-22T00:00:00Z',
    ends_at: '2026-11-22T12:00:00Z',
  });
  let sessions = [session('a', 'lee'), session('b', 'kim'), session('c', 'lee')];
  server.use(
    http.get(url('/sessions'), () => HttpResponse.json({ items: sessions })),
    http.delete(url('/sessions/:id'), ({ params }) => {
      sessions = sessions.filter((s) => s.id !== params.id);
      return new HttpResponse(null, { status: 204 });
    }),
  );
  renderPage(<UsersTab />);
  const dialog = await choose('lee', 'Sessions…');
  await userEvent.click(await dialog.findByRole('button', { name: 'End 2 sessions' }));
  const sure = within(await screen.findByRole('dialog', { name: 'End sessions of lee?' }));
  await userEvent.click(sure.getByRole('button', { name: 'End 2 sessions' }));
  expect(await screen.findByText('2 sessions have ended')).toBeVisible();
  expect(sessions.map((s) => s.id)).toEqual(['b']);
  expect(await dialog.findByText('No sessions')).toBeInTheDocument();
});

it('says that there is nobody else yet', async () => {
  users = users.slice(0, 1);
  renderPage(<UsersTab />);
  expect(await screen.findByText('There are no other users yet')).toBeVisible();
});

it('can try again when users could not be read', async () => {
  server.use(http.get(url('/users'), () => problem(503, 'Redis does not answer'), { once: true }));
  renderPage(<UsersTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
  await rowOf('lee');
});
