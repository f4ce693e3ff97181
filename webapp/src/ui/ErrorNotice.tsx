import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import { useCommon } from '../i18n/common';
import { ErrorText } from './ErrorText';

/** What went wrong, in place of what it was to show; with what the server said, and its request id. */
export function ErrorNotice({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useCommon();
  return (
    <Alert
      severity="error"
      action={
        retry && (
          <Button color="inherit" size="small" onClick={retry}>
            {t('retry')}
          </Button>
        )
      }
    >
      <ErrorText error={error} />
    </Alert>
  );
}
