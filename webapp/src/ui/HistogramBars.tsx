import { useTheme } from '@mui/material/styles';
import { BarChart } from '@mui/x-charts/BarChart';
import { memo, useMemo } from 'react';
import { formatNumber } from '../i18n/texts';
import type { Status } from '../push/status';
import { around, type HistogramSpan, ticksOf } from './histogram';

type Props = {
  spans: HistogramSpan[];
  spanSeconds: number;
  statuses: readonly Status[];
  zone: string;
  width: number;
  height: number;
};

const nothing = () => null;

/** The bars and axes of a histogram. In a file of its own: it brings the charts with it. */
const HistogramBars = memo(function HistogramBars({ spans, spanSeconds, statuses, zone, width, height }: Props) {
  const theme = useTheme();
  const series = useMemo(
    () =>
      statuses.map((status) => ({
        id: status,
        stack: 'all',
        data: spans.map((s) => s.counts[status] ?? 0),
        color: (theme.vars ?? theme).palette.status[status],
      })),
    [spans, statuses, theme],
  );
  const most = useMemo(
    () => Math.max(...spans.map((s) => statuses.reduce((sum, status) => sum + (s.counts[status] ?? 0), 0))),
    [spans, statuses],
  );
  const xAxis = useMemo(() => {
    const ticks = ticksOf(spans, spanSeconds, zone, width - around.left - around.right);
    return [
      {
        id: 'time',
        scaleType: 'band' as const,
        data: spans.map((_, i) => i),
        height: around.bottom,
        categoryGapRatio: 0.2,
        tickInterval: [...ticks.keys()],
        tickLabelInterval: () => true,
        tickPlacement: 'start' as const,
        tickLabelPlacement: 'tick' as const,
        valueFormatter: (i: number) => ticks.get(i) ?? '',
        tickSize: 4,
      },
    ];
  }, [spans, spanSeconds, zone, width]);
  return (
    <BarChart
      width={width}
      height={height}
      margin={{ left: 0, right: around.right, top: around.top, bottom: 0 }}
      series={series}
      xAxis={xAxis}
      yAxis={[
        {
          id: 'count',
          width: around.left,
          min: 0,
          max: most > 0 ? undefined : 1,
          tickNumber: Math.max(2, Math.round(height / 48)),
          tickMinStep: 1,
          disableLine: true,
          disableTicks: true,
          valueFormatter: axisNumber,
        },
      ]}
      grid={{ horizontal: true }}
      axisHighlight={{ x: 'none', y: 'none' }}
      slots={{ tooltip: nothing }}
      renderer="svg-batch"
      hideLegend
      skipAnimation
      disableAxisListener
      disableKeyboardNavigation
      sx={{
        // As specific as what the axes say of themselves.
        '& .MuiChartsAxis-root .MuiChartsAxis-tickLabel': { fill: (theme.vars ?? theme).palette.text.secondary },
        '& .MuiChartsAxis-root :is(.MuiChartsAxis-line, .MuiChartsAxis-tick)': {
          stroke: (theme.vars ?? theme).palette.divider,
        },
        '& .MuiChartsGrid-line': { stroke: (theme.vars ?? theme).palette.divider },
      }}
    />
  );
});

/** A count that fits beside the bars: 250,000; 1.5M. */
function axisNumber(n: number): string {
  return n < 1_000_000 ? formatNumber(n) : n.toLocaleString('en-US', { notation: 'compact' });
}

export default HistogramBars;
