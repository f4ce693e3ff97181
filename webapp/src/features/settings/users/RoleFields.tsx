import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import FormControl from '@mui/material/FormControl';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormLabel from '@mui/material/FormLabel';
import Radio from '@mui/material/Radio';
import RadioGroup from '@mui/material/RadioGroup';
import Typography from '@mui/material/Typography';
import { useId } from 'react';
import type { Schemas } from '../../../api/client';
import { roles, useAccessText } from '../access';
import { useUsersText } from './text';

export type RoleValue = { role: Schemas['Role']; reveal: boolean };

type Props = { value: RoleValue; onChange: (value: RoleValue) => void; locked?: string };

/** A role, and the grant to reveal personal data. locked says why the role stays. */
export function RoleFields({ value, onChange, locked }: Props) {
  const t = useUsersText();
  const access = useAccessText();
  const id = useId();
  return (
    <Box sx={{ display: 'grid', gap: 1.5 }}>
      <FormControl component="fieldset" disabled={Boolean(locked)}>
        <FormLabel component="legend" id={id}>
          {t('role')}
        </FormLabel>
        <RadioGroup
          aria-labelledby={id}
          value={value.role}
          onChange={(_, role) => onChange({ ...value, role: roles.find((r) => r === role) ?? value.role })}
        >
          {roles.map((role) => (
            <FormControlLabel
              key={role}
              value={role}
              sx={{ alignItems: 'flex-start', my: 0.25 }}
              control={<Radio size="small" sx={{ mt: -0.25 }} />}
              label={<Explained name={access(role)} text={access(`${role}.does`)} />}
            />
          ))}
        </RadioGroup>
        {locked && (
          <Typography variant="body2" sx={{ color: 'text.secondary' }}>
            {locked}
          </Typography>
        )}
      </FormControl>
      <FormControlLabel
        sx={{ alignItems: 'flex-start' }}
        control={
          <Checkbox
            size="small"
            sx={{ mt: -0.25 }}
            checked={value.reveal}
            onChange={(_, reveal) => onChange({ ...value, reveal })}
          />
        }
        label={<Explained name={t('revealGrant')} text={t('revealHint')} />}
      />
    </Box>
  );
}

function Explained({ name, text }: { name: string; text: string }) {
  return (
    <Box component="span" sx={{ display: 'block', py: 0.5 }}>
      <Box component="span" sx={{ display: 'block', fontWeight: 600, lineHeight: 1.4 }}>
        {name}
      </Box>
      <Typography component="span" variant="body2" sx={{ color: 'text.secondary' }}>
        {text}
      </Typography>
    </Box>
  );
}
