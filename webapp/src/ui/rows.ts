import type { RefObject } from 'react';
import { useKeys } from './keys';

/** j and k go through the rows of a list, from one [data-row] to the next; Enter opens what has the focus then. */
export function useRowKeys(list: RefObject<HTMLElement | null>) {
  const go = (by: number) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
    const row = document.activeElement?.closest('tr, li, article');
    const here = rows.findIndex((r) => r === document.activeElement || (row?.contains(r) ?? false));
    const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by;
    rows[next]?.focus();
  };
  useKeys({ j: () => go(1), k: () => go(-1) });
}
