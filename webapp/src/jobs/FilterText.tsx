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
  const span = [
    filter.since && t('since', { at: time.format(filter.since) }),
    filter.until && t('until', { at: time.format(filter.until) }),
  ];
  if (filter.since || filter.until) parts.push({ label: t('accepted'), value: span.filter(Boolean).join(' ') });
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
