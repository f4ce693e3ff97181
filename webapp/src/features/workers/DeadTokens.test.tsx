import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { apiServer, HttpResponse, http, problem, renderPage, url, viewer } from '../../../tests/render';
import type { Schemas } from '../../api/client';
import WorkersPage from './WorkersPage';

const hash = '799fe18b43e78f85c651479cc41c4fe8';
const token: Schemas['DeadToken'] = {
  project: 'demo',
  hash,
  at: '2026-11-22T00:30:00Z',
  code: 'UNREGISTERED',
  push: 'p-1',
  ask_at: '9999-11-23T00:30:00Z',
};
const tokens = (items: unknown[], total = items.length) =>
  http.get(url('/dead-tokens'), ({ request }) =>
    HttpResponse.json({
      items,
      page: Number(new URL(request.url).searchParams.get('page')),
      size: 100,
      pages: Math.ceil(total / 100),
      total,
    }),
  );
const server = apiServer(
  http.get(url('/workers'), () => HttpResponse.json({ items: [], desired: 'running' })),
  http.get(url('/holds'), () => HttpResponse.json({ items: [] })),
  tokens([token]),
);
const user = userEvent.setup();
const show = (me?: typeof viewer, at = '/?tab=tokens') => renderPage(<WorkersPage />, { me, at });

