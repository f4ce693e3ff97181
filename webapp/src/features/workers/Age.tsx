import { useNow } from '../../live/useNow';
import { formatAge } from '../../time/format';
import { silence, type Worker } from './model';
import { useWorkersText } from './text';

/** How long ago a process gave its last sign, ticking; readAt is when the API was asked, by its own clock. */
export function Age({ worker, readAt }: { worker: Worker; readAt: number }) {
  const t = useWorkersText();
  const ms = silence(worker, readAt, useNow());
  return <>{t('ago', { span: formatAge(ms) })}</>;
}
