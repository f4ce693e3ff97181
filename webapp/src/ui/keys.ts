import { useEffect, useRef } from 'react';

type Keys = Record<string, (e: KeyboardEvent) => void>;

/** Whether a key typed there is text. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.closest('input, textarea, select, [role="combobox"], [role="listbox"], [role="menu"]') !== null
  );
}

/** Calls back for single keys, unless the reader types text, or a dialog asks for something. */
export function useKeys(keys: Keys) {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.defaultPrevented || isTyping(e.target)) return;
      if (document.querySelector('[role="dialog"][aria-modal="true"]:not([data-keys])')) return;
      latest.current[e.key]?.(e);
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}
