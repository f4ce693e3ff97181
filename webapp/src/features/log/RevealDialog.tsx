import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { personal } from '../../push/fields';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { useDrawerText } from './drawerText';
import type { useReveal } from './useReveal';

type Field = Schemas['RevealOrder']['fields'][number];

/** Asks why, and reveals what a record has. */
export function RevealButton({
  record,
  reveal,
}: {
  record: Schemas['Record'];
  reveal: ReturnType<typeof useReveal>['reveal'];
}) {
  const t = useDrawerText();
  const [open, setOpen] = useState(false);
  const has = [...personal, 'data', 'raw'].filter((f) => record[f as Field]) as Field[];
  return (
    <>
      <Button
        size="small"
        variant="outlined"
        disabled={has.length === 0}
        onClick={() => {
          reveal.reset();
          setOpen(true);
        }}
      >
        {t('reveal')}
      </Button>
      <ConfirmDialog
        open={open}
        title={t('revealTitle')}
        verb={t('reveal')}
        reason="required"
        busy={reveal.isPending}
        error={reveal.error}
        onConfirm={(reason) =>
          reveal.mutate(
            { params: { path: { id: record.id } }, body: { fields: has, reason } },
            { onSuccess: () => setOpen(false) },
          )
        }
        onClose={() => setOpen(false)}
      >
        <Typography>{t('revealText')}</Typography>
      </ConfirmDialog>
    </>
  );
}
