import { useCallback, useEffect, useRef, useState } from 'react';
import { useLive } from '../live/LiveProvider';
import type { Status } from './status';

export type Became = ReadonlyMap<string, Status>;

const nothing: Became = new Map();

/**
 * What has become of pushes that are shown, as it happens, since they were read at readAt (ms):
 * rows can say so in place, without being read anew. note adds what the page itself has done.
 */
export function useBecame(ids: readonly string[], readAt: number) {
  const [became, setBecame] = useState<Became>(nothing);
  const shown = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    shown.current = new Set(ids);
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was read is newer than what was told before
  useEffect(() => setBecame(nothing), [readAt]);
  const add = useCallback((changes: readonly { id: string; status: Status }[]) => {
    if (changes.length > 0) setBecame((old) => new Map([...old, ...changes.map((c) => [c.id, c.status] as const)]));
  }, []);
  useLive('pushes', ({ changes }) => add(changes.filter((c) => shown.current.has(c.id))));
  // What was told while the answer was on its way is newer than the answer.
  const note = useCallback(
    (id: string, status: Status) => setBecame((old) => (old.has(id) ? old : new Map([...old, [id, status] as const]))),
    [],
  );
  return { became, note };
}
