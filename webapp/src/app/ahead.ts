/** How long after the frame is there what it may need is loaded, in ms. */
const after = 1_500;

/**
 * Loads what the frame shows only at times: it must be there before the server is gone, of
 * which it tells. Returns what calls it off.
 */
export function loadAhead(): () => void {
  const timer = setTimeout(() => {
    const all = [
      import('./NoticeList'),
      import('../ui/Snack'),
      import('../ui/ErrorNotice'),
      import('./AccountPanel'),
      import('./MobileMenu'),
      import('./Help'),
    ];
    void Promise.allSettled(all); // what did not come is asked for again when it is needed
  }, after);
  return () => clearTimeout(timer);
}
