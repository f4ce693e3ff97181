import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { memo, useState } from 'react';
import { useCommon } from '../../../i18n/common';
import { InstantField } from '../../../ui/InstantField';
import { SettledField } from '../../../ui/SettledField';
import { ActionSelect } from './ActionSelect';
import { type AuditFilter, isFiltered, isRange, kinds, outcomes, ranges } from './filter';
import { useAuditText, useKindText, useOutcomeText } from './text';

type Props = { filter: AuditFilter; onChange: (change: Partial<AuditFilter>) => void; onClear: () => void };

const shrunk = { select: { displayEmpty: true }, inputLabel: { shrink: true } };

/** Which entries are shown. */
export const AuditFilters = memo(function AuditFilters({ filter, onChange, onClear }: Props) {
  const t = useAuditText();
  const common = useCommon();
  const kind = useKindText();
  const outcome = useOutcomeText();
  const given = filter.since !== null || filter.until !== null;
  const [typing, setTyping] = useState(false);
  const custom = !filter.range && (given || typing);
  const wrong = !isRange(filter);
  const chooseRange = (text: string) => {
    setTyping(text === 'custom');
    const range = ranges.find((r) => r === text) ?? null;
    onChange(text === 'custom' ? { range } : { range, since: null, until: null });
  };
  return (
    <Box
      role="search"
      aria-label={t('filters')}
      sx={{
        display: 'grid',
        gap: 1.5,
        mb: 1.5,
        alignItems: 'start',
        gridTemplateColumns: { xs: '1fr 1fr', sm: 'repeat(3, 1fr)', lg: 'repeat(6, 1fr)' },
      }}
    >
      <SettledField
        label={t('actor')}
        value={filter.actor ?? ''}
        onChange={(text) => onChange({ actor: text || null })}
        placeholder={t('actorHint')}
        slotProps={{ htmlInput: { maxLength: 128 } }}
      />
      <TextField
        select
        label={t('kind')}
        value={filter.kind ?? ''}
        onChange={(e) => onChange({ kind: kinds.find((k) => k === e.target.value) ?? null })}
        slotProps={shrunk}
      >
        <MenuItem value="">{common('all')}</MenuItem>
        {kinds.map((k) => (
          <MenuItem key={k} value={k}>
            {kind(k)}
          </MenuItem>
        ))}
      </TextField>
      <ActionSelect value={filter.actions} onChange={(some) => onChange({ actions: some })} />
      <SettledField
        label={t('customer')}
        value={filter.customer ?? ''}
        onChange={(text) => onChange({ customer: text || null })}
        placeholder={t('customerHint')}
        slotProps={{ htmlInput: { maxLength: 128 } }}
      />
      <TextField
        select
        label={t('outcome')}
        value={filter.outcome ?? ''}
        onChange={(e) => onChange({ outcome: outcomes.find((o) => o === e.target.value) ?? null })}
        slotProps={shrunk}
      >
        <MenuItem value="">{common('all')}</MenuItem>
        {outcomes.map((o) => (
          <MenuItem key={o} value={o}>
            {outcome(o)}
          </MenuItem>
        ))}
      </TextField>
      <TextField
        select
        label={t('range')}
        value={filter.range ?? (custom ? 'custom' : '')}
        onChange={(e) => chooseRange(e.target.value)}
        slotProps={shrunk}
      >
        <MenuItem value="">{t('anyTime')}</MenuItem>
        {ranges.map((r) => (
          <MenuItem key={r} value={r}>
            {t(`range.${r}`)}
          </MenuItem>
        ))}
        <MenuItem value="custom">{t('custom')}</MenuItem>
      </TextField>
      {custom && (
        <Box
          sx={{
            gridColumn: { xs: '1 / -1', lg: 'span 4' },
            display: 'grid',
            gap: 1.5,
            gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' },
          }}
        >
          <InstantField label={t('since')} value={filter.since} onChange={(since) => onChange({ since })} />
          <InstantField
            label={t('until')}
            value={filter.until}
            onChange={(until) => onChange({ until })}
            error={wrong}
            helperText={wrong ? t('wrongRange') : undefined}
          />
        </Box>
      )}
      {isFiltered(filter) && (
        <Button
          onClick={() => {
            setTyping(false);
            onClear();
          }}
          sx={{ justifySelf: 'start' }}
        >
          {t('clear')}
        </Button>
      )}
    </Box>
  );
});
