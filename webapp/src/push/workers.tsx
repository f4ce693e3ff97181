import CircuitOpenIcon from '@mui/icons-material/ErrorOutlineOutlined';
import AbsentIcon from '@mui/icons-material/HighlightOffOutlined';
import DrainingIcon from '@mui/icons-material/HourglassBottomOutlined';
import LostIcon from '@mui/icons-material/LinkOff';
import PausedIcon from '@mui/icons-material/PauseCircleOutlined';
import RunningIcon from '@mui/icons-material/PlayCircleOutlined';
import Box from '@mui/material/Box';
import type { SvgIconProps } from '@mui/material/SvgIcon';
import { type ComponentType, memo } from 'react';
import type { Schemas } from '../api/client';
import { texts } from '../i18n/texts';

/** What a process of ours does. absent: it is paused by a name, and none of that name runs. */
export type WorkerState = Schemas['Worker']['state'] | 'absent';

export const useWorkerText = texts(
  'workerStates',
  {
    running: '실행 중',
    draining: '마무리 중',
    paused: '멈춤',
    circuit_open: '발송 중단',
    lost: '응답 없음',
    absent: '실행 안 됨',
    left: '{{n}}건 남음',
  },
  {
    running: 'Running',
    draining: 'Draining',
    paused: 'Paused',
    circuit_open: 'Circuit open',
    lost: 'Lost',
    absent: 'Not running',
    left: '{{n}} left',
  },
);

const looks: Record<WorkerState, { icon: ComponentType<SvgIconProps>; color: string }> = {
  running: { icon: RunningIcon, color: 'success.main' },
  draining: { icon: DrainingIcon, color: 'warning.main' },
  paused: { icon: PausedIcon, color: 'text.secondary' },
  circuit_open: { icon: CircuitOpenIcon, color: 'error.main' },
  lost: { icon: LostIcon, color: 'error.main' },
  absent: { icon: AbsentIcon, color: 'text.secondary' },
};

/** What a process is doing: an icon, a word and a colour; left is how many pushes it has yet to finish. */
export const WorkerChip = memo(function WorkerChip({ state, left = 0 }: { state: WorkerState; left?: number }) {
  const t = useWorkerText();
  const { icon: Icon, color } = looks[state];
  return (
    <Box
      component="span"
      data-state={state}
      sx={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 0.5,
        fontWeight: 600,
        fontSize: '0.8125rem',
        whiteSpace: 'nowrap',
        color,
      }}
    >
      <Icon sx={{ fontSize: '1.1rem' }} />
      {t(state)}
      {left > 0 && ` · ${t('left', { n: left })}`}
    </Box>
  );
});
