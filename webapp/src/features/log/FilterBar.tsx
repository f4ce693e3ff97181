import CancelIcon from '@mui/icons-material/Cancel';
import TuneIcon from '@mui/icons-material/Tune';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import Popover from '@mui/material/Popover';
import Stack from '@mui/material/Stack';
import { lazy, memo, type RefObject, Suspense, useCallback, useState } from 'react';
import { useFieldText } from '../../push/fields';
import { useTime } from '../../time/useTime';
import { TimeRange } from '../../ui/TimeRange';
import type { LogChange, LogState } from '../../url/log';
import { type Asked, type MoreState, noFilter, ranges } from './filter';
import { SearchBox } from './SearchBox';
import { StatusFilter } from './StatusFilter';
import { useLogText } from './text';

const more = () => import('./MoreFilters');
const MoreFilters = lazy(more);

type Props = {
  state: MoreState & Pick<LogState, 'status' | 'range' | 'since' | 'until'>;
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
  const time = useTime();
  const clearSearch = useCallback(
    () => onChange({ search: null, column: null, contains: null, equals: null }),
    [onChange],
  );
  const setStatus = useCallback((status: LogState['status']) => onChange({ status }), [onChange]);
  const chips = [
    { key: 'service', label: name('D_servicename'), value: state.service },
    { key: 'group', label: name('push_grp_id'), value: state.group },
    { key: 'code', label: name('error_code'), value: state.code },
    { key: 'sent', label: name('fcm_send_yn'), value: state.sent },
  ] as const;
  const end = (at: string | null) => (at ? time.format(at, 'minute') : '…');
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
        {ranges.map(
          ({ column, ends: [from, to] }) =>
            (state[from] || state[to]) && (
              <Chip
                key={column}
                label={`${name(column)}: ${end(state[from])} – ${end(state[to])}`}
                onDelete={() => onChange({ [from]: null, [to]: null })}
                deleteIcon={<CancelIcon aria-label={t('remove', { what: name(column) })} role="button" />}
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

/** Opens the rest of the filters. */
function More({ state, onChange }: Pick<Props, 'state' | 'onChange'>) {
  const t = useLogText();
  const [at, setAt] = useState<HTMLElement | null>(null);
  return (
    <>
      <Button
        size="small"
        startIcon={<TuneIcon />}
        aria-haspopup="dialog"
        onPointerEnter={() => void more().catch(() => undefined)} // soon wanted
        onClick={(e) => setAt(e.currentTarget)}
      >
        {t('moreFilters')}
      </Button>
      <Popover
        open={at !== null}
        anchorEl={at}
        onClose={() => setAt(null)}
        anchorOrigin={{ vertical: 'bottom', horizontal: 'left' }}
        slotProps={{ paper: { role: 'dialog', 'aria-label': t('moreFilters') } }}
      >
        {at && (
          <Suspense>
            <MoreFilters
              state={{
                service: state.service,
                group: state.group,
                code: state.code,
                sent: state.sent,
                sent_since: state.sent_since,
                sent_until: state.sent_until,
                reserved_since: state.reserved_since,
                reserved_until: state.reserved_until,
              }}
              onApply={(part) => {
                setAt(null);
                onChange(part);
              }}
            />
          </Suspense>
        )}
      </Popover>
    </>
  );
}
