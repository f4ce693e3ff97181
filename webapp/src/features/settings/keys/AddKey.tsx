import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import TextField from '@mui/material/TextField';
import { useId, useState } from 'react';
import { api, type Schemas } from '../../../api/client';
import { useCommon } from '../../../i18n/common';
import { ErrorText } from '../../../ui/ErrorText';
import { useSettingsText } from '../text';
import { useKeysText } from './text';

const validName = /^[A-Za-z0-9._-]{1,64}$/;

/** Makes a key. It is there only as long as it is open, so that no secret outlives it. */
export function AddKey({ onAdded, onClose }: { onAdded: (made: Schemas['SecretOnce']) => void; onClose: () => void }) {
  const t = useKeysText();
  const settings = useSettingsText();
  const common = useCommon();
  const id = useId();
  const [name, setName] = useState('');
  const add = api.useMutation('post', '/api/v1/keys', { gcTime: 0 }); // it holds the secret
  const wrongName = name !== '' && !validName.test(name);
  const ready = name !== '' && !wrongName;
  return (
    <Dialog open onClose={() => !add.isPending && onClose()} aria-labelledby={id} fullWidth maxWidth="xs">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (ready && !add.isPending) add.mutate({ body: { name } }, { onSuccess: onAdded });
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
