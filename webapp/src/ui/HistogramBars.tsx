import Box from '@mui/material/Box';
import { memo, useMemo } from 'react';
import { formatNumber } from '../i18n/texts';
import type { Status } from '../push/status';
import { around, type HistogramSpan, levelsOf, pathsOf, ticksOf } from './histogram';

type Props = {
  spans: HistogramSpan[];
  spanSeconds: number;
  statuses: readonly Status[];
  zone: string;
  width: number;
  height: number;
};

/** Room between two lines of the grid, in px. */
const lineRoom = 48;

/**
 * The bars and axes of a histogram: one path for each state. What they say is told elsewhere, in
 * words. Drawn by hand: a library of charts is 88 kB, a quarter of what the log may have before
 * its table shows.
 */
export const HistogramBars = memo(function HistogramBars({ spans, spanSeconds, statuses, zone, width, height }: Props) {
  const inner = { width: width - around.left - around.right, height: height - around.top - around.bottom };
  const levels = useMemo(() => {
    const sums = spans.map((s) => statuses.reduce((sum, status) => sum + (s.counts[status] ?? 0), 0));
    return levelsOf(Math.max(...sums), inner.height / lineRoom);
  }, [spans, statuses, inner.height]);
  const top = levels.at(-1) ?? 1;
  const paths = useMemo(
    () => pathsOf(spans, statuses, { width: inner.width, height: inner.height, top }),
    [spans, statuses, inner.width, inner.height, top],
  );
  const ticks = useMemo(
    () => [...ticksOf(spans, spanSeconds, zone, inner.width)],
    [spans, spanSeconds, zone, inner.width],
  );
  return (
    <Box
      component="svg"
      aria-hidden="true"
      width={width}
      height={height}
      sx={{
        display: 'block',
        fontSize: 12,
        '& text': { fill: (theme) => (theme.vars ?? theme).palette.text.secondary },
        '& line': { stroke: (theme) => (theme.vars ?? theme).palette.divider, shapeRendering: 'crispEdges' },
      }}
    >
      <g transform={`translate(${around.left} ${around.top})`}>
        {levels.map((level) => {
          const y = inner.height * (1 - level / top);
          return (
            <g key={level}>
              <line x1={0} x2={inner.width} y1={y} y2={y} />
              <text x={-8} y={y} textAnchor="end" dominantBaseline="central">
                {axisNumber(level)}
              </text>
            </g>
          );
        })}
        {statuses.map((status) => (
          <Box
            key={status}
            component="path"
            data-status={status}
            d={paths[status] ?? ''}
            sx={{ fill: (theme) => (theme.vars ?? theme).palette.status[status] }}
          />
        ))}
        {ticks.map(([bar, label]) => {
          const x = (bar / spans.length) * inner.width;
          return (
            <g key={bar}>
              <line x1={x} x2={x} y1={inner.height} y2={inner.height + 4} />
              <text x={x} y={inner.height + 8} textAnchor="middle" dominantBaseline="hanging">
                {label}
              </text>
            </g>
          );
        })}
      </g>
    </Box>
  );
});

/** A count that fits beside the bars: 250,000; 1.5M. */
function axisNumber(n: number): string {
  return n < 1_000_000 ? formatNumber(n) : n.toLocaleString('en-US', { notation: 'compact' });
}
