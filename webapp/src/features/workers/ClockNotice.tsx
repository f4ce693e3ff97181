import Alert from '@mui/material/Alert';
import { clockOf, type Worker } from './model';
import { useWorkersText } from './text';

/** That the clocks of a process and of Redis differ; nothing if they agree. */
export function ClockNotice({ worker: w }: { worker: Worker }) {
  const t = useWorkersText();
  const clock = clockOf(w);
  if (clock.state === 'ok') return null;
  return (
    <Alert severity={clock.state === 'far' ? 'error' : 'warning'}>
      {t(clock.ahead ? 'clock.ahead' : 'clock.behind', { n: clock.seconds })}{' '}
      {t(clock.state === 'far' ? 'clock.far' : 'clock.help')}
    </Alert>
  );
}
