import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { apiServer, HttpResponse, http, problem, renderPage, url } from '../../../../tests/render';
import type { Schemas } from '../../../api/client';
import AuditTab from './AuditTab';

type Entry = Schemas['AuditEntry'];
const entry = (id: string, some: Partial<Entry> = {}): Entry => ({
  id,
  at: '2026-11-22T00:30:00.123Z',
  kind: 'user',
  actor: 'kim',
  role: 'operator',
  address: '192.0.2.7',
  request_id: 'req-7',
  action: 'reveal',
  subject: 'id=a-1',
  customer: '10023451',
  reason: 'the customer asks',
  details: { fields: 'csno' },
  outcome: 'done',
  ended_at: '2026-11-22T00:30:00.223Z',
  result: { shown: '1' },
  ...some,
});

const server = apiServer();
let asked: Schemas['AuditQuery'][];
beforeEach(() => {
  asked = [];
});
/** Answers as if these were all entries, in pages of so many. */
const have = (all: Entry[], size = 100) =>
  server.use(
    http.post(url('/audit/search'), async ({ request }) => {
      const query = (await request.json()) as Schemas['AuditQuery'];
      asked.push(query);
      const from = query.before ? all.findIndex((e) => e.id === query.before) + 1 : 0;
      const entries = all.slice(from, from + Math.min(size, query.limit ?? 100));
      const next = from + entries.length < all.length ? (entries.at(-1)?.id ?? '') : '';
      return HttpResponse.json({ entries, next });
    }),
  );
const many = (n: number) =>
  Array.from({ length: n }, (_, i) => entry(`${n - i}-0`, { subject: `id=a-${n - i}`, action: 'login' }));
const table = async () => within(await screen.findByRole('table', { name: 'Audit log' }));

it('shows who did what, when, from where, to whose data, why, and what came of it', async () => {
  have([
    entry('2-0'),
    entry('1-0', { kind: 'cli', actor: 'root', action: 'key_add', outcome: 'refused', customer: '', reason: '' }),
  ]);
  renderPage(<AuditTab />);
  const row = (await table()).getByRole('row', { name: /Revealed personal data/ });
  for (const text of ['2026-11-22 09:30:00', 'kim', '192.0.2.7', 'id=a-1', '10023451', 'the customer asks', 'Done']) {
    expect(row).toHaveTextContent(text);
  }
  const other = (await table()).getByRole('row', { name: /Added a producer key/ });
  expect(other).toHaveTextContent('Command line');
  expect(other).toHaveTextContent('Refused');
});

it('opens an entry to all of it', async () => {
  have([entry('2-0')]);
  renderPage(<AuditTab />);
  const open = (await table()).getByRole('button', { name: 'Details: Revealed personal data' });
  await userEvent.click(open);
  expect(open).toHaveAttribute('aria-expanded', 'true');
  for (const text of ['2026-11-22 09:30:00.123', '100 ms', 'req-7', 'fields', 'csno', 'shown', 'Operator']) {
    expect(screen.getByText(text)).toBeVisible();
  }
  await userEvent.click(open);
  expect(screen.queryByText('req-7')).toBeNull();
});

it('says what an unknown outcome means', async () => {
  have([entry('2-0', { outcome: 'unknown', ended_at: undefined, result: undefined })]);
  renderPage(<AuditTab />);
  await userEvent.click((await table()).getByRole('button', { name: /^Details/ }));
  expect(screen.getByText(/The action may have happened/)).toBeVisible();
});

it('asks for what the address says', async () => {
  have([entry('2-0')]);
  renderPage(<AuditTab />, {
    at: '/settings/audit?actor=kim&kind=user&actions=flush,reveal&outcome=done&since=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00Z',
  });
  await table();
  expect(asked).toEqual([
    {
      limit: 100,
      actor: 'kim',
      kind: 'user',
      actions: ['reveal', 'flush'],
      outcome: 'done',
      since: '2026-11-01T00:00:00Z',
      until: '2026-12-01T00:00:00Z',
    },
  ]);
});

it('keeps filters in the address, but not the customer', async () => {
  have([entry('2-0')]);
  const { address } = renderPage(<AuditTab />);
  await table();
  await userEvent.type(screen.getByRole('textbox', { name: 'Who' }), 'kim{Enter}');
  await userEvent.type(screen.getByRole('textbox', { name: 'Customer no.' }), '10023451{Enter}');
  await userEvent.click(screen.getByRole('combobox', { name: 'Action' }));
  await userEvent.click(await screen.findByRole('option', { name: 'Flushed the log' }));
  await userEvent.keyboard('{Escape}');
  await waitFor(() =>
    expect(asked.at(-1)).toEqual({ limit: 100, actor: 'kim', customer: '10023451', actions: ['flush'] }),
  );
  await waitFor(() => expect(address.current).toBe('/?actor=kim&actions=flush'));
});

it('filters by a time that ends now', async () => {
  have([entry('2-0')]);
  const { address } = renderPage(<AuditTab />);
  await table();
  await userEvent.click(screen.getByRole('combobox', { name: 'Period' }));
  await userEvent.click(await screen.findByRole('option', { name: 'Last 24 hours' }));
  await waitFor(() => expect(asked.at(-1)?.since).toBeDefined());
  expect(Date.now() - Date.parse(asked.at(-1)?.since ?? '')).toBeGreaterThan(86_300_000);
  expect(Date.now() - Date.parse(asked.at(-1)?.since ?? '')).toBeLessThan(86_500_000);
  await waitFor(() => expect(address.current).toBe('/?range=24h'));
});

