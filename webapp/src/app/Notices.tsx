import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import { useLiveState } from '../live/LiveProvider';
import { clockError } from '../time/clock';
import { formatSpan } from '../time/format';
import { useAppText } from './text';
import { useNewVersion } from './version';

/** What the reader must know of the page itself. */
export function Notices() {
  const t = useAppText();
  const { state } = useLiveState();
  const newer = useNewVersion();
  const clock = Math.abs(clockError());
  return (
    <Stack aria-live="polite">
      {newer && (
        <Alert
          severity="info"
          square
          action={
            <Button color="inherit" size="small" onClick={() => location.reload()}>
              {t('reload')}
            </Button>
          }
        >
          {t('newVersion')}
        </Alert>
      )}
      {state === 'lost' && (
        <Alert severity="warning" square>
          {t('lost')}
        </Alert>
      )}
      {state === 'paused' && (
        <Alert severity="info" square>
          {t('paused')}
        </Alert>
      )}
      {clock > 30_000 && (
        <Alert severity="warning" square>
          {t('clock', { span: formatSpan(clock) })}
        </Alert>
      )}
    </Stack>
  );
}
