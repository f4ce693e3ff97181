import { currentLanguage, type Language } from '../i18n/texts';

/** Wall-clock parts of an instant in a zone. */
function parts(at: Date, zone: string): Record<string, string> {
  const all = formatter(zone).formatToParts(at);
  return Object.fromEntries(all.map((p) => [p.type, p.value]));
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  let f = formatters.get(zone);
  if (!f) {
    f = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
    });
    formatters.set(zone, f);
  }
  return f;
}

export type Detail = 'date' | 'time' | 'minute' | 'second' | 'ms';

/**
 * Formats an instant (RFC 3339) in a zone: YYYY-MM-DD HH:mm:ss, or as much of it as asked for.
 * What is no instant is returned as it is.
 */
export function formatTime(at: string | number | Date, zone: string, detail: Detail = 'second'): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  const p = parts(date, zone);
  const day = `${p.year}-${p.month}-${p.day}`;
  switch (detail) {
    case 'date':
      return day;
    case 'time':
      return `${p.hour}:${p.minute}:${p.second}`;
    case 'minute':
      return `${day} ${p.hour}:${p.minute}`;
    case 'second':
      return `${day} ${p.hour}:${p.minute}:${p.second}`;
    case 'ms':
      return `${day} ${p.hour}:${p.minute}:${p.second}.${p.fractionalSecond}`;
  }
}

/** Reads a reserved time as the wire has it, yyyyMMddHHmmss in the firm's zone, or RFC 3339. */
export function formatReserved(text: string, zone: string): string {
  const m = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (m) return `${m[1]}-${m[2]}-${m[3]} ${m[4]}:${m[5]}:${m[6]}`;
  return text && formatTime(text, zone);
}

type Unit = 'ms' | 's' | 'm' | 'h' | 'd';

/** What stands behind a number, by language. */
const units: Record<Language, Record<Unit, string>> = {
  ko: { ms: '밀리초', s: '초', m: '분', h: '시간', d: '일' },
  en: { ms: ' ms', s: ' s', m: ' m', h: ' h', d: ' d' },
};

/** An age that ticks, in whole seconds: 3 s, 1 m 20 s, 2 h 5 m; in Korean 3초, 1분 20초. */
export function formatAge(ms: number, language = currentLanguage()): string {
  return ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1_000))}${units[language].s}` : formatSpan(ms, language);
}

/** A length of time, short: 340 ms, 12 s, 3 m 20 s, 2 h 5 m, 3 d 4 h; in Korean 3분 20초. */
export function formatSpan(ms: number, language = currentLanguage()): string {
  if (ms < 0) return `-${formatSpan(-ms, language)}`;
  const of = (n: number | string, unit: Unit) => `${n}${units[language][unit]}`;
  const two = (n: number, unit: Unit, rest: number, smaller: Unit) =>
    rest ? `${of(n, unit)} ${of(rest, smaller)}` : of(n, unit);
  if (ms < 1_000) return of(Math.round(ms), 'ms');
  if (ms < 10_000) return of((ms / 1_000).toFixed(1), 's');
  const s = Math.round(ms / 1_000);
  if (s < 60) return of(s, 's');
  const m = Math.floor(s / 60);
  if (m < 60) return two(m, 'm', s % 60, 's');
  const h = Math.floor(m / 60);
  if (h < 24) return two(h, 'h', m % 60, 'm');
  return two(Math.floor(h / 24), 'd', h % 24, 'h');
}
