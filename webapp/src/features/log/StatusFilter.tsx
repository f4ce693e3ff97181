import Chip from '@mui/material/Chip';
import Stack from '@mui/material/Stack';
import { memo } from 'react';
import { formatNumber } from '../../i18n/texts';
import { type Status, StatusIcon, statuses, useStatusText } from '../../push/status';
import { useLogText } from './text';

type Props = {
  chosen: readonly Status[];
  /** How many there are of each in the whole log, if it is known. */
  counts?: { [status: string]: number };
  onChange: (chosen: Status[] | null) => void;
};

/** States to show; none chosen is all. */
export const StatusFilter = memo(function StatusFilter({ chosen, counts, onChange }: Props) {
  const t = useLogText();
  const word = useStatusText();
  return (
    <Stack direction="row" role="group" aria-label={t('status')} sx={{ gap: 0.75, flexWrap: 'wrap' }}>
      {statuses.map((s) => {
        const on = chosen.includes(s);
        const n = counts?.[s];
        return (
          <Chip
            key={s}
            clickable
            variant="outlined"
            aria-pressed={on}
            icon={<StatusIcon status={s} />}
            label={
              <>
                {word(s)}
                {n !== undefined && ` ${formatNumber(n)}`}
              </>
            }
            onClick={() => {
              const next = on ? chosen.filter((c) => c !== s) : [...chosen, s];
              onChange(next.length > 0 ? statuses.filter((c) => next.includes(c)) : null);
            }}
            sx={{
              color: `status.${s}`,
              fontWeight: on ? 700 : 500,
              borderColor: on ? `status.${s}` : 'divider',
              bgcolor: on ? 'action.selected' : 'background.paper',
              '& .MuiChip-icon': { color: 'inherit', fontSize: '1.05rem' },
            }}
          />
        );
      })}
    </Stack>
  );
});
