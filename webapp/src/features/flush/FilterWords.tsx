import Box from '@mui/material/Box';
import { useFieldText } from '../../push/fields';
import { type Status, useStatusText } from '../../push/status';
import { useTime } from '../../time/useTime';
import { useFlushText } from './text';

type Filter = {
  status?: readonly Status[];
  since?: string;
  until?: string;
  D_servicename?: string;
  push_grp_id?: string;
  error_code?: string;
  csno?: string;
  device_id?: string;
  column?: string;
  contains?: string;
};

/** A filter in words, a condition each; as the API has it. */
export function FilterWords({ filter }: { filter: Filter }) {
  const t = useFlushText();
  const fields = useFieldText();
  const state = useStatusText();
  const { format } = useTime();
  const words: [string, string][] = [];
  if (filter.status) words.push([t('states'), filter.status.map((s) => state(s)).join(', ')]);
  if (filter.since) words.push([t('since'), format(filter.since)]);
  if (filter.until) words.push([t('until'), format(filter.until)]);
  for (const name of ['D_servicename', 'push_grp_id', 'error_code', 'csno', 'device_id'] as const) {
    const value = filter[name];
    if (value) words.push([fields(name), value]);
  }
  if (filter.column && filter.contains) words.push([filter.column, `“${filter.contains}”`]);
  if (words.length === 0) return t('all');
  return (
    <Box component="ul" sx={{ m: 0, p: 0, listStyle: 'none', display: 'flex', flexWrap: 'wrap', gap: 0.75 }}>
      {words.map(([name, value]) => (
        <Box
          component="li"
          key={name}
          sx={{ border: 1, borderColor: 'divider', borderRadius: 1, px: 1, py: 0.25, fontSize: '0.8125rem' }}
        >
          <Box component="span" sx={{ color: 'text.secondary' }}>
            {name}{' '}
          </Box>
          <Box component="span" sx={{ fontWeight: 600 }}>
            {value}
          </Box>
        </Box>
      ))}
    </Box>
  );
}
