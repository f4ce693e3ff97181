import createClient, { type Middleware } from 'openapi-fetch';
import createHooks from 'openapi-react-query';
import { noticeDate } from '../time/clock';
import { ApiError, errorOf } from './error';
import { inputAge } from './input';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

/** How long an answer may take, in ms. The server's own limit is 10 s. */
const deadline = 20_000;

/** Where the page lives, without a slash at the end; the admin may be below any path. */
export const home = document.baseURI.replace(/[^/]*$/, '').replace(/\/$/, '');

const sessionEnds = new Set<() => void>();

/** Calls back whenever the API says that nobody is logged in any more. */
export function onSessionEnd(call: () => void): () => void {
  sessionEnds.add(call);
  return () => sessionEnds.delete(call);
}

/** Tells everybody that it says so. */
export function sessionEnded() {
  for (const call of sessionEnds) call();
}

/** Whether a 401 may mean a wrong password; whoever asked finds out whether the session has ended. */
const isAboutPassword = ({ method, url }: Request) =>
  (method === 'POST' && url.endsWith('/session')) || (method === 'PUT' && url.endsWith('/session/password'));

const policy: Middleware = {
  onRequest({ request }) {
    // Whatever asks: the session was used when a person last was here.
    const age = inputAge();
    if (age !== null) request.headers.set('X-Input-Age', String(Math.ceil(age / 1_000)));
    const long = request.headers.get('Accept') === 'application/x-ndjson' || request.url.endsWith('/export');
    if (long) return undefined; // it comes in pieces, and ends by itself
    return new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(deadline)]) });
  },
  async onResponse({ request, response }) {
    noticeDate(response.headers.get('Date'));
    if (response.ok) return;
    if (response.status === 401 && !isAboutPassword(request)) sessionEnded();
    throw await errorOf(response);
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error;
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    return new ApiError(0, late ? 'timeout' : 'network');
  },
};

/** The only client of the API. Whatever does not work is thrown as an ApiError. */
export const client = createClient<paths>({
  baseUrl: home,
  credentials: 'same-origin',
  querySerializer: { array: { style: 'form', explode: false } },
  fetch: (request) => globalThis.fetch(request),
});
client.use(policy);

/** Hooks of React Query for each path of the API. */
export const api = createHooks(client);
