import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router';
import { expect, it } from 'vitest';
import { admin, apiServer, HttpResponse, http, renderPage, url, viewer } from '../../../tests/render';
import SettingsPage from './SettingsPage';

apiServer(http.get(url('/session/others'), () => HttpResponse.json({ items: [] })));

const page = (
  <Routes>
    <Route path="/settings/:tab?" element={<SettingsPage />} />
  </Routes>
);
const names = () => screen.getAllByRole('tab').map((tab) => tab.textContent);

it('begins with the display', async () => {
  const { address } = renderPage(page, { at: '/settings' });
  expect(await screen.findByRole('heading', { name: 'Look' })).toBeVisible();
  expect(address.current).toBe('/settings/display');
  expect(document.title).toBe('Display · Settings · pushstream');
});

it('shows an administrator all parts, by links', async () => {
  renderPage(page, { at: '/settings/display' });
  await screen.findByRole('heading', { name: 'Look' });
  expect(names()).toEqual(['Display', 'My account', 'Users', 'API tokens', 'Audit log', 'Server']);
  await userEvent.click(screen.getByRole('tab', { name: 'My account' }));
  expect(await screen.findByRole('heading', { name: 'Who you are' })).toBeVisible();
  expect(screen.getByRole('tab', { name: 'My account' })).toHaveAttribute('aria-selected', 'true');
});

it('shows a viewer only what is their own', async () => {
  renderPage(page, { me: viewer, at: '/settings/display' });
  await screen.findByRole('heading', { name: 'Look' });
  expect(names()).toEqual(['Display', 'My account']);
});

it.each([
  ['users', 'permission users'],
  ['tokens', 'permission users'],
  ['keys', 'permission users'],
  ['audit', 'permission audit'],
  ['server', 'permission settings'],
  ['nothing', 'The address is wrong'],
])('has no page %s for a viewer, and says why: %s', (tab, why) => {
  renderPage(page, { me: viewer, at: `/settings/${tab}` });
  expect(screen.getByText(why, { exact: false })).toBeVisible();
  expect(screen.queryByRole('tab')).toBeNull();
});

it('shows only the parts of the permissions', async () => {
  const me = { ...admin, permissions: ['read', 'self', 'audit'] as typeof admin.permissions };
  renderPage(page, { me, at: '/settings/display' });
  await screen.findByRole('heading', { name: 'Look' });
  expect(names()).toEqual(['Display', 'My account', 'Audit log']);
});
