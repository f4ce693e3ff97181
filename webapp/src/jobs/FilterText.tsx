import Box from '@mui/material/Box';
import { useFieldText } from '../push/fields';
import { useStatusText } from '../push/status';
import { useTime } from '../time/useTime';
import type { BulkJob, JobFilter } from './job';
import { useJobText } from './text';

/** The conditions of a filter, each with its field's name. */
export function useFilterParts(filter: BulkJob['filter'] | JobFilter): { label: string; value: string }[] {
  const t = useJobText();
  const field = useFieldText();
  const status = useStatusText();
  const time = useTime();
  const parts: { label: string; value: string }[] = [];
  if (filter.status) parts.push({ label: field('status'), value: filter.status.map((s) => status(s)).join(', ') });
  if (filter.error_code) parts.push({ label: field('error_code'), value: filter.error_code });
  for (const name of ['D_servicename', 'push_grp_id', 'csno', 'device_id'] as const) {
    const value = filter[name];
    if (value) parts.push({ label: field(name), value });
  }
  if (filter.contains) {
    const column = filter.column as Parameters<typeof field>[0] | undefined;
    parts.push({ label: column ? field(column) : '', value: t('contains', { word: filter.contains }) });
  }
  if (filter.equals) {
    const column = filter.column as Parameters<typeof field>[0] | undefined;
    parts.push({ label: column ? field(column) : '', value: filter.equals });
  }
  if (filter.fcm_send_yn) parts.push({ label: field('fcm_send_yn'), value: filter.fcm_send_yn });
  const between = (since?: string, until?: string) =>
    [since && t('since', { at: time.format(since) }), until && t('until', { at: time.format(until) })]
      .filter(Boolean)
      .join(' ');
  const sent = between(filter.fcm_send_since, filter.fcm_send_until);
  if (sent) parts.push({ label: field('fcm_send_time'), value: sent });
  const reserved = between(filter.sndn_rsev_since, filter.sndn_rsev_until);
  if (reserved) parts.push({ label: field('sndn_rsev_hour'), value: reserved });
  const accepted = between(filter.since, filter.until);
  if (accepted) parts.push({ label: t('accepted'), value: accepted });
  return parts;
}

/** Which pushes are meant, in words. */
export function FilterText({ filter }: { filter: BulkJob['filter'] | JobFilter }) {
  const t = useJobText();
  const parts = useFilterParts(filter);
  if (parts.length === 0) return t('everything');
  return (
    <Box component="span" sx={{ display: 'inline-flex', flexWrap: 'wrap', columnGap: 1.5, rowGap: 0.25 }}>
      {parts.map(({ label, value }) => (
        <span key={label}>
          <Box component="span" sx={{ color: 'text.secondary' }}>
            {label}
          </Box>{' '}
          <b>{value}</b>
        </span>
      ))}
    </Box>
  );
}
