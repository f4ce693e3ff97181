import PauseIcon from '@mui/icons-material/Pause';
import PlayIcon from '@mui/icons-material/PlayArrow';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useLiveState } from '../live/LiveProvider';
import { useAppText } from './text';

const colours = {
  live: 'success.main',
  connecting: 'text.secondary',
  lost: 'error.main',
  paused: 'warning.main',
} as const;

/** Says whether the page is in touch with what happens, and pauses it. */
export function LiveButton() {
  const t = useAppText();
  const { state, paused, setPaused } = useLiveState();
  return (
    <Button
      color="inherit"
      size="small"
      title={t(paused ? 'resume' : 'pause')}
      aria-pressed={paused}
      aria-label={`${t(`state.${state}`)}: ${t(paused ? 'resume' : 'pause')}`}
      data-live={state}
      onClick={() => setPaused(!paused)}
      startIcon={<Box component="span" sx={{ width: 8, height: 8, borderRadius: 4, bgcolor: colours[state] }} />}
      endIcon={paused ? <PlayIcon /> : <PauseIcon />}
    >
      {t(`state.${state}`)}
    </Button>
  );
}
