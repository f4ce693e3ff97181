/** How long after the frame is there what it may need is loaded, in ms. */
const after = 4_000;

/**
 * Loads what the frame shows only at times, so that it is there if the server is not. Returns what
 * calls it off.
 */
export function loadAhead(): () => void {
  const timer = setTimeout(() => {
    const all = [
      import('../ui/Snack'),
      import('./AccountPanel'),
      import('./MobileMenu'),
      import('./Help'),
      import('./Countdown'),
    ];
    void Promise.allSettled(all); // what did not come is asked for again when it is needed
  }, after);
  return () => clearTimeout(timer);
}
