import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { apiServer, HttpResponse, http, problem, renderPage, url } from '../../../../tests/render';
import ServerTab from './ServerTab';

const items = [
  { variable: 'REDIS_URL', value: 'redis://10.0.0.1:6379', default: 'redis://127.0.0.1:6379/0', help: 'The store.' },
  { variable: 'SESSION_LENGTH', value: '12h0m0s', default: '12h', help: 'After which every session ends.' },
  { variable: 'OIDC_CLIENT_SECRET', value: '***', default: '', help: 'Its secret.' },
];
const server = apiServer(http.get(url('/settings'), () => HttpResponse.json({ items })));
const variables = () => screen.getAllByRole('rowheader').map((cell) => cell.textContent);

it('shows what is set, and marks what is not at its default', async () => {
  renderPage(<ServerTab />);
  expect(await screen.findByText('3 settings')).toBeVisible();
  const row = (variable: string) => screen.getByRole('rowheader', { name: variable }).closest('tr');
  expect(row('REDIS_URL')).toHaveTextContent('Changed');
  expect(row('SESSION_LENGTH')).not.toHaveTextContent('Changed');
  expect(row('OIDC_CLIENT_SECRET')).toHaveTextContent('***');
});

it('finds some, and keeps it in the address', async () => {
  const { address } = renderPage(<ServerTab />);
  await screen.findByText('3 settings');
  await userEvent.type(screen.getByRole('searchbox'), 'session{Enter}');
  expect(await screen.findByText('1 setting')).toBeVisible();
  expect(variables()).toEqual(['SESSION_LENGTH']);
  await waitFor(() => expect(address.current).toBe('/?q=session'));
});

it('shows only what is changed', async () => {
  const { address } = renderPage(<ServerTab />);
  await userEvent.click(await screen.findByRole('checkbox', { name: 'Only changed settings' }));
  expect(variables()).toEqual(['REDIS_URL', 'OIDC_CLIENT_SECRET']);
  await waitFor(() => expect(address.current).toBe('/?changed=1'));
});

it('leads back from a search that finds nothing', async () => {
  renderPage(<ServerTab />, { at: '/?q=nothing' });
  await userEvent.click(await screen.findByRole('button', { name: 'Show all' }));
  expect(await screen.findByText('3 settings')).toBeVisible();
});

it('can try again', async () => {
  server.use(http.get(url('/settings'), () => problem(500, 'a bug'), { once: true }));
  renderPage(<ServerTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('3 settings')).toBeVisible();
});
