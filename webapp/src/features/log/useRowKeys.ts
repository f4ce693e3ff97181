import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { useKeys } from '../../ui/keys';

type Options = {
  rows: readonly { id: string }[];
  openId: string | null;
  onOpen: (id: string | null) => void;
  field: RefObject<HTMLInputElement | null>;
};

/** The keyboard on the rows: j k, Enter, Esc, and / for the search. What is open goes along. */
export function useRowKeys({ rows, openId, onOpen, field }: Options) {
  const [cursor, setCursor] = useState<string | null>(null);
  const back = useRef<HTMLElement | null>(null); // where the focus was before something was opened
  useEffect(() => {
    if (openId) setCursor(openId);
  }, [openId]);
  const index = rows.findIndex((r) => r.id === (openId ?? cursor));
  const move = (by: 1 | -1) => {
    const to = rows[index < 0 ? 0 : index + by];
    if (!to) return;
    setCursor(to.id);
    if (openId) onOpen(to.id);
    document.querySelector(`[data-id="${CSS.escape(to.id)}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  const close = useCallback(() => {
    onOpen(null);
    back.current?.focus();
  }, [onOpen]);
  useEffect(() => {
    if (openId && !back.current) back.current = document.activeElement as HTMLElement | null;
    if (!openId) back.current = null;
  }, [openId]);
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: (e) => {
      if (!cursor || (e.target instanceof HTMLElement && e.target.closest('button, a, [role="gridcell"]'))) return;
      onOpen(cursor);
    },
    Escape: () => openId && close(),
    '/': (e) => {
      e.preventDefault();
      field.current?.focus();
    },
  });
  return {
    cursor,
    close,
    previous: openId && index > 0 ? () => move(-1) : undefined,
    next: openId && index >= 0 && index < rows.length - 1 ? () => move(1) : undefined,
  };
}
