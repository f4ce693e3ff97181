import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import Stack from '@mui/material/Stack';
import { useFailedText } from './text';

type Props = {
  count: number;
  run: { of: number; done: number } | null;
  onRedrive: () => void;
  onClear: () => void;
  onStop: () => void;
};

/** What can be done with the selected pushes; while they are redriven, how far that is. */
export function Selection({ count, run, onRedrive, onClear, onStop }: Props) {
  const t = useFailedText();
  if (run) {
    return (
      <Stack direction="row" role="status" sx={{ alignItems: 'center', gap: 1.5 }}>
        <LinearProgress
          aria-label={t('redrive')}
          variant="determinate"
          value={(100 * run.done) / run.of}
          sx={{ width: 160, height: 6, borderRadius: 3 }}
        />
        {t('working', { done: run.done, of: run.of })}
        {run.of > 1 && (
          <Button size="small" color="inherit" onClick={onStop}>
            {t('stopRest')}
          </Button>
        )}
      </Stack>
    );
  }
  return (
    <Stack direction="row" sx={{ alignItems: 'center', gap: 1.5, flexWrap: 'wrap' }}>
      <b>{t('selected', { count })}</b>
      <Button size="small" variant="contained" onClick={onRedrive}>
        {t('redriveSelected', { count })}
      </Button>
      <Button size="small" color="inherit" onClick={onClear}>
        {t('clear')}
      </Button>
    </Stack>
  );
}
