import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it } from 'vitest';
import { renderPage } from '../../../../tests/render';
import DisplayTab from './DisplayTab';

afterEach(() => localStorage.removeItem('pushstream.density'));

it('switches the language at once', async () => {
  renderPage(<DisplayTab />);
  await userEvent.click(screen.getByRole('button', { name: '한국어' }));
  expect(screen.getByRole('heading', { name: '표시' })).toBeVisible();
});

it('keeps how close together rows are', async () => {
  const { unmount } = renderPage(<DisplayTab />);
  const rows = within(screen.getByRole('group', { name: 'Row height of tables' }));
  expect(rows.getByRole('button', { name: 'Compact' })).toHaveAttribute('aria-pressed', 'true');
  await userEvent.click(rows.getByRole('button', { name: 'Standard' }));
  unmount();
  renderPage(<DisplayTab />);
  expect(screen.getByRole('button', { name: 'Standard' })).toHaveAttribute('aria-pressed', 'true');
});

it('says in which zone times are shown', () => {
  renderPage(<DisplayTab />);
  expect(screen.getByText('Asia/Seoul')).toBeVisible();
  expect(screen.getByText(/^Now \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)).toBeVisible();
});
