import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControl from '@mui/material/FormControl';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormGroup from '@mui/material/FormGroup';
import FormLabel from '@mui/material/FormLabel';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { codes } from '../../push/codes';
import { useFieldText } from '../../push/fields';
import { StatusChip } from '../../push/status';
import { InstantField } from '../../ui/InstantField';
import { SettledField } from '../../ui/SettledField';
import { ended, type FlushFilter, isFiltered, isRange } from './filter';
import { useFlushText } from './text';

type Props = { filter: FlushFilter; onChange: (change: Partial<FlushFilter>) => void; onClear: () => void };

/** Which of what has ended is meant. */
export function FlushConditions({ filter, onChange, onClear }: Props) {
  const t = useFlushText();
  const fields = useFieldText();
  const wrong = !isRange(filter);
  const text = { slotProps: { htmlInput: { maxLength: 128 } } };
  const toggle = (status: (typeof ended)[number], on: boolean) => {
    const now = ended.filter((s) => (s === status ? on : filter.status?.includes(s)));
    onChange({ status: now.length > 0 ? now : null });
  };
  return (
    <Box sx={{ display: 'grid', gap: 2 }}>
      <Box sx={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', gap: 1, flexWrap: 'wrap' }}>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {t('someHint')}
        </Typography>
        {isFiltered(filter) && (
          <Button size="small" onClick={onClear}>
            {t('clear')}
          </Button>
        )}
      </Box>
      <FormControl component="fieldset">
        <FormLabel component="legend" sx={{ fontSize: '0.8125rem' }}>
          {t('states')}
        </FormLabel>
        <FormGroup row>
          {ended.map((status) => (
            <FormControlLabel
              key={status}
              control={
                <Checkbox
                  size="small"
                  checked={filter.status?.includes(status) ?? false}
                  onChange={(_, on) => toggle(status, on)}
                />
              }
              label={<StatusChip status={status} />}
            />
          ))}
        </FormGroup>
      </FormControl>
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr', lg: '1fr 1fr 1fr' } }}>
        <InstantField label={t('since')} value={filter.since} onChange={(since) => onChange({ since })} />
        <InstantField
          label={t('until')}
          value={filter.until}
          onChange={(until) => onChange({ until })}
          error={wrong}
          helperText={wrong ? t('range') : undefined}
        />
        <TextField
          select
          label={fields('error_code')}
          value={filter.code ?? ''}
          onChange={(e) => onChange({ code: codes.find((c) => c === e.target.value) ?? null })}
          slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
        >
          <MenuItem value="">{t('anyCode')}</MenuItem>
          {codes.map((code) => (
            <MenuItem key={code} value={code} className="mono">
              {code}
            </MenuItem>
          ))}
        </TextField>
        <SettledField
          label={fields('D_servicename')}
          value={filter.service ?? ''}
          onChange={(text) => onChange({ service: text || null })}
          {...text}
        />
        <SettledField
          label={fields('push_grp_id')}
          value={filter.group ?? ''}
          onChange={(text) => onChange({ group: text || null })}
          {...text}
        />
        <SettledField
          label={fields('csno')}
          value={filter.csno ?? ''}
          onChange={(text) => onChange({ csno: text || null })}
          helperText={t('csnoHint')}
          {...text}
        />
      </Box>
    </Box>
  );
}
