import Checkbox from '@mui/material/Checkbox';
import FormControl from '@mui/material/FormControl';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormGroup from '@mui/material/FormGroup';
import FormHelperText from '@mui/material/FormHelperText';
import FormLabel from '@mui/material/FormLabel';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { api, type Schemas } from '../../../api/client';
import { serverNow } from '../../../time/clock';
import { useTime } from '../../../time/useTime';
import { AddDialog } from '../AddDialog';
import { type Scope, scopes, useAccessText } from '../access';
import { useSettingsText } from '../text';
import { useTokensText } from './text';

const validName = /^[A-Za-z0-9._@-]{1,64}$/;
/** For how many days; the API allows 400. */
const lives = [7, 30, 90, 180, 365];
/** In place of days: a token that only hands in pushes need not expire. */
const noEnd = 0;

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
  const access = useAccessText();
  const settings = useSettingsText();
  const { format } = useTime();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<Scope[]>(['read']);
  const [picked, setPicked] = useState<number | null>(null);
  const submits = chosen.length === 1 && chosen[0] === 'submit';
  const days = submits ? (picked ?? noEnd) : picked || 90;
  const add = api.useMutation('post', '/api/v1/api-tokens', { gcTime: 0 }); // it holds the secret
  return (
    <AddDialog
      title={t('add')}
      width="sm"
      name={name}
      onName={setName}
      nameRule={t('nameRule')}
      validName={validName}
      ready={chosen.length > 0}
      busy={add.isPending}
      error={add.error}
      onSubmit={() =>
        add.mutate(
          { body: { name, scopes: chosen, ...(days !== noEnd && { expires_at: endOf(days) }) } },
          { onSuccess: onAdded },
        )
      }
      onClose={onClose}
    >
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
        onChange={(e) => setPicked(Number(e.target.value))}
        helperText={days === noEnd ? t('untilRemoved') : t('until', { time: format(endOf(days), 'minute') })}
      >
        {(submits ? [...lives, noEnd] : lives).map((n) => (
          <MenuItem key={n} value={n}>
            {n === noEnd ? settings('noEnd') : t('days', { days: n })}
          </MenuItem>
        ))}
      </TextField>
    </AddDialog>
  );
}
