import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { apiServer, HttpResponse, http, problem, renderPage, url } from '../../../../tests/render';
import type { Schemas } from '../../../api/client';
import TokensTab from './TokensTab';

type Token = Schemas['APIToken'];
const day = 86_400_000;
const inDays = (n: number) => new Date(Date.now() + n * day).toISOString();
const token = (name: string, some: Partial<Token> = {}): Token => ({
  name,
  scopes: ['read'],
  created_by: 'kim',
  created_at: '2026-11-01T00:00:00Z',
  expires_at: inDays(100),
  expired: false,
  owner: 'kim',
  stopped: false,
  ...some,
});

const server = apiServer();
let tokens: Token[];
beforeEach(() => {
  tokens = [
    token('grafana', { used_at: '2026-11-22T00:30:00Z' }),
    token('nightly', { scopes: ['read', 'export'], expires_at: inDays(3) }),
    token('old', { expires_at: inDays(-3), expired: true }),
  ];
  server.use(http.get(url('/api-tokens'), () => HttpResponse.json({ items: tokens })));
});

const rowOf = async (name: string) =>
  within((await screen.findByRole('rowheader', { name })).closest('tr') as HTMLElement);

it('marks what has expired, and what will soon', async () => {
  renderPage(<TokensTab />);
  const grafana = await rowOf('grafana');
  expect(grafana.getByText('2026-11-22 09:30')).toBeVisible();
  expect(grafana.queryByText(/^Expire/)).toBeNull();
  expect((await rowOf('nightly')).getByText('Expires soon')).toBeVisible();
  expect((await rowOf('nightly')).getByText('Never')).toBeVisible();
  const old = await rowOf('old');
  expect(old.getByText('Expired')).toBeVisible();
  expect(old.queryByText('Expires soon')).toBeNull();
});

it('makes a token, and shows its secret once', async () => {
  let body: Schemas['NewAPIToken'] | undefined;
  server.use(
    http.post(url('/api-tokens'), async ({ request }) => {
      body = (await request.json()) as typeof body;
      tokens = [...tokens, token('batch')];
      return HttpResponse.json({ name: 'batch', secret: 'pst_secret' }, { status: 201 });
    }),
  );
  const { queries, address } = renderPage(<TokensTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Add a token' }));
  const form = within(await screen.findByRole('dialog'));
  await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'batch');
  await userEvent.click(form.getByRole('checkbox', { name: /^send/ }));
  await userEvent.click(form.getByRole('button', { name: 'Add a token' }));
  const shown = within(await screen.findByRole('dialog', { name: 'Token batch' }));
  expect(shown.getByText('pst_secret')).toBeVisible();
  expect(body?.scopes).toEqual(['read', 'send']);
  expect((Date.parse(body?.expires_at ?? '') - Date.now()) / day).toBeCloseTo(90, 1);
  await userEvent.click(shown.getByRole('button', { name: /Close/ }));
  await waitFor(() => expect(screen.queryByText('pst_secret')).toBeNull());
  await rowOf('batch');
  await waitFor(() =>
    expect(
      queries
        .getMutationCache()
        .getAll()
        .map((m) => m.state.data),
    ).not.toContainEqual({ name: 'batch', secret: 'pst_secret' }),
  );
  expect(address.current).not.toContain('pst_');
});

it('makes a token of a back end, which need not expire', async () => {
  let body: Schemas['NewAPIToken'] | undefined;
  server.use(
    http.post(url('/api-tokens'), async ({ request }) => {
      body = (await request.json()) as typeof body;
      return HttpResponse.json({ name: 'HTS', secret: 'pst_secret' }, { status: 201 });
    }),
  );
  renderPage(<TokensTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Add a token' }));
  const form = within(await screen.findByRole('dialog'));
  await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'HTS');
  expect(form.getByText(/^until 2/)).toBeVisible();
  await userEvent.click(form.getByRole('checkbox', { name: /^submit/ }));
  expect(form.getByText(/^until 2/)).toBeVisible();
  await userEvent.click(form.getByRole('checkbox', { name: /^read/ }));
  expect(form.getByText('until it is removed')).toBeVisible();
  await userEvent.click(form.getByRole('button', { name: 'Add a token' }));
  await screen.findByRole('dialog', { name: 'Token HTS' });
  expect(body).toEqual({ name: 'HTS', scopes: ['submit'] });
});

