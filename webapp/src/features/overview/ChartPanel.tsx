import Skeleton from '@mui/material/Skeleton';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import Typography from '@mui/material/Typography';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useCallback } from 'react';
import { useNavigate } from 'react-router';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Histogram } from '../../ui/Histogram';
import { ThinBar } from '../../ui/ThinBar';
import { logLink } from '../../url/log';
import { Panel } from './Panel';
import { ends, type Range, ranges } from './ranges';
import { useOverviewText } from './text';
import { useBars } from './useBars';

const height = 240;

/** What ended when, and the way from a time to its log. */
export function ChartPanel() {
  const t = useOverviewText();
  const go = useNavigate();
  const [range, setRange] = useQueryState('range', parseAsStringLiteral(ranges).withDefault('1h'));
  const { data, error, isPlaceholderData, refetch } = useBars(range);
  const open = useCallback((since: string, until: string) => void go(logLink({ since, until })), [go]);
  return (
    <Panel
      title={t('chart')}
      action={
        <ToggleButtonGroup
          exclusive
          size="small"
          aria-label={t('range')}
          value={range}
          onChange={(_, to: Range | null) => to && void setRange(to)}
        >
          {ranges.map((r) => (
            <ToggleButton key={r} value={r} sx={{ py: 0.25, px: { xs: 0.75, sm: 1.25 } }}>
              {t(r)}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      }
    >
      <ThinBar busy={isPlaceholderData} />
      {data ? (
        <Histogram
          label={t('chartLabel')}
          spans={data.spans}
          spanSeconds={data.seconds}
          statuses={ends}
          accepted={data.accepted}
          onSelect={open}
          height={height}
        />
      ) : (
        !error && <Skeleton variant="rounded" height={height + 32} />
      )}
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      <Typography variant="caption" component="p" sx={{ color: 'text.secondary', mt: 1 }}>
        {t('chartSelect')} {t('chartNote')}
        {data && data.retrying + data.redriven > 0 && (
          <> {t('chartEvents', { retrying: data.retrying, redriven: data.redriven })}</>
        )}
      </Typography>
    </Panel>
  );
}
