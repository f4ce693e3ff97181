import { useCallback, useEffect, useRef, useState } from 'react';
import { client } from '../../api/client';
import type { Status } from '../../push/status';
import { eachBounded } from './bounded';

/** How many requests are under way at a time. */
const width = 4;

/** What came of redriving a push: null is that it is queued again, or else why not. */
export type Results = ReadonlyMap<string, unknown>;

type Run = { of: number; done: number; bad: number };

/**
 * Redrives pushes one by one, some at a time, and keeps what came of each. note is told of those
 * that are queued again.
 */
export function useRedrive(note: (id: string, status: Status) => void) {
  const [results, setResults] = useState<Results>(new Map());
  const [run, setRun] = useState<Run | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const redrive = useCallback(
    async (ids: readonly string[], reason: string): Promise<Run> => {
      const aborter = new AbortController();
      stop.current = aborter;
      const so: Run = { of: ids.length, done: 0, bad: 0 };
      setRun({ ...so });
      await eachBounded(
        ids,
        width,
        async (id) => {
          const why = await redriveOne(id, reason);
          so.done++;
          if (why) so.bad++;
          else note(id, 'queued');
          setResults((old) => new Map(old).set(id, why));
          setRun({ ...so });
        },
        aborter.signal,
      );
      setRun(null);
      return so;
    },
    [note],
  );
  return { results, run, redrive, stop: useCallback(() => stop.current?.abort(), []) };
}

/** Redrives a push; null if it is queued, else what came instead. */
async function redriveOne(id: string, reason: string): Promise<unknown> {
  try {
    await client.POST('/api/v1/pushes/{id}/redrive', { params: { path: { id } }, body: reason ? { reason } : {} });
    return null;
  } catch (error) {
    return error;
  }
}
