import Alert, { type AlertColor } from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import type { ReactNode } from 'react';
import { Link as RouterLink } from 'react-router';
import type { Schemas } from '../../api/client';
import { useMay } from '../../api/session';
import { HoldNotice } from '../../push/holds';
import { useOverviewText } from './text';

/** What must not be missed: why nothing is sent, or nothing reaches phones. */
export function Banners({ summary: s }: { summary: Schemas['Summary'] | undefined }) {
  const t = useOverviewText();
  const mayFlush = useMay('flush');
  if (!s) return null;
  const workers = Object.values(s.workers).reduce((a, b) => a + b, 0) - (s.workers.lost ?? 0);
  const toWorkers = <Go to="/workers">{t('workersAll')}</Go>;
  return (
    <Stack aria-live="polite" sx={{ gap: 1, mb: 1.5, '&:empty': { display: 'none' } }}>
      {s.holds.map((hold) => (
        <HoldNotice key={hold.project} hold={hold} action={toWorkers} />
      ))}
      {s.desired === 'paused' ? (
        <Banner severity="warning" action={toWorkers}>
          {t('allPaused')}
        </Banner>
      ) : (
        workers === 0 && (
          <Banner severity="error" action={toWorkers}>
            {t('noWorkers')}
          </Banner>
        )
      )}
      {s.simulator && <Banner severity="info">{t('simulator')}</Banner>}
      {s.flushing && (
        <Banner severity="info" action={mayFlush && <Go to="/flush">{t('toFlush')}</Go>}>
          {t('flushing')}
        </Banner>
      )}
    </Stack>
  );
}

function Go({ to, children }: { to: string; children: string }) {
  return (
    <Button component={RouterLink} to={to} color="inherit" size="small" sx={{ whiteSpace: 'nowrap' }}>
      {children}
    </Button>
  );
}

type BannerProps = { severity: AlertColor; action?: ReactNode; children: string };

function Banner({ severity, action, children }: BannerProps) {
  return (
    <Alert severity={severity} variant="outlined" action={action} sx={{ bgcolor: 'background.paper', py: 0.25 }}>
      {children}
    </Alert>
  );
}
