let ahead = 0; // of the server's clock, in ms
let noticed = false;

/** Notes the Date header of an answer: this machine's clock may be wrong. */
export function noticeDate(header: string | null) {
  const at = header ? Date.parse(header) : Number.NaN;
  if (Number.isNaN(at)) return;
  const now = Date.now() - at;
  // Date has whole seconds, and the answer took its way: only what is more says something.
  ahead = Math.abs(now) < 3_000 ? 0 : -now;
  noticed = true;
}

/** The server's time, in ms, as well as it is known. */
export function serverNow(): number {
  return Date.now() + ahead;
}

/** How wrong this machine's clock is, in ms, or 0. */
export function clockError(): number {
  return noticed ? -ahead : 0;
}
