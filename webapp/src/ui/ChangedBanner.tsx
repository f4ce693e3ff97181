import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import type { ReactNode } from 'react';
import { useCommon } from '../i18n/common';

/** Says that a list is not what it was any more, and leaves it to the reader to read it anew. */
export function ChangedBanner({ children, onRefresh }: { children: ReactNode; onRefresh: () => void }) {
  const t = useCommon();
  return (
    <Alert
      severity="info"
      role="status"
      sx={{ py: 0 }}
      action={
        <Button color="inherit" size="small" onClick={onRefresh}>
          {t('refresh')}
        </Button>
      }
    >
      {children}
    </Alert>
  );
}