describe('the list', () => {
  it('forgets one after a question', async () => {
    let forgotten = '';
    server.use(
      http.delete(url('/dead-tokens/:hash'), ({ params }) => {
        forgotten = String(params.hash);
        server.use(tokens([]));
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { address } = show(undefined, '/');
    await user.click(screen.getByRole('tab', { name: 'Suppressed tokens' }));
    expect(await screen.findByRole('link', { name: 'p-1' })).toHaveAttribute('href', '/log?id=p-1');
    expect(address.current).toBe('/?tab=tokens');
    await user.click(screen.getByRole('button', { name: `Forget token ${hash}` }));
    await user.click(await screen.findByRole('button', { name: 'Forget 1 token' }));
    expect(await screen.findByText('No suppressed tokens')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Forget many…' })).toBeNull();
    expect(forgotten).toBe(hash);
  });

  it('can only be read by a viewer', async () => {
    show(viewer);
    expect(await screen.findByText(hash)).toBeVisible();
    expect(screen.queryByRole('button', { name: /^Forget/ })).toBeNull();
  });

  it('leads back from a page that is not there', async () => {
    server.use(tokens([], 250));
    const { address } = show(undefined, '/?tab=tokens&page=9');
    await user.click(await screen.findByRole('button', { name: 'To the first page' }));
    expect(address.current).toBe('/?tab=tokens');
  });

  it('says when FCM is asked again', async () => {
    server.use(tokens([token, { ...token, hash: 'a'.repeat(32), ask_at: '2020-01-01T00:00:00Z' }]));
    show();
    expect(await screen.findByRole('columnheader', { name: 'Next check' })).toBeVisible();
    expect(screen.getByRole('cell', { name: '9999-11-23 09:30:00' })).toBeVisible();
    expect(screen.getByRole('cell', { name: 'with the next push' })).toBeVisible();
  });
});

describe('forgetting many', () => {
  type Order = Schemas['ForgetTokens'];
  /** Counts what it is asked for, and answers an order; keeps both. */
  function taken(count: (order: Order) => number, done: () => Response) {
    const all = { counted: [] as Order[], ordered: [] as Order[] };
    server.use(
      http.post(url('/dead-tokens/forget'), async ({ request }) => {
        const order = (await request.json()) as Order;
        if (order.dry_run) {
          all.counted.push(order);
          return HttpResponse.json({ count: count(order) });
        }
        all.ordered.push(order);
        return done();
      }),
    );
    return all;
  }
  const open = async () => {
    show();
    await user.click(await screen.findByRole('button', { name: 'Forget many…' }));
    return within(await screen.findByRole('dialog'));
  };
  const give = (dialog: ReturnType<typeof within>, reason: string) =>
    user.type(dialog.getByRole('textbox', { name: /Reason/ }), reason);

  it('counts those of a code first, names the number, and needs a reason', async () => {
    const all = taken(
      () => 1204,
      () => HttpResponse.json({ count: 1204 }),
    );
    const dialog = await open();
    const button = await dialog.findByRole('button', { name: 'Forget 1,204 tokens' });
    expect(dialog.getByText('1,204 suppressed tokens')).toBeVisible();
    expect(button).toBeDisabled();
    expect(all.ordered).toEqual([]);
    await give(dialog, 'wrong project last night');
    await user.click(button);
    expect(await screen.findByText('1,204 tokens are forgotten')).toBeVisible();
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(all.counted[0]).toEqual({ all: false, code: 'UNREGISTERED', dry_run: true });
    expect(all.ordered).toEqual([
      { all: false, code: 'UNREGISTERED', dry_run: false, reason: 'wrong project last night' },
    ]);
  });

  it('counts those since a time, in the zone of the firm, and all', async () => {
    const all = taken(
      (order) => (order.all ? 9 : order.since ? 4 : 7),
      () => HttpResponse.json({ count: 9 }),
    );
    const dialog = await open();
    expect(await dialog.findByRole('button', { name: 'Forget 7 tokens' })).toBeVisible();
    fireEvent.change(dialog.getByLabelText(/FCM answered at or after \(Asia\/Seoul\)/), {
      target: { value: '2026-11-22T09:30' },
    });
    expect(await dialog.findByRole('button', { name: 'Forget 4 tokens' })).toBeVisible();
    expect(all.counted.at(-1)).toEqual({
      all: false,
      code: 'UNREGISTERED',
      since: '2026-11-22T00:30:00Z',
      dry_run: true,
    });
    await user.click(dialog.getByRole('radio', { name: 'All of them' }));
    await give(dialog, 'all');
    await user.click(await dialog.findByRole('button', { name: 'Forget 9 tokens' }));
    await waitFor(() => expect(all.ordered).toEqual([{ all: true, dry_run: false, reason: 'all' }]));
  });

  it('does nothing as long as nothing is chosen, or nothing is there', async () => {
    const all = taken(
      () => 0,
      () => HttpResponse.json({ count: 0 }),
    );
    const dialog = await open();
    await give(dialog, 'why');
    expect(await dialog.findByText('No token matches.')).toBeVisible();
    expect(dialog.getByRole('button', { name: 'Forget' })).toBeDisabled();
    await user.click(dialog.getByRole('combobox'));
    await user.click(await screen.findByRole('option', { name: 'Any code' }));
    expect(await dialog.findByText('Choose a code or a time.')).toBeVisible();
    expect(dialog.getByRole('button', { name: 'Forget' })).toBeDisabled();
    expect(all.counted.every((order) => order.code === 'UNREGISTERED')).toBe(true);
    expect(all.ordered).toEqual([]);
  });

  it('says how many there were, if they are others than were counted', async () => {
    taken(
      () => 5,
      () => HttpResponse.json({ count: 3 }),
    );
    const dialog = await open();
    await give(dialog, 'why');
    await user.click(await dialog.findByRole('button', { name: 'Forget 5 tokens' }));
    expect(await screen.findByText(/5 were counted.*3 are forgotten/)).toBeVisible();
  });

  it('says that some may be left when it broke off, counts again, and goes on', async () => {
    let left = 1204;
    const all = taken(
      () => left,
      () => {
        left = 204;
        return problem(503, 'redis is gone');
      },
    );
    const dialog = await open();
    await give(dialog, 'why');
    await user.click(await dialog.findByRole('button', { name: 'Forget 1,204 tokens' }));
    expect(await dialog.findByText(/The result is unknown: some of the 1,204 counted tokens/)).toBeVisible();
    expect(dialog.getByText('redis is gone')).toBeVisible();
    const rest = await dialog.findByRole('button', { name: 'Forget 204 tokens' });
    expect(rest).toBeEnabled();
    await user.click(rest);
    await waitFor(() => expect(all.ordered).toHaveLength(2));
  });

  it('says so if it was refused, of which nothing is left over', async () => {
    taken(
      () => 2,
      () => problem(403, 'no right to'),
    );
    const dialog = await open();
    await give(dialog, 'why');
    await user.click(await dialog.findByRole('button', { name: 'Forget 2 tokens' }));
    expect(await dialog.findByText('no right to')).toBeVisible();
    expect(dialog.queryByText(/The result is unknown/)).toBeNull();
  });
});

describe('the look-up', () => {
  const whole = 'dQw4:APA91bH-whole_token';
  /** Answers look-ups, and keeps them. */
  function asked(answer: () => Response) {
    const all: { address: string; body: unknown }[] = [];
    server.use(
      http.post(url('/dead-tokens/find'), async ({ request }) => {
        all.push({ address: request.url, body: await request.json() });
        return answer();
      }),
    );
    return all;
  }
  const find = async (text: string) => {
    await user.click(await screen.findByRole('textbox', { name: 'Device token' }));
    await user.paste(text);
    await user.click(screen.getByRole('button', { name: 'Look up' }));
  };

  it('says since when, why, by which push and when FCM is asked again; the token is in no address', async () => {
    const all = asked(() => HttpResponse.json({ hash, suppressed: token }));
    server.use(tokens([]));
    const { address } = show(viewer);
    await find(` ${whole}\n`);
    const answer = await screen.findByText(/It is suppressed/);
    expect(answer.parentElement).toHaveTextContent(
      /2026-11-22 09:30:00.*UNREGISTERED · The app was removed.*p-1.*Next check9999-11-23 09:30:00.*demo/,
    );
    expect(screen.getByRole('link', { name: 'p-1' })).toHaveAttribute('href', '/log?id=p-1');
    expect(screen.queryByRole('button', { name: 'Forget this token' })).toBeNull();
    expect(all).toEqual([{ address: url('/dead-tokens/find'), body: { device_id: whole } }]);
    expect(address.current).not.toContain('APA91b');
  });

  it('says that a token is not suppressed, of that token only', async () => {
    asked(() => HttpResponse.json({ hash, suppressed: null }));
    show();
    await find(whole);
    expect(await screen.findByText(/It is not suppressed/)).toBeVisible();
    await user.type(screen.getByRole('textbox', { name: 'Device token' }), 'x');
    expect(screen.queryByText(/It is not suppressed/)).toBeNull();
  });

  it('forgets the token that was found, and looks again', async () => {
    let listed = true;
    asked(() => HttpResponse.json({ hash, suppressed: listed ? token : null }));
    server.use(
      http.delete(url(`/dead-tokens/${hash}`), () => {
        listed = false;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    show();
    await find(whole);
    await user.click(await screen.findByRole('button', { name: 'Forget this token' }));
    await user.click(await screen.findByRole('button', { name: 'Forget 1 token' }));
    expect(await screen.findByText(/It is not suppressed/)).toBeVisible();
  });

  it.each([hash, 'dQw4****', 'dQw4:APA…'])('does not take %s for a whole token', async (part) => {
    const all = asked(() => HttpResponse.json({ hash, suppressed: null }));
    show();
    await user.click(await screen.findByRole('textbox', { name: 'Device token' }));
    await user.paste(part);
    expect(screen.getByText(/Paste the whole token.$/)).toHaveTextContent('This is a hash, or a token');
    expect(screen.getByRole('button', { name: 'Look up' })).toBeDisabled();
    await user.keyboard('{Enter}');
    expect(all).toEqual([]);
  });

  it('says what went wrong', async () => {
    asked(() => problem(503, 'redis is gone'));
    show();
    await find(whole);
    expect(await screen.findByText('redis is gone')).toBeVisible();
  });
});
