import FormControl from '@mui/material/FormControl';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormLabel from '@mui/material/FormLabel';
import Radio from '@mui/material/Radio';
import RadioGroup from '@mui/material/RadioGroup';
import Stack from '@mui/material/Stack';
import { useId } from 'react';
import { PasswordField } from '../PasswordField';
import { isPassword } from '../password';
import { useUsersText } from './text';

/** How a user gets a password; typed is null if it is to be made. */
type Props = { typed: string | null; name: string; onChange: (typed: string | null) => void };

/** A password that is made, or typed. */
export function PasswordChoice({ typed, name, onChange }: Props) {
  const t = useUsersText();
  const id = useId();
  return (
    <Stack sx={{ gap: 1 }}>
      <FormControl component="fieldset">
        <FormLabel component="legend" id={id}>
          {t('passwordIs')}
        </FormLabel>
        <RadioGroup
          row
          aria-labelledby={id}
          value={typed === null ? 'made' : 'typed'}
          onChange={(_, how) => onChange(how === 'made' ? null : '')}
        >
          <FormControlLabel value="made" control={<Radio size="small" />} label={t('generate')} />
          <FormControlLabel value="typed" control={<Radio size="small" />} label={t('type')} />
        </RadioGroup>
      </FormControl>
      {typed !== null && (
        <PasswordField
          label={t('passwordIs')}
          value={typed}
          onChange={onChange}
          autoComplete="new-password"
          error={typed !== '' && !isPassword(typed, name)}
          helperText={t('rule')}
          required
        />
      )}
    </Stack>
  );
}
