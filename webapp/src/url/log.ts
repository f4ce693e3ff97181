import { createSerializer, type inferParserType } from 'nuqs';
import type { Schemas } from '../api/client';
import { namesOf } from '../api/names';
import { codes } from '../push/codes';
import { statuses } from '../push/status';
import { parseAsCount, parseAsInstant, parseAsText, parseAsWord, parseAsWords } from './params';

/** Time ranges that end now. */
export const presets = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;
export type Preset = (typeof presets)[number];

export const presetMs: Record<Preset, number> = {
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
};

/** Columns whose text may stand in a URL; the others are kept by the API, and `search` names them. */
export const openColumns = namesOf<Schemas['OpenColumn']>({
  D_servicename: true,
  push_grp_id: true,
  result: true,
  sndn_rsev_hour: true,
  fcm_send_yn: true,
  fcm_send_time: true,
});

/**
 * What the log shows, as the URL has it. Nothing of it is personal: a search for a customer, a
 * token or a text is posted, and search is its opaque id.
 */
export const logParsers = {
  page: parseAsCount(1, 1_000_000).withDefault(1),
  order: parseAsWord(['newest', 'oldest'] as const).withDefault('newest'),
  status: parseAsWords(statuses),
  range: parseAsWord(presets),
  since: parseAsInstant,
  until: parseAsInstant,
  service: parseAsText(128),
  group: parseAsText(128),
  code: parseAsWord(codes),
  sent: parseAsWord(['Y', 'N'] as const),
  sent_since: parseAsInstant,
  sent_until: parseAsInstant,
  reserved_since: parseAsInstant,
  reserved_until: parseAsInstant,
  search: parseAsText(36),
  column: parseAsWord(openColumns),
  contains: parseAsText(512),
  equals: parseAsText(512),
  asof: parseAsInstant,
  live: parseAsWord(['1'] as const),
  id: parseAsText(128),
};
export type LogState = inferParserType<typeof logParsers>;
/** A change of some of it; null takes away. */
export type LogChange = Partial<{ [K in keyof LogState]: LogState[K] | null }>;

const serialize = createSerializer(logParsers);

/** The address of the log with a filter. */
export function logLink(filter: Partial<LogState>): string {
  return serialize('/log', filter);
}
