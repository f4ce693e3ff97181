import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Popover from '@mui/material/Popover';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import { memo, useState } from 'react';
import { useTime } from '../time/useTime';
import { type LogState, type Preset, presets } from '../url/log';
import { Ends } from './Ends';
import { usePeriodText } from './periodText';

export type Times = Pick<LogState, 'range' | 'since' | 'until'>;

/** All, the last so many hours, or from and to. */
export const TimeRange = memo(function TimeRange({
  range,
  since,
  until,
  onChange,
}: Times & { onChange: (times: Times) => void }) {
  const t = usePeriodText();
  const time = useTime();
  const [at, setAt] = useState<HTMLElement | null>(null);
  const custom = !range && (since || until);
  const chosen = range ?? (custom ? 'custom' : 'all');
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, flexWrap: 'wrap', maxWidth: '100%' }}>
      <ToggleButtonGroup
        exclusive
        size="small"
        aria-label={t('period')}
        value={chosen}
        onChange={(e, next: Preset | 'all' | 'custom' | null) => {
          const pressed = next ?? chosen;
          if (pressed === 'custom') setAt(e.currentTarget as HTMLElement);
          else if (next) onChange({ range: next === 'all' ? null : (next as Preset), since: null, until: null });
        }}
        sx={{ overflowX: 'auto', maxWidth: '100%', '& button': { px: 1.25, py: 0.5, whiteSpace: 'nowrap' } }}
      >
        {(['all', ...presets, 'custom'] as const).map((p) => (
          <ToggleButton key={p} value={p} aria-haspopup={p === 'custom' ? 'dialog' : undefined}>
            {p === 'custom' && custom
              ? `${since ? time.format(since, 'minute') : '…'} – ${until ? time.format(until, 'minute') : '…'}`
              : t(p)}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <Popover
        open={at !== null}
        anchorEl={at}
        onClose={() => setAt(null)}
        anchorOrigin={{ vertical: 'bottom', horizontal: 'left' }}
        slotProps={{ paper: { role: 'dialog', 'aria-label': t('custom') } }}
      >
        <Ends
          since={since}
          until={until}
          onApply={(ends) => {
            setAt(null);
            onChange({ range: null, ...ends });
          }}
        />
      </Popover>
      {custom && (
        <Button size="small" onClick={() => onChange({ range: null, since: null, until: null })}>
          {t('all')}
        </Button>
      )}
    </Box>
  );
});
