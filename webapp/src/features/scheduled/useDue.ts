import { keepPreviousData } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { api, client, type Schemas } from '../../api/client';
import { ApiError } from '../../api/error';
import { useLive } from '../../live/LiveProvider';
import { useTime } from '../../time/useTime';
import { type Fate, type Fates, fateOf, waits } from './fate';
import type { Waiting } from './state';

export type Due = Schemas['Due'];

const size = 50;
const none: Due[] = [];
/** How many rows are looked up at once after something was told of them. */
const width = 10;
/** How many new pushes are told apart. */
const most = 10_000;

/**
 * A page of what waits. Its rows stay where they are: fates says what became of them, and added how
 * many have come since, until the page is read anew.
 */
export function useDue(status: Waiting | null, page: number) {
  const { zone } = useTime();
  const query = { page, size, status: status ?? undefined };
  const read = api.useQuery('get', '/api/v1/scheduled', { params: { query } }, { placeholderData: keepPreviousData });
  const items = read.data?.items ?? none;
  const [fates, setFates] = useState<Fates>(new Map());
  const [added, setAdded] = useState<ReadonlySet<string>>(new Set());
  const shown = useRef<ReadonlyMap<string, Schemas['Record']>>(new Map());
  useEffect(() => {
    shown.current = new Map(items.map((d) => [d.push.id, d.push]));
  }, [items]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was read anew says all of it itself
  useEffect(() => {
    setFates(new Map());
    setAdded(new Set());
  }, [read.dataUpdatedAt, status]);

  const note = useCallback((id: string, fate: Fate) => setFates((old) => new Map(old).set(id, fate)), []);
  /** What was done from here. What was told while the answer was on its way is newer than it. */
  const noteOwn = useCallback(
    (id: string, fate: Fate) =>
      setFates((old) => {
        const told = old.get(id);
        return told && 'status' in told ? old : new Map(old).set(id, fate);
      }),
    [],
  );
  /** Looks what has become of a row. */
  const lookUp = useCallback(
    async (id: string) => {
      const before = shown.current.get(id);
      try {
        const { data } = await client.GET('/api/v1/pushes/{id}', { params: { path: { id } } });
        const fate = before && data ? fateOf(before, data, zone) : null;
        if (fate) note(id, fate);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) note(id, { missing: true });
      }
    },
    [note, zone],
  );

  useLive('pushes', ({ changes }) => {
    const here = changes.filter((c) => shown.current.has(c.id));
    for (const { id, status: now } of here) if (!waits(now)) note(id, { status: now });
    const waiting = here.filter((c) => waits(c.status)).map((c) => c.id);
    for (const id of waiting.slice(0, width)) void lookUp(id);
    for (const id of waiting.slice(width)) note(id, { due: null });
    setAdded((old) =>
      addedBy(
        changes.filter((c) => !shown.current.has(c.id)),
        old,
        status,
      ),
    );
  });
  return { read, items, fates, added: added.size, noteOwn, lookUp };
}

/** Those that wait and are not on the page, after some changes. */
function addedBy(changes: Schemas['EventPushes']['changes'], old: ReadonlySet<string>, filter: Waiting | null) {
  const next = new Set(old);
  for (const { id, status } of changes) {
    if (!waits(status, filter)) next.delete(id);
    else if (next.size < most) next.add(id);
  }
  return next.size === old.size && [...next].every((id) => old.has(id)) ? old : next;
}
