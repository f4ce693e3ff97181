import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import Tooltip from '@mui/material/Tooltip';
import { formatNumber } from '../../i18n/texts';
import type { LogPage } from './fetch';
import { useLogText } from './text';

type Props = {
  page: LogPage;
  /** Of the question before: the answer to this one is on its way. */
  old: boolean;
  onStop: () => void;
};

/** How many pushes match, as far as they are counted; with progress, and a way to stop. */
export function Total({ page, old, onStop }: Props) {
  const t = useLogText();
  const counting = page.state === 'counting' && !old;
  return (
    <Box
      aria-live="polite"
      aria-busy={old}
      sx={{
        opacity: old ? 0.5 : 1,
        transition: old ? 'opacity 0.1s 0.2s' : 'none', // a page that comes at once does not flicker
        display: 'flex',
        alignItems: 'center',
        gap: 1,
        flexWrap: 'wrap',
      }}
    >
      <Tooltip title={t(`how.${page.how}`)}>
        <Box component="strong" data-total={page.total} data-exact={page.exact && !old} sx={{ whiteSpace: 'nowrap' }}>
          {page.exact ? t('total', { count: page.total }) : t('totalAtLeast', { total: formatNumber(page.total) })}
        </Box>
      </Tooltip>
      {counting && (
        <>
          <LinearProgress
            variant="determinate"
            value={page.of ? Math.min(100, (100 * page.looked) / page.of) : 0}
            aria-label={t('progress', { looked: page.looked, of: page.of })}
            sx={{ width: 90, borderRadius: 2 }}
          />
          <Button size="small" onClick={onStop}>
            {t('stop')}
          </Button>
        </>
      )}
      {!old && (page.state === 'stopped' || page.state === 'late') && (
        <Alert severity="warning" variant="outlined" sx={{ py: 0, border: 0 }}>
          {t(page.state === 'stopped' ? 'stopped' : 'timeUp')}
        </Alert>
      )}
    </Box>
  );
}
