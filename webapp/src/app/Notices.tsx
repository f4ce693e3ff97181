import Stack from '@mui/material/Stack';
import { lazy, Suspense } from 'react';
import { useLiveState } from '../live/LiveProvider';
import { clockError } from '../time/clock';
import { useNewVersion } from './version';

const NoticeList = lazy(() => import('./NoticeList'));

/** How wrong this machine's clock must be to be worth a notice, in ms. */
const tolerance = 30_000;

/** What the reader must know of the page itself. */
export function Notices() {
  const { state } = useLiveState();
  const newer = useNewVersion();
  const wrong = Math.abs(clockError());
  const clock = wrong > tolerance ? wrong : 0;
  const any = newer || clock > 0 || state === 'lost' || state === 'paused';
  return (
    <Stack aria-live="polite">
      {any && (
        <Suspense>
          <NoticeList newer={newer} state={state} clock={clock} />
        </Suspense>
      )}
    </Stack>
  );
}