it('says whose a token is, until when it works, why it does not, and which were keys', async () => {
  tokens = [
    token('HTS', { scopes: ['submit'], created_by: '', owner: '', expires_at: undefined, old: true }),
    token('MTS', { expired: true }),
    token('WTS', { stopped: true }),
  ];
  renderPage(<TokensTab />);
  const hts = await rowOf('HTS Producer key');
  expect(hts.getByText('unknown')).toBeVisible();
  expect(hts.getByText('none')).toBeVisible();
  expect(hts.getByText('No end')).toBeVisible();
  expect((await rowOf('MTS')).getByText('Expired')).toBeVisible();
  expect((await rowOf('WTS')).getByText('Owner disabled')).toBeVisible();
});

it('copies the secret', async () => {
  const user = userEvent.setup(); // with a clipboard
  server.use(
    http.post(url('/api-tokens'), () => HttpResponse.json({ name: 'batch', secret: 'pst_secret' }, { status: 201 })),
  );
  renderPage(<TokensTab />);
  await user.click(await screen.findByRole('button', { name: 'Add a token' }));
  const form = within(await screen.findByRole('dialog'));
  await user.type(form.getByRole('textbox', { name: /Name/ }), 'batch');
  await user.click(form.getByRole('button', { name: 'Add a token' }));
  await user.click(await screen.findByRole('button', { name: 'Copy: batch' }));
  expect(await screen.findByText('Copied')).toBeVisible();
  expect(await navigator.clipboard.readText()).toBe('pst_secret');
});

it('wants a name and a permission', async () => {
  renderPage(<TokensTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Add a token' }));
  const form = within(await screen.findByRole('dialog'));
  const add = form.getByRole('button', { name: 'Add a token' });
  expect(add).toBeDisabled();
  await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'a/b');
  expect(form.getByRole('textbox', { name: /Name/ })).toBeInvalid();
  await userEvent.clear(form.getByRole('textbox', { name: /Name/ }));
  await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'ab');
  expect(add).toBeEnabled();
  await userEvent.click(form.getByRole('checkbox', { name: /^read/ }));
  expect(add).toBeDisabled();
  expect(form.getByText('Choose at least one')).toBeVisible();
});

it('says why it could not be made', async () => {
  server.use(http.post(url('/api-tokens'), () => problem(409, 'there is a token of that name')));
  renderPage(<TokensTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Add a token' }));
  const form = within(await screen.findByRole('dialog'));
  await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'grafana');
  await userEvent.click(form.getByRole('button', { name: 'Add a token' }));
  expect(await form.findByText('there is a token of that name')).toBeVisible();
});

it('removes a token after a question, and says why it could not', async () => {
  server.use(http.delete(url('/api-tokens/grafana'), () => problem(404, 'unknown token')));
  renderPage(<TokensTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Remove token: grafana' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Remove the token grafana?' }));
  expect(dialog.getByRole('button', { name: 'Cancel' })).toHaveFocus();
  await userEvent.click(dialog.getByRole('button', { name: 'Remove the token' }));
  expect(await dialog.findByText('unknown token')).toBeVisible();
  server.use(
    http.delete(url('/api-tokens/grafana'), () => {
      tokens = tokens.filter((t) => t.name !== 'grafana');
      return new HttpResponse(null, { status: 204 });
    }),
  );
  await userEvent.click(dialog.getByRole('button', { name: 'Remove the token' }));
  expect(await screen.findByText('The token grafana was removed')).toBeVisible();
  await waitFor(() => expect(screen.queryByRole('rowheader', { name: 'grafana' })).toBeNull());
});

it('says what to do when there is none', async () => {
  tokens = [];
  renderPage(<TokensTab />);
  expect(await screen.findByText('There are no tokens')).toBeVisible();
});

it('shows that they could not be read', async () => {
  server.use(http.get(url('/api-tokens'), () => problem(500, 'a bug')));
  renderPage(<TokensTab />);
  expect(await screen.findByText('a bug')).toBeVisible();
});
