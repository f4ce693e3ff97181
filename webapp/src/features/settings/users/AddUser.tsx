import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import TextField from '@mui/material/TextField';
import { useId, useState } from 'react';
import { api } from '../../../api/client';
import { useCommon } from '../../../i18n/common';
import { ErrorText } from '../../../ui/ErrorText';
import { isPassword, makePassword } from '../password';
import { useSettingsText } from '../text';
import { PasswordChoice } from './PasswordChoice';
import { RoleFields, type RoleValue } from './RoleFields';
import { useUsersText } from './text';

const validName = /^[A-Za-z0-9._@-]{1,64}$/;

type Props = {
  /** Called with the password if it was made: it has to be shown. */
  onAdded: (name: string, made: string | null) => void;
  onClose: () => void;
};

/** Makes a user. It is there only as long as it is open, so that no password outlives it. */
export function AddUser({ onAdded, onClose }: Props) {
  const t = useUsersText();
  const settings = useSettingsText();
  const common = useCommon();
  const id = useId();
  const [name, setName] = useState('');
  const [typed, setTyped] = useState<string | null>(null);
  const [role, setRole] = useState<RoleValue>({ role: 'viewer', reveal: false });
  const add = api.useMutation('post', '/api/v1/users', { gcTime: 0 }); // it holds a password
  const wrongName = name !== '' && !validName.test(name);
  const ready = name !== '' && !wrongName && (typed === null || isPassword(typed, name));
  const submit = () => {
    const made = typed === null ? makePassword() : null;
    add.mutate(
      { body: { name, password: made ?? typed ?? '', ...role } },
      { onSuccess: (user) => onAdded(user.name, made) },
    );
  };
  return (
    <Dialog open onClose={() => !add.isPending && onClose()} aria-labelledby={id} fullWidth maxWidth="sm">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (ready && !add.isPending) submit();
        }}
      >
        <DialogTitle id={id}>{t('add')}</DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2 }}>
          <TextField
            label={settings('name')}
            value={name}
            onChange={(e) => setName(e.target.value.trim())}
            helperText={t('nameRule')}
            error={wrongName}
            required
            autoFocus
            autoComplete="off"
            sx={{ mt: 1 }}
            slotProps={{ htmlInput: { maxLength: 64, autoCapitalize: 'none', spellCheck: false } }}
          />
          <RoleFields value={role} onChange={setRole} />
          <PasswordChoice typed={typed} name={name} onChange={setTyped} />
          {add.error ? (
            <Alert severity="error">
              <ErrorText error={add.error} />
            </Alert>
          ) : null}
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose} disabled={add.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="contained" disabled={!ready} loading={add.isPending}>
            {t('add')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
