import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { formatNumber } from '../i18n/texts';
import { type Status, StatusIcon, useStatusText } from '../push/status';
import { useHistogramText } from './histogram';

export type HistogramCounts = { accepted?: number; states: { status: Status; n: number }[] };

/** How many pushes bars stand for, by state: in a row above all of them, or below each other. */
export function HistogramCountList({ accepted, states, column }: HistogramCounts & { column?: boolean }) {
  const t = useHistogramText();
  const word = useStatusText();
  return (
    <Stack
      component="ul"
      direction={column ? 'column' : 'row'}
      sx={{ flex: 1, flexWrap: 'wrap', columnGap: 2, p: 0, m: 0, fontSize: '0.8125rem' }}
    >
      {accepted !== undefined && <Amount name={t('accepted')} n={accepted} />}
      {states.map(({ status, n }) => (
        <Amount key={status} status={status} name={word(status)} n={n} />
      ))}
    </Stack>
  );
}

/** What is shown beside the bars under the pointer. */
export function HistogramTip({ title, ...counts }: HistogramCounts & { title: string }) {
  return (
    <Paper elevation={4} sx={{ px: 1.25, py: 0.75 }}>
      <Typography variant="caption" sx={{ display: 'block', color: 'text.secondary' }}>
        {title}
      </Typography>
      <HistogramCountList {...counts} column />
    </Paper>
  );
}

function Amount({ status, name, n }: { status?: Status; name: string; n: number }) {
  return (
    <Box component="li" sx={{ display: 'flex', alignItems: 'center', gap: 0.5, whiteSpace: 'nowrap' }}>
      {status && <StatusIcon status={status} sx={{ color: `status.${status}`, fontSize: '1rem' }} />}
      <Box component="span" sx={{ color: 'text.secondary' }}>
        {name}
      </Box>
      <Box component="b" sx={{ ml: 'auto' }}>
        {formatNumber(n)}
      </Box>
    </Box>
  );
}
