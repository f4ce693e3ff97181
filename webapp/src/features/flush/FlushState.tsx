import CancelIcon from '@mui/icons-material/CancelOutlined';
import DoneIcon from '@mui/icons-material/CheckCircleOutlined';
import SweepIcon from '@mui/icons-material/DeleteSweepOutlined';
import ErrorIcon from '@mui/icons-material/ErrorOutlined';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { formatNumber } from '../../i18n/texts';
import { formatSpan } from '../../time/format';
import { Link } from '../../ui/Link';
import { Time } from '../../ui/Time';
import { FilterWords } from './FilterWords';
import { useFlushText } from './text';

type Flush = Schemas['Flush'];

const looks = {
  running: { icon: SweepIcon, colour: 'primary.main' },
  done: { icon: DoneIcon, colour: 'success.main' },
  cancelled: { icon: CancelIcon, colour: 'warning.main' },
  failed: { icon: ErrorIcon, colour: 'error.main' },
} as const;

/** How far the flush is that is running, or how the last one has ended. */
export function FlushState({ flush, onStop }: { flush: Flush; onStop: () => void }) {
  const t = useFlushText();
  const { icon: Icon, colour } = looks[flush.state];
  const running = flush.state === 'running';
  const waiting = running && flush.of === 0;
  return (
    <Paper variant="outlined" component="section" aria-label={t('last')} sx={{ p: 2, mb: 2, maxWidth: 1080 }}>
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, flexWrap: 'wrap', minHeight: 36 }}>
        <Icon sx={{ color: colour }} />
        <Typography variant="h2" role="status" sx={{ flex: 1 }}>
          {t(waiting ? 'waiting' : flush.state)}
        </Typography>
        {running && (
          <Button color="error" variant="outlined" size="small" onClick={onStop}>
            {t('stop')}
          </Button>
        )}
      </Box>
      {running && (
        <LinearProgress
          variant={waiting ? 'indeterminate' : 'determinate'}
          value={waiting ? undefined : Math.min(100, (100 * flush.looked) / flush.of)}
          aria-label={t('progress')}
          sx={{ my: 1.5, height: 6, borderRadius: 3 }}
        />
      )}
      {waiting && (
        <Typography variant="body2" sx={{ color: 'text.secondary', mb: 1 }}>
          {t('waitingHint')} <Link to="/workers">{t('workers')}</Link>
        </Typography>
      )}
      {flush.error && (
        <Alert severity="error" sx={{ my: 1 }}>
          <span lang="en">{flush.error}</span>
        </Alert>
      )}
      <Box
        component="dl"
        sx={{ m: 0, mt: 1, display: 'flex', flexWrap: 'wrap', columnGap: { xs: 3, sm: 5 }, rowGap: 1.5 }}
      >
        <Figure name={t('removedCount')} strong>
          {formatNumber(flush.removed)}
        </Figure>
        <Figure name={t('looked')}>{t('lookedOf', { looked: flush.looked, of: flush.of })}</Figure>
        <Figure name={t('left')}>{formatNumber(flush.left)}</Figure>
        <Figure name={t('by')}>{flush.by}</Figure>
        <Figure name={t('startedAt')}>
          <Time at={flush.started_at} />
        </Figure>
        {flush.ended_at && (
          <Figure name={t('took')}>{formatSpan(Date.parse(flush.ended_at) - Date.parse(flush.started_at))}</Figure>
        )}
        <Figure name={t('target')} wide>
          <FilterWords filter={flush.filter} />
        </Figure>
      </Box>
    </Paper>
  );
}

type FigureProps = { name: string; strong?: boolean; wide?: boolean; children: ReactNode };

function Figure({ name, strong, wide, children }: FigureProps) {
  return (
    <Box sx={wide ? { flexBasis: '100%' } : undefined}>
      <Typography component="dt" variant="caption" sx={{ color: 'text.secondary' }}>
        {name}
      </Typography>
      <Typography component="dd" sx={{ m: 0, fontWeight: strong ? 700 : 500 }}>
        {children}
      </Typography>
    </Box>
  );
}