it('filters by the actor of an entry', async () => {
  have([entry('2-0')]);
  renderPage(<AuditTab />);
  await userEvent.click((await table()).getByRole('button', { name: /^Details/ }));
  await userEvent.click(screen.getByRole('button', { name: 'Only this user' }));
  await waitFor(() => expect(asked.at(-1)).toEqual({ limit: 100, actor: 'kim' }));
  expect(screen.getByRole('textbox', { name: 'Who' })).toHaveValue('kim');
});

it('turns pages to older ones and back, by the address', async () => {
  have(many(250));
  const { address } = renderPage(<AuditTab />);
  expect(await screen.findByText('id=a-250')).toBeVisible();
  const pager = within(screen.getByLabelText('Pages of the audit log'));
  const press = (name: string) => userEvent.click(pager.getByRole('button', { name }));
  expect(pager.getByRole('button', { name: 'Newest' })).toBeDisabled();
  await press('Older');
  expect(await screen.findByText('id=a-150')).toBeVisible();
  expect(address.current).toBe('/?before=151-0');
  await press('Older');
  expect(await screen.findByText('id=a-1')).toBeVisible();
  expect(pager.getByRole('button', { name: 'Older' })).toBeDisabled();
  await press('Newer');
  expect(await screen.findByText('id=a-150')).toBeVisible();
  await press('Newest');
  expect(await screen.findByText('id=a-250')).toBeVisible();
  expect(address.current).toBe('/');
});

it('fills a page of what the API finds in steps', async () => {
  have(many(5), 2);
  renderPage(<AuditTab />);
  expect(await screen.findByText('5 entries shown')).toBeVisible();
  expect(asked.map((q) => q.limit)).toEqual([100, 98, 96]);
});

it('goes on when nothing was found for long', async () => {
  server.use(
    http.post(url('/audit/search'), async ({ request }) => {
      const { before } = (await request.json()) as Schemas['AuditQuery'];
      const n = before ? Number(before.split('-')[0]) : 12;
      return HttpResponse.json(n > 1 ? { entries: [], next: `${n - 1}-0` } : { entries: [entry('1-0')], next: '' });
    }),
  );
  renderPage(<AuditTab />, { at: '/?actor=kim' });
  await userEvent.click(await screen.findByRole('button', { name: 'Examine older entries' }));
  expect(await table()).toBeDefined();
});

it('says when nothing matches, and clears the filter', async () => {
  have([]);
  const { address } = renderPage(<AuditTab />, { at: '/?actor=nobody' });
  expect(await screen.findByText('No entry matches these filters')).toBeVisible();
  have([entry('2-0')]);
  const [, clear] = screen.getAllByRole('button', { name: 'Clear the filters' });
  await userEvent.click(clear as HTMLElement);
  await table();
  await waitFor(() => expect(address.current).toBe('/'));
});

it('says that there is nothing at all', async () => {
  have([]);
  renderPage(<AuditTab />);
  expect(await screen.findByText('There are no entries')).toBeVisible();
});

it('shows what went wrong, and tries again', async () => {
  have([entry('2-0')]);
  server.use(http.post(url('/audit/search'), () => problem(422, 'before: no such entry'), { once: true }));
  renderPage(<AuditTab />, { at: '/?before=x' });
  expect(await screen.findByText('before: no such entry')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await table();
});

it('saves what is filtered as a file, by the name that the API gives it', async () => {
  have([entry('2-0')]);
  let body: unknown;
  server.use(
    http.post(url('/audit/export'), async ({ request }) => {
      body = await request.json();
      return new HttpResponse('a,b', { headers: { 'Content-Disposition': 'attachment; filename="audit-1.csv"' } });
    }),
  );
  URL.createObjectURL = vi.fn(() => 'blob:x');
  const clicked = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
  renderPage(<AuditTab />, { at: '/?actor=kim' });
  await table();
  await userEvent.click(screen.getByRole('button', { name: 'Export' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'CSV (Excel)' }));
  expect(await screen.findByText('The file is saved')).toBeVisible();
  expect(body).toEqual({ actor: 'kim', format: 'csv' });
  expect((clicked.mock.instances[0] as unknown as HTMLAnchorElement).download).toBe('audit-1.csv');
});

it('says why no file could be saved', async () => {
  have([entry('2-0')]);
  server.use(http.post(url('/audit/export'), () => problem(429, 'too many exports')));
  renderPage(<AuditTab />);
  await table();
  await userEvent.click(screen.getByRole('button', { name: 'Export' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'NDJSON' }));
  expect(await screen.findByText('too many exports')).toBeVisible();
});

it('shows cards where a table is too narrow', async () => {
  vi.stubGlobal('matchMedia', (query: string) => ({
    matches: query.includes('max-width'),
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }));
  onTestFinished(() => void vi.unstubAllGlobals());
  have([entry('2-0')]);
  renderPage(<AuditTab />);
  const cards = within(await screen.findByRole('list', { name: 'Audit log' }));
  expect(screen.queryByRole('table')).toBeNull();
  await userEvent.click(cards.getByRole('button', { name: 'Details: Revealed personal data' }));
  expect(cards.getByText('req-7')).toBeVisible();
});
