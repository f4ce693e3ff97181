import Button from '@mui/material/Button';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import { formatNumber } from '../i18n/texts';
import { type Status, StatusChip } from '../push/status';
import { type Bars, type HistogramSpan, timeOf, useHistogramText, wordsOf } from './histogram';

type Props = {
  label: string;
  spans: HistogramSpan[];
  spanSeconds: number;
  statuses: readonly Status[];
  zone: string;
  height: number;
  accepted?: readonly number[];
  onSelect: (bars: Bars) => void;
};

/** The same as the bars, for who would rather read: newest first, without the spans in which nothing was. */
export function HistogramTable({ label, spans, spanSeconds, statuses, zone, height, accepted, onSelect }: Props) {
  const t = useHistogramText();
  const rows = spans
    .map((span, i) => ({ ...span, i, accepted: accepted?.[i] ?? 0 }))
    .filter((row) => row.accepted > 0 || statuses.some((s) => row.counts[s]))
    .reverse();
  return (
    <TableContainer tabIndex={0} role="region" aria-label={label} sx={{ height }}>
      <Table size="small" stickyHeader>
        <TableHead>
          <TableRow>
            <TableCell>{t('time')}</TableCell>
            {accepted && <TableCell align="right">{t('accepted')}</TableCell>}
            {statuses.map((s) => (
              <TableCell key={s} align="right">
                <StatusChip status={s} />
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row) => {
            const bars = { from: row.i, to: row.i };
            const { since, until } = timeOf(spans, bars, spanSeconds);
            const words = wordsOf(since, until, spanSeconds, zone);
            return (
              <TableRow key={row.at}>
                <TableCell sx={{ whiteSpace: 'nowrap' }}>
                  <Button
                    size="small"
                    aria-label={t('open', { range: words })}
                    onClick={() => onSelect(bars)}
                    sx={{ p: 0, minHeight: 24 }}
                  >
                    {words}
                  </Button>
                </TableCell>
                {accepted && <TableCell align="right">{formatNumber(row.accepted)}</TableCell>}
                {statuses.map((s) => (
                  <TableCell key={s} align="right">
                    {formatNumber(row.counts[s] ?? 0)}
                  </TableCell>
                ))}
              </TableRow>
            );
          })}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
