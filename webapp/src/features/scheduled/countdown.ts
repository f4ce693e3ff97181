/** A length of time, to the second: 0:05, 12:05, 3:12:05; days apart. Null if it is over. */
export function countdown(ms: number): { days: number; time: string } | null {
  const all = Math.ceil(ms / 1_000);
  if (all <= 0) return null;
  const two = (n: number) => String(n).padStart(2, '0');
  const days = Math.floor(all / 86_400);
  const h = Math.floor((all % 86_400) / 3_600);
  const m = Math.floor((all % 3_600) / 60);
  const s = two(all % 60);
  return { days, time: h > 0 || days > 0 ? `${h}:${two(m)}:${s}` : `${m}:${s}` };
}
