import ChartIcon from '@mui/icons-material/BarChart';
import TableIcon from '@mui/icons-material/TableRowsOutlined';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Stack from '@mui/material/Stack';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import { memo, useCallback, useEffect, useMemo, useState } from 'react';
import { formatNumber } from '../i18n/texts';
import { statuses as allStatuses, type Status, useStatusText } from '../push/status';
import { useTime } from '../time/useTime';
import { HistogramBars } from './HistogramBars';
import { HistogramCountList, HistogramTip } from './HistogramCounts';
import { HistogramSelect } from './HistogramSelect';
import { HistogramTable } from './HistogramTable';
import { type Bars, type HistogramSpan, sumOf, timeOf, useHistogramText, wordsOf } from './histogram';

type Props = {
  /** What it shows, for who can't see it. */
  label: string;
  /** Oldest first, none left out. */
  spans: HistogramSpan[];
  spanSeconds: number;
  /** What was chosen, by mouse, touch or keys: RFC 3339 in UTC, until not included. */
  onSelect: (since: string, until: string) => void;
  height?: number;
  /** The states to stack; if absent, all that occur. */
  statuses?: readonly Status[];
  /** What was accepted in each span: told beside the states, not stacked. */
  accepted?: readonly number[];
};

const whole: Bars = { from: 0, to: Number.POSITIVE_INFINITY };

/** How many pushes there were when, by state. A time can be chosen in it. */
export const Histogram = memo(function Histogram({
  label,
  spans,
  spanSeconds,
  onSelect,
  height = 180,
  statuses,
  accepted,
}: Props) {
  const t = useHistogramText();
  const word = useStatusText();
  const { zone } = useTime();
  const [table, setTable] = useState(false);
  const [box, width] = useWidth();
  const sums = useMemo(() => sumOf(spans, whole), [spans]);
  const shown = useMemo(() => statuses ?? allStatuses.filter((s) => sums[s]), [statuses, sums]);
  const empty = shown.every((s) => !sums[s]) && !accepted?.some((n) => n > 0);
  const select = useCallback(
    (bars: Bars) => {
      const { since, until } = timeOf(spans, bars, spanSeconds);
      onSelect(since, until);
    },
    [spans, spanSeconds, onSelect],
  );

  /** What bars count: accepted first, then each state. */
  const countsOf = (bars: Bars) => {
    const sum = sumOf(spans, bars);
    return {
      accepted: accepted?.slice(bars.from, bars.to + 1).reduce((a, b) => a + b, 0),
      states: shown.map((status) => ({ status, n: sum[status] ?? 0 })),
    };
  };
  const words = (bars: Bars) => {
    const { since, until } = timeOf(spans, bars, spanSeconds);
    return wordsOf(since, until, spanSeconds, zone);
  };
  const describe = (bars: Bars) => {
    const { accepted: came, states } = countsOf(bars);
    const parts = states.filter((s) => s.n > 0).map((s) => `${word(s.status)} ${formatNumber(s.n)}`);
    if (came) parts.unshift(`${t('accepted')} ${formatNumber(came)}`);
    return `${words(bars)}: ${parts.join(', ') || t('empty')}`;
  };

  return (
    <Box component="figure" aria-label={label} sx={{ m: 0, minWidth: 0 }}>
      <Stack direction="row" sx={{ alignItems: 'center', gap: 1, minHeight: 32 }}>
        <HistogramCountList {...countsOf(whole)} />
        <Tooltip title={t(table ? 'chart' : 'table')}>
          <IconButton size="small" aria-label={t(table ? 'chart' : 'table')} onClick={() => setTable(!table)}>
            {table ? <ChartIcon fontSize="small" /> : <TableIcon fontSize="small" />}
          </IconButton>
        </Tooltip>
      </Stack>
      {table ? (
        <HistogramTable {...{ label, spans, spanSeconds, zone, height, accepted }} statuses={shown} onSelect={select} />
      ) : (
        <Box ref={box} sx={{ position: 'relative', height }}>
          {width > 0 && spans.length > 0 && (
            <HistogramBars {...{ spans, spanSeconds, zone, width, height }} statuses={shown} />
          )}
          {empty && (
            <Typography
              sx={{ position: 'absolute', inset: 0, display: 'grid', placeItems: 'center', color: 'text.secondary' }}
            >
              {t('nothing')}
            </Typography>
          )}
          {spans.length > 0 && (
            <HistogramSelect
              bars={spans.length}
              describe={describe}
              onSelect={select}
              tip={(bars) => <HistogramTip title={words(bars)} {...countsOf(bars)} />}
            />
          )}
        </Box>
      )}
    </Box>
  );
});

/** The width of an element, in px, as it changes. */
function useWidth() {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, width] as const;
}
