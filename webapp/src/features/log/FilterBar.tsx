import CancelIcon from '@mui/icons-material/Cancel';
import TuneIcon from '@mui/icons-material/Tune';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import MenuItem from '@mui/material/MenuItem';
import Popover from '@mui/material/Popover';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import { memo, type RefObject, useCallback, useState } from 'react';
import { codes } from '../../push/codes';
import { useFieldText } from '../../push/fields';
import { TimeRange } from '../../ui/TimeRange';
import type { LogChange, LogState } from '../../url/log';
import { type Asked, noFilter } from './filter';
import { SearchBox } from './SearchBox';
import { StatusFilter } from './StatusFilter';
import { useLogText } from './text';

type Props = {
  state: Pick<LogState, 'status' | 'range' | 'since' | 'until' | 'service' | 'group' | 'code'>;
  asked: Asked | null | undefined;
  searching: boolean;
  filtered: boolean;
  counts?: { [status: string]: number };
  field: RefObject<HTMLInputElement | null>;
  onSearch: (asked: Asked) => void;
  onChange: (part: LogChange) => void;
};

/** Everything that narrows the log. */
export const FilterBar = memo(function FilterBar({
  state,
  asked,
  searching,
  filtered,
  counts,
  field,
  onSearch,
  onChange,
}: Props) {
  const t = useLogText();
  const name = useFieldText();
  const clearSearch = useCallback(
    () => onChange({ search: null, column: null, contains: null, equals: null }),
    [onChange],
  );
  const setStatus = useCallback((status: LogState['status']) => onChange({ status }), [onChange]);
  const chips = [
    { key: 'service', label: name('D_servicename'), value: state.service },
    { key: 'group', label: name('push_grp_id'), value: state.group },
    { key: 'code', label: name('error_code'), value: state.code },
  ] as const;
  return (
    <Stack component="section" aria-label={t('filters')} sx={{ gap: 1.25, p: { xs: 1.5, sm: 2 } }}>
      <Box sx={{ display: 'flex', gap: 1.25, flexWrap: 'wrap', alignItems: 'center' }}>
        <SearchBox asked={asked} busy={searching} field={field} onSearch={onSearch} onClear={clearSearch} />
        <TimeRange range={state.range} since={state.since} until={state.until} onChange={onChange} />
      </Box>
      <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
        <StatusFilter chosen={state.status ?? []} counts={counts} onChange={setStatus} />
        {chips.map(
          ({ key, label, value }) =>
            value && (
              <Chip
                key={key}
                label={`${label}: ${value}`}
                onDelete={() => onChange({ [key]: null })}
                deleteIcon={<CancelIcon aria-label={t('remove', { what: label })} role="button" />}
              />
            ),
        )}
        <More state={state} onChange={onChange} />
        {filtered && (
          <Button size="small" onClick={() => onChange(noFilter)}>
            {t('clear')}
          </Button>
        )}
      </Box>
    </Stack>
  );
});

/** Service, group and error code. */
function More({ state, onChange }: Pick<Props, 'state' | 'onChange'>) {
  const t = useLogText();
  const name = useFieldText();
  const [at, setAt] = useState<HTMLElement | null>(null);
  const [service, setService] = useState('');
  const [group, setGroup] = useState('');
  const [code, setCode] = useState<LogState['code'] | ''>('');
  const open = (button: HTMLElement) => {
    setService(state.service ?? '');
    setGroup(state.group ?? '');
    setCode(state.code ?? '');
    setAt(button);
  };
  return (
    <>
      <Button size="small" startIcon={<TuneIcon />} aria-haspopup="dialog" onClick={(e) => open(e.currentTarget)}>
        {t('moreFilters')}
      </Button>
      <Popover
        open={at !== null}
        anchorEl={at}
        onClose={() => setAt(null)}
        anchorOrigin={{ vertical: 'bottom', horizontal: 'left' }}
        slotProps={{ paper: { role: 'dialog', 'aria-label': t('moreFilters') } }}
      >
        <Stack
          component="form"
          onSubmit={(e) => {
            e.preventDefault();
            setAt(null);
            onChange({ service: service.trim() || null, group: group.trim() || null, code: code || null });
          }}
          sx={{ p: 2, gap: 2, width: 280 }}
        >
          <TextField
            label={name('D_servicename')}
            value={service}
            onChange={(e) => setService(e.target.value)}
            autoFocus
            slotProps={{ htmlInput: { maxLength: 128 } }}
          />
          <TextField
            label={name('push_grp_id')}
            value={group}
            onChange={(e) => setGroup(e.target.value)}
            slotProps={{ htmlInput: { maxLength: 128 } }}
          />
          <TextField
            select
            label={name('error_code')}
            value={code}
            onChange={(e) => setCode(e.target.value as LogState['code'])}
            slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
          >
            <MenuItem value="">{t('anyCode')}</MenuItem>
            {codes.map((c) => (
              <MenuItem key={c} value={c}>
                {c}
              </MenuItem>
            ))}
          </TextField>
          <Button type="submit" variant="contained">
            {t('apply')}
          </Button>
        </Stack>
      </Popover>
    </>
  );
}
