import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { admin, apiServer, HttpResponse, http, problem, renderPage, url } from '../../tests/render';
import { sessionRetry, useSession } from './session';

const server = apiServer();

function Shown() {
  const session = useSession();
  if (session.isPending) return <p>pending</p>;
  if (session.error && !session.data) return <p>the store is away</p>;
  return <p>{session.data ? `logged in: ${session.data.name}` : 'the login'}</p>;
}

test('a store that does not answer is not a login, and the page comes back by itself', async () => {
  let back = false;
  server.use(
    http.get(url('/login'), () =>
      back
        ? HttpResponse.json({ password: true, oidc: false, logged_in: true })
        : problem(503, 'the store does not answer; try again'),
    ),
    http.get(url('/session'), () => HttpResponse.json(admin)),
  );
  renderPage(<Shown />);
  await screen.findByText('the store is away', undefined, { timeout: 10_000 });
  expect(screen.queryByText('the login')).toBeNull();
  back = true;
  await screen.findByText('logged in: kim', undefined, { timeout: 3 * sessionRetry });
}, 30_000);

test('who is not logged in gets the login', async () => {
  server.use(http.get(url('/login'), () => HttpResponse.json({ password: true, oidc: false, logged_in: false })));
  renderPage(<Shown />);
  await screen.findByText('the login');
});
