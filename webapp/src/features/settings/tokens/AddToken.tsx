import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import FormControl from '@mui/material/FormControl';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormGroup from '@mui/material/FormGroup';
import FormHelperText from '@mui/material/FormHelperText';
import FormLabel from '@mui/material/FormLabel';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useId, useState } from 'react';
import { api, type Schemas } from '../../../api/client';
import { useCommon } from '../../../i18n/common';
import { serverNow } from '../../../time/clock';
import { useTime } from '../../../time/useTime';
import { ErrorText } from '../../../ui/ErrorText';
import { type Scope, scopes, useAccessText } from '../access';
import { useSettingsText } from '../text';
import { useTokensText } from './text';

const validName = /^[A-Za-z0-9._@-]{1,64}$/;
/** For how many days; the API allows 400. */
const lives = [7, 30, 90, 180, 365] as const;

const endOf = (days: number) => new Date(serverNow() + days * 86_400_000).toISOString();

/** Makes a token. It is there only as long as it is open, so that no secret outlives it. */
export function AddToken({
  onAdded,
  onClose,
}: {
  onAdded: (made: Schemas['SecretOnce']) => void;
  onClose: () => void;
}) {
  const t = useTokensText();
  const settings = useSettingsText();
  const access = useAccessText();
  const common = useCommon();
  const { format } = useTime();
  const id = useId();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<Scope[]>(['read']);
  const [days, setDays] = useState(90);
  const add = api.useMutation('post', '/api/v1/api-tokens', { gcTime: 0 }); // it holds the secret
  const wrongName = name !== '' && !validName.test(name);
  const ready = name !== '' && !wrongName && chosen.length > 0;
  return (
    <Dialog open onClose={() => !add.isPending && onClose()} aria-labelledby={id} fullWidth maxWidth="sm">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (!ready || add.isPending) return;
          add.mutate({ body: { name, scopes: chosen, expires_at: endOf(days) } }, { onSuccess: onAdded });
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
          <FormControl component="fieldset" error={chosen.length === 0}>
            <FormLabel component="legend">{t('scopes')}</FormLabel>
            <FormGroup>
              {scopes.map((scope) => (
                <FormControlLabel
                  key={scope}
                  control={
                    <Checkbox
                      size="small"
                      checked={chosen.includes(scope)}
                      onChange={(_, on) => setChosen(scopes.filter((s) => (s === scope ? on : chosen.includes(s))))}
                    />
                  }
                  label={
                    <>
                      <code>{scope}</code> {access(scope)}
                    </>
                  }
                />
              ))}
            </FormGroup>
            <FormHelperText>{t(chosen.length === 0 ? 'scopesNone' : 'scopesHint')}</FormHelperText>
          </FormControl>
          <TextField
            select
            label={t('life')}
            value={days}
            onChange={(e) => setDays(Number(e.target.value))}
            helperText={t('until', { time: format(endOf(days), 'minute') })}
          >
            {lives.map((n) => (
              <MenuItem key={n} value={n}>
                {t('days', { days: n })}
              </MenuItem>
            ))}
          </TextField>
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
