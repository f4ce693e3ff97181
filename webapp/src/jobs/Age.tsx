import Alert from '@mui/material/Alert';
import Typography from '@mui/material/Typography';
import { serverNow } from '../time/clock';
import { useTime } from '../time/useTime';
import { roughAge } from './job';
import { useJobText } from './text';

type Props = {
  /** When the oldest of some pushes was accepted. */
  oldest?: string;
  /** How many of them are past their ttl, if they are to be sent again. */
  pastTTL?: number;
  /** Whether there may be more of those. */
  least?: boolean;
};

/** How old some pushes are, and a warning if they are older than they were to be of use. */
export function Age({ oldest, pastTTL = 0, least = false }: Props) {
  const t = useJobText();
  const time = useTime();
  if (!oldest) return null;
  const { unit, n } = roughAge(serverNow() - Date.parse(oldest));
  return (
    <>
      <Typography>{t('oldest', { at: time.format(oldest), age: t(`age.${unit}`, { count: n }) })}</Typography>
      {pastTTL > 0 && <Alert severity="warning">{t(least ? 'pastLeast' : 'past', { count: pastTTL })}</Alert>}
    </>
  );
}
