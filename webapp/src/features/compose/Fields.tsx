import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormHelperText from '@mui/material/FormHelperText';
import Stack from '@mui/material/Stack';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import Typography from '@mui/material/Typography';
import { memo, type ReactNode, useId } from 'react';
import { useFieldText } from '../../push/fields';
import { useTime } from '../../time/useTime';
import { InstantField } from '../../ui/InstantField';
import { DataRows } from './DataRows';
import { faultText } from './faults';
import type { Draft, Fault, Field, TextField as Name } from './job';
import { useComposeText } from './text';

type Props = { draft: Draft; faults: Fault[]; onEdit: (patch: Partial<Draft>) => void };

/** All fields of a push, each with what is wrong with it. */
export const Fields = memo(function Fields({ draft, faults, onEdit }: Props) {
  const t = useComposeText();
  const label = useFieldText();
  const time = useTime();
  const faultOf = (field: Field) =>
    faults
      .filter((f) => f.field === field)
      .map((f) => faultText(t, f.message))
      .join('. ');
  const text = (name: Name, more: { label?: string; hint?: string; required?: boolean; rows?: number } = {}) => {
    const fault = faultOf(name);
    return (
      <TextField
        label={more.label ?? label(name)}
        value={draft[name]}
        required={more.required}
        error={fault !== ''}
        helperText={fault || more.hint}
        multiline={more.rows !== undefined}
        minRows={more.rows}
        maxRows={12}
        autoComplete="off"
        onChange={(e) => onEdit({ [name]: e.target.value })}
        slotProps={{ htmlInput: { title: name, spellCheck: false } }}
      />
    );
  };
  const ttl = faultOf('ttl');
  const at = faultOf('sndn_rsev_hour');
  return (
    <Stack sx={{ gap: 3 }}>
      <Part title={t('target')}>
        {text('device_id', { label: t('token'), required: true, rows: 2 })}
        <Pair>
          {text('D_servicename')}
          {text('push_grp_id')}
        </Pair>
      </Part>
      <Part title={t('message')}>
        {text('msg_title')}
        {text('msg_contents', { rows: 3 })}
        <DataRows rows={draft.data} fault={faultOf('data')} onChange={(data) => onEdit({ data })} />
      </Part>
      <Part title={t('options')}>
        <Pair>
          <Box>
            <ToggleButtonGroup
              exclusive
              size="small"
              fullWidth
              aria-label={label('priority')}
              value={draft.priority}
              onChange={(_, priority: Draft['priority'] | null) => priority && onEdit({ priority })}
              sx={{ height: 40 }}
            >
              <ToggleButton value="normal">{label('normal')}</ToggleButton>
              <ToggleButton value="urgent">{label('urgent')}</ToggleButton>
            </ToggleButtonGroup>
            <FormHelperText error={faultOf('priority') !== ''} sx={{ mx: 1.75 }}>
              {faultOf('priority') || t('urgentHint')}
            </FormHelperText>
          </Box>
          <TextField
            label={label('ttl')}
            value={draft.ttl}
            placeholder="3600"
            error={ttl !== ''}
            helperText={ttl || t('ttlHint')}
            autoComplete="off"
            onChange={(e) => onEdit({ ttl: e.target.value })}
            slotProps={{ htmlInput: { title: 'ttl', inputMode: 'numeric', maxLength: 12 } }}
          />
        </Pair>
        <Pair>
          <FormControlLabel
            control={<Switch checked={draft.later} onChange={(_, later) => onEdit({ later })} />}
            label={t('reserve')}
            sx={{ height: 40 }}
          />
          {draft.later && (
            <InstantField
              label={t('reserveAt', { zone: time.zone })}
              value={draft.at === null ? null : new Date(draft.at).toISOString()}
              onChange={(to) => onEdit({ at: to === null ? null : Date.parse(to) })}
              error={at !== ''}
              helperText={at || undefined}
            />
          )}
        </Pair>
        {text('id', { label: t('id'), hint: t('idHint') })}
      </Part>
      <Part title={t('customer')} hint={t('customerHint')}>
        <Pair>
          {text('csno')}
          {text('cust_telno')}
        </Pair>
        {text('uuid_id')}
      </Part>
    </Stack>
  );
});

/** Some fields that belong together. */
function Part({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  const id = useId();
  return (
    <Stack role="group" aria-labelledby={id} sx={{ gap: 1.5 }}>
      <Box>
        <Typography variant="h2" id={id}>
          {title}
        </Typography>
        {hint && (
          <Typography variant="body2" sx={{ color: 'text.secondary' }}>
            {hint}
          </Typography>
        )}
      </Box>
      {children}
    </Stack>
  );
}

/** Two fields beside each other, where there is room. */
function Pair({ children }: { children: ReactNode }) {
  return (
    <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' }, alignItems: 'start' }}>
      {children}
    </Box>
  );
}
