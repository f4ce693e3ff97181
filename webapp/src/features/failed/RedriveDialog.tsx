import Alert from '@mui/material/Alert';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { Age } from '../../jobs/Age';
import { ageOf } from '../../jobs/job';
import { type Code, hopeless } from '../../push/codes';
import { serverNow } from '../../time/clock';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { useFailedText } from './text';

type Props = {
  code: Code;
  pushes: readonly Schemas['Record'][];
  onConfirm: (reason: string) => void;
  onClose: () => void;
};

/** Asks before some pushes are redriven. */
export function RedriveDialog({ code, pushes, onConfirm, onClose }: Props) {
  const t = useFailedText();
  // What is asked stays asked, whatever becomes of the page meanwhile.
  const [{ count, age }] = useState(() => ({ count: pushes.length, age: ageOf(pushes, serverNow()) }));
  return (
    <ConfirmDialog
      open
      title={t('confirm', { count })}
      verb={t('redriveSelected', { count })}
      reason="optional"
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <Age {...age} />
      <Typography>{t('effect')}</Typography>
      {hopeless.includes(code) && <Alert severity="warning">{t('hopelessEffect')}</Alert>}
    </ConfirmDialog>
  );
}
