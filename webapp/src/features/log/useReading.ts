import { type RefObject, useEffect, useState } from 'react';

/** How long after the last scroll the reader is still taken to scroll, in ms. */
const settle = 2_000;

/** Whether the reader is reading in an element: hovers over a row, scrolls, or has selected text. */
export function useReading(ref: RefObject<HTMLElement | null>, enabled: boolean): boolean {
  const [hovers, setHovers] = useState(false);
  const [scrolls, setScrolls] = useState(false);
  const [selects, setSelects] = useState(false);
  useEffect(() => {
    const box = ref.current;
    if (!enabled || !box) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = (e: Event) => setHovers(e.target instanceof Element && e.target.closest('[role="row"]') !== null);
    const leave = () => setHovers(false);
    const scroll = () => {
      setScrolls(true);
      clearTimeout(timer);
      timer = setTimeout(() => setScrolls(false), settle);
    };
    const select = () => {
      const s = document.getSelection();
      setSelects(Boolean(s && !s.isCollapsed && s.anchorNode && box.contains(s.anchorNode)));
    };
    box.addEventListener('pointerover', over);
    box.addEventListener('pointerleave', leave);
    box.addEventListener('scroll', scroll, true);
    document.addEventListener('selectionchange', select);
    return () => {
      clearTimeout(timer);
      box.removeEventListener('pointerover', over);
      box.removeEventListener('pointerleave', leave);
      box.removeEventListener('scroll', scroll, true);
      document.removeEventListener('selectionchange', select);
      setHovers(false);
      setScrolls(false);
      setSelects(false);
    };
  }, [ref, enabled]);
  return hovers || scrolls || selects;
}
