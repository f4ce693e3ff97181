import Alert from '@mui/material/Alert';
import Typography from '@mui/material/Typography';
import { type Code, hopeless } from '../../push/codes';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { useFailedText } from './text';

type Props = { code: Code; count: number; onConfirm: (reason: string) => void; onClose: () => void };

/** Asks before some pushes are resent. */
export function ResendDialog({ code, count, onConfirm, onClose }: Props) {
  const t = useFailedText();
  return (
    <ConfirmDialog
      open
      title={t('confirm', { count })}
      verb={t('resendSelected', { count })}
      reason="optional"
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <Typography>{t('effect')}</Typography>
      {hopeless.includes(code) && <Alert severity="warning">{t('hopelessEffect')}</Alert>}
    </ConfirmDialog>
  );
}
