import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import TextField from '@mui/material/TextField';
import { type ReactNode, useId } from 'react';
import { useCommon } from '../../i18n/common';
import { ErrorText } from '../../ui/ErrorText';
import { useSettingsText } from './text';

type Props = {
  /** What is added: the title, and what the button does. */
  title: string;
  width: 'xs' | 'sm';
  name: string;
  onName: (name: string) => void;
  nameRule: string;
  validName: RegExp;
  /** The fields beside the name. */
  children?: ReactNode;
  /** Whether they are right. */
  ready?: boolean;
  busy: boolean;
  error: unknown;
  onSubmit: () => void;
  onClose: () => void;
};

/** Adds something that has a name. */
export function AddDialog(props: Props) {
  const {
    title,
    width,
    name,
    onName,
    nameRule,
    validName,
    children,
    ready = true,
    busy,
    error,
    onSubmit,
    onClose,
  } = props;
  const t = useSettingsText();
  const common = useCommon();
  const id = useId();
  const right = ready && validName.test(name);
  return (
    <Dialog open onClose={() => !busy && onClose()} aria-labelledby={id} fullWidth maxWidth={width}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (right && !busy) onSubmit();
        }}
      >
        <DialogTitle id={id}>{title}</DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2 }}>
          <TextField
            label={t('name')}
            value={name}
            onChange={(e) => onName(e.target.value.trim())}
            helperText={nameRule}
            error={name !== '' && !validName.test(name)}
            required
            autoFocus
            autoComplete="off"
            sx={{ mt: 1 }}
            slotProps={{ htmlInput: { maxLength: 64, autoCapitalize: 'none', spellCheck: false } }}
          />
          {children}
          {error ? (
            <Alert severity="error">
              <ErrorText error={error} />
            </Alert>
          ) : null}
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose} disabled={busy}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="contained" disabled={!right} loading={busy}>
            {title}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
