import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { apiServer, HttpResponse, http, problem, renderPage, url } from '../../../../tests/render';
import type { Schemas } from '../../../api/client';
import KeysTab from './KeysTab';

const server = apiServer();
const keyOf = (name: string, created_at: string): Schemas['ProducerKey'] => ({
  name,
  created_at,
  created_by: 'kim',
  owner: 'kim',
  expired: false,
  stopped: false,
});
let keys: Schemas['ProducerKey'][];
beforeEach(() => {
  keys = [keyOf('MTS', '2026-11-22T00:30:00Z')];
  server.use(http.get(url('/keys'), () => HttpResponse.json({ items: keys })));
});

const add = async (name: string) => {
  await userEvent.click(await screen.findByRole('button', { name: 'Add a key' }));
  const form = within(await screen.findByRole('dialog'));
  await userEvent.type(form.getByRole('textbox', { name: /Name/ }), name);
  await userEvent.click(form.getByRole('button', { name: 'Add a key' }));
  return form;
};

it('makes a key, and shows its secret once', async () => {
  server.use(
    http.post(url('/keys'), async ({ request }) => {
      expect(await request.json()).toEqual({ name: 'HTS' });
      keys = [...keys, keyOf('HTS', '2026-11-22T00:31:00Z')];
      return HttpResponse.json({ name: 'HTS', secret: 'psk_secret' }, { status: 201 });
    }),
  );
  renderPage(<KeysTab />);
  await add('HTS');
  const shown = within(await screen.findByRole('dialog', { name: 'Key HTS' }));
  expect(shown.getByText('psk_secret')).toBeVisible();
  await userEvent.click(shown.getByRole('button', { name: /Close/ }));
  await waitFor(() => expect(screen.queryByText('psk_secret')).toBeNull());
  expect(await screen.findByText('2026-11-22 09:31:00')).toBeVisible();
});

it('says why it could not be made', async () => {
  server.use(http.post(url('/keys'), () => problem(409, 'there is a key of that name')));
  renderPage(<KeysTab />);
  const form = await add('MTS');
  expect(await form.findByText('there is a key of that name')).toBeVisible();
});

it('removes a key after a question, and says why it could not', async () => {
  server.use(http.delete(url('/keys/MTS'), () => problem(404, 'unknown key')));
  renderPage(<KeysTab />);
  await userEvent.click(await screen.findByRole('button', { name: 'Remove key: MTS' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Remove the key MTS?' }));
  await userEvent.click(dialog.getByRole('button', { name: 'Remove the key' }));
  expect(await dialog.findByText('unknown key')).toBeVisible();
  server.use(
    http.delete(url('/keys/MTS'), () => {
      keys = [];
      return new HttpResponse(null, { status: 204 });
    }),
  );
  await userEvent.click(dialog.getByRole('button', { name: 'Remove the key' }));
  expect(await screen.findByText('There are no keys')).toBeVisible();
});

it('says whose a key is, until when it works, and why it does not', async () => {
  keys = [
    { ...keyOf('HTS', '2026-11-22T00:31:00Z'), created_by: '', owner: '' },
    { ...keyOf('MTS', '2026-11-22T00:30:00Z'), expires_at: '2026-11-23T00:00:00Z', expired: true },
    { ...keyOf('WTS', '2026-11-22T00:30:00Z'), stopped: true },
  ];
  renderPage(<KeysTab />);
  const row = async (name: RegExp) => within(await screen.findByRole('row', { name }));
  expect((await row(/HTS/)).getByText('unknown')).toBeVisible();
  expect((await row(/HTS/)).getByText('nobody')).toBeVisible();
  expect((await row(/HTS/)).getByText('No end')).toBeVisible();
  expect((await row(/MTS/)).getByText('Expired')).toBeVisible();
  expect((await row(/WTS/)).getByText('Owner disabled')).toBeVisible();
});
