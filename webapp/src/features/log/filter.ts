import type { Schemas } from '../../api/client';
import { personal, type SearchColumn } from '../../push/fields';
import { type LogChange, type LogState, openColumns, presetMs } from '../../url/log';

/** What the API selects pushes by. */
export type Filter = Pick<
  Schemas['Search'],
  | 'status'
  | 'since'
  | 'until'
  | 'push_grp_id'
  | 'D_servicename'
  | 'error_code'
  | 'column'
  | 'contains'
  | 'equals'
  | 'search'
  | 'fcm_send_yn'
  | 'fcm_send_since'
  | 'fcm_send_until'
  | 'sndn_rsev_since'
  | 'sndn_rsev_until'
>;

/** The filter of a state of the page. now is the server's time in ms; a pinned page counts from its bound. */
export function filterOf(s: LogState, now: number): Filter {
  const f: Filter = {};
  if (s.status?.length) f.status = s.status;
  if (s.range) f.since = instant((s.asof ? Date.parse(s.asof) : now) - presetMs[s.range]);
  if (!s.range && s.since) f.since = s.since;
  if (!s.range && s.until) f.until = s.until;
  if (s.service) f.D_servicename = s.service;
  if (s.group) f.push_grp_id = s.group;
  if (s.code) f.error_code = s.code;
  if (s.sent) f.fcm_send_yn = s.sent;
  if (s.sent_since) f.fcm_send_since = s.sent_since;
  if (s.sent_until) f.fcm_send_until = s.sent_until;
  if (s.reserved_since) f.sndn_rsev_since = s.reserved_since;
  if (s.reserved_until) f.sndn_rsev_until = s.reserved_until;
  if (s.search) f.search = s.search;
  else if (s.column && s.contains) Object.assign(f, { column: s.column, contains: s.contains });
  else if (s.column && s.equals) Object.assign(f, { column: s.column, equals: s.equals });
  return f;
}

/** An instant as the API takes it. */
export const instant = (ms: number) => new Date(ms).toISOString();

/** Whether the texts may have to be read, which can take a moment. */
export const isScan = (f: Filter) =>
  (['search', 'column', 'fcm_send_since', 'fcm_send_until', 'sndn_rsev_since', 'sndn_rsev_until'] as const).some(
    (name) => f[name] !== undefined,
  );

/** Whether anything is filtered. */
export const isFiltered = (f: Filter) => Object.keys(f).length > 0;

/** Everything that narrows the log, taken away; order and what is open stay. */
export const noFilter = {
  status: null,
  range: null,
  since: null,
  until: null,
  service: null,
  group: null,
  code: null,
  sent: null,
  sent_since: null,
  sent_until: null,
  reserved_since: null,
  reserved_until: null,
  search: null,
  column: null,
  contains: null,
  equals: null,
} as const satisfies Partial<Record<keyof LogState, null>>;

/** The columns of times that are filtered by a range, and its ends in the state of the page. */
export const ranges = [
  { column: 'fcm_send_time', ends: ['sent_since', 'sent_until'] },
  { column: 'sndn_rsev_hour', ends: ['reserved_since', 'reserved_until'] },
] as const;

/** What is filtered by beside search, time of acceptance and state. */
export type MoreState = Pick<LogState, 'service' | 'group' | 'code' | 'sent' | (typeof ranges)[number]['ends'][number]>;

/** A filter that changed is looked at from its first page, as of now. */
export const fromStart = { page: null, asof: null } as const;

/** What is typed into the search. */
export type Asked = { column: SearchColumn; match: 'contains' | 'equals'; word: string };

/** How many letters and digits a part of personal data must have, for who sees it masked. */
const leastPart = 4;

/** Whether a search is refused to who sees personal data masked. */
export function isTooShort(a: Asked): boolean {
  const isPersonal = personal.includes(a.column) || a.column === 'result';
  const what = a.column === 'cust_telno' ? /\p{Nd}/gu : /[\p{L}\p{Nd}]/gu; // phones are compared by their digits
  const letters = a.word.normalize('NFC').match(what) ?? [];
  return a.match === 'contains' && isPersonal && a.word.trim() !== '' && letters.length < leastPart;
}

/** Whether a column's text may stand in a URL. */
const isOpen = (c: SearchColumn): c is (typeof openColumns)[number] => openColumns.some((o) => o === c);

/**
 * Where a search goes: what is personal is posted, and an id of it stands in the URL; the rest
 * stands there itself.
 */
export function destinationOf(a: Asked): { post: Schemas['SearchFields'] } | { url: LogChange } {
  const word = a.word.trim();
  if (!isOpen(a.column)) {
    if (a.match === 'equals' && (a.column === 'csno' || a.column === 'device_id'))
      return { post: { [a.column]: word } };
    return { post: { column: a.column, [a.match]: word } };
  }
  if (a.match === 'equals' && a.column === 'push_grp_id') return { url: { group: word } };
  if (a.match === 'equals' && a.column === 'D_servicename') return { url: { service: word } };
  if (a.column === 'fcm_send_yn' && /^[yn]$/i.test(word)) return { url: { sent: word.toUpperCase() as 'Y' | 'N' } };
  return { url: { column: a.column, [a.match]: word } };
}

/** What a search in the URL, or a kept one, asks for. */
export function askedOf(fields: { [name: string]: string | null | undefined }): Asked | null {
  if (fields.csno) return { column: 'csno', match: 'equals', word: fields.csno };
  if (fields.device_id) return { column: 'device_id', match: 'equals', word: fields.device_id };
  const column = fields.column as SearchColumn | undefined;
  if (column && fields.contains) return { column, match: 'contains', word: fields.contains };
  if (column && fields.equals) return { column, match: 'equals', word: fields.equals };
  return null;
}

const spans = [
  1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 259_200, 604_800, 2_592_000,
];

/** The shortest length of a bar, in seconds, with which a range has no more than so many bars. */
export function spanOf(ms: number, bars: number): number {
  return spans.find((s) => ms / (s * 1000) <= bars) ?? 2_592_000;
}

/** The range of the histogram of a filter: its own, or the last 30 days. */
export function histogramRange(
  f: Filter,
  asof: string | null,
  now: number,
): { since: string; until: string; span: number } {
  const end = f.until ? Date.parse(f.until) : asof ? Date.parse(asof) : now;
  const start = f.since ? Date.parse(f.since) : end - presetMs['30d'];
  const span = spanOf(Math.max(end - start, 1_000), 90);
  const step = span * 1000;
  // Bars begin at round times of the clock; the range is wholly within them.
  const since = Math.floor(start / step) * step;
  return { since: instant(since), until: instant(Math.max(since + step, Math.ceil(end / step) * step)), span };
}
