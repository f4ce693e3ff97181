import { client } from './client';
import { queryClient } from './queries';
import { type Me, meOf, sessionKey } from './session';

const tabs = new BroadcastChannel('pushstream session');

/** Another tab logged in or out: this one is asked who it is. */
tabs.onmessage = () => void queryClient.invalidateQueries({ queryKey: sessionKey });

/** Logs in. What the page knew of another user is forgotten. */
export async function login(name: string, password: string): Promise<void> {
  const { data } = await client.POST('/api/v1/session', { body: { name, password } });
  change(data ? meOf(data) : null);
}

export async function logout(): Promise<void> {
  await client.DELETE('/api/v1/session');
  change(null);
}

function change(me: Me | null) {
  queryClient.removeQueries({ predicate: (q) => q.queryKey[0] !== sessionKey[0] });
  queryClient.setQueryData(sessionKey, me);
  tabs.postMessage('changed');
}
