import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import { type ReactNode, useSyncExternalStore } from 'react';
import { isWaiting, watchWaiting } from '../api/load';
import { useLiveState } from '../live/LiveProvider';
import { clockError } from '../time/clock';
import { formatSpan } from '../time/format';
import { useAppText } from './text';
import { useNewVersion } from './version';

/** How wrong this machine's clock must be to be worth a notice, in ms. */
const tolerance = 30_000;

/** What the reader must know of the page itself. Nothing of it is loaded when it is needed: the server may be away. */
export function Notices() {
  const t = useAppText();
  const { state } = useLiveState();
  const newer = useNewVersion();
  const waiting = useSyncExternalStore(watchWaiting, isWaiting);
  const clock = Math.abs(clockError());
  return (
    <Stack aria-live="polite">
      {newer && (
        <Notice colour="info">
          {t('newVersion')}
          <Button color="inherit" size="small" onClick={() => location.reload()}>
            {t('reload')}
          </Button>
        </Notice>
      )}
      {waiting && <Notice colour="warning">{t('away')}</Notice>}
      {state === 'lost' && <Notice colour="warning">{t('lost')}</Notice>}
      {state === 'paused' && <Notice colour="info">{t('paused')}</Notice>}
      {clock > tolerance && <Notice colour="warning">{t('clock', { span: formatSpan(clock) })}</Notice>}
    </Stack>
  );
}

function Notice({ colour, children }: { colour: 'info' | 'warning'; children: ReactNode }) {
  return (
    <Box
      sx={{
        display: 'flex',
        alignItems: 'center',
        justifyContent: 'space-between',
        gap: 2,
        px: { xs: 1.5, sm: 3 },
        py: 1,
        bgcolor: 'background.paper',
        borderBottom: 1,
        borderColor: 'divider',
        borderLeft: 4,
        borderLeftColor: `${colour}.main`,
      }}
    >
      {children}
    </Box>
  );
}
