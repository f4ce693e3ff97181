import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import { formatSpan } from '../time/format';
import { useAppText } from './text';

type Props = { newer: boolean; state: string; clock: number };

/** Notices, in words. */
export default function NoticeList({ newer, state, clock }: Props) {
  const t = useAppText();
  return (
    <>
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
      {clock > 0 && (
        <Alert severity="warning" square>
          {t('clock', { span: formatSpan(clock) })}
        </Alert>
      )}
    </>
  );
}
