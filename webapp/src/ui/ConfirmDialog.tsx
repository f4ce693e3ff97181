import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { useCommon } from '../i18n/common';
import { ErrorText } from './ErrorText';

type Props = {
  open: boolean;
  title: string;
  /** What will happen. */
  children?: ReactNode;
  /** What the button does: the verb, and the number. */
  verb: string;
  danger?: boolean;
  /** Whether a reason is asked for; it goes into the audit log. */
  reason?: 'required' | 'optional';
  /** A word that must be typed. */
  word?: string;
  busy?: boolean;
  /** Whether it may be closed while it is done, which ends it. */
  stoppable?: boolean;
  /** Whether there is nothing to confirm (yet). */
  disabled?: boolean;
  error?: unknown;
  onConfirm: (reason: string) => void;
  onClose: () => void;
};

/** Asks before something is done that can't be taken back. Cancel has the focus if it is dangerous. */
export function ConfirmDialog({
  open,
  title,
  children,
  verb,
  danger,
  reason,
  word,
  busy,
  stoppable,
  disabled,
  error,
  onConfirm,
  onClose,
}: Props) {
  const t = useCommon();
  const titleId = useId();
  const [why, setWhy] = useState('');
  const [typed, setTyped] = useState('');
  useEffect(() => {
    if (!open) return;
    setWhy('');
    setTyped('');
  }, [open]);
  const ready = !busy && !disabled && (reason !== 'required' || why.trim() !== '') && (!word || typed.trim() === word);
  return (
    <Dialog
      open={open}
      onClose={() => (stoppable || !busy) && onClose()}
      aria-labelledby={titleId}
      fullWidth
      maxWidth="sm"
    >
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (ready) onConfirm(why.trim());
        }}
      >
        <DialogTitle id={titleId}>{title}</DialogTitle>
        <DialogContent>
          <Stack sx={{ gap: 2, pt: 0.5 }}>
            {children}
            {reason && (
              <TextField
                label={t('reason')}
                helperText={t('reasonHelp')}
                required={reason === 'required'}
                value={why}
                onChange={(e) => setWhy(e.target.value)}
                slotProps={{ htmlInput: { maxLength: 500 } }}
                multiline
                maxRows={4}
                autoFocus={!danger}
              />
            )}
            {word && (
              <TextField
                label={t('typeWord', { word })}
                required
                value={typed}
                autoComplete="off"
                onChange={(e) => setTyped(e.target.value)}
              />
            )}
            {error ? (
              <Alert severity="error">
                <ErrorText error={error} />
              </Alert>
            ) : null}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose} disabled={busy && !stoppable} autoFocus={danger || !reason}>
            {t('cancel')}
          </Button>
          <Button
            type="submit"
            variant="contained"
            color={danger ? 'error' : 'primary'}
            disabled={!ready}
            loading={busy}
          >
            {verb}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
