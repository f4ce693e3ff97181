import Box from '@mui/material/Box';
import LinearProgress from '@mui/material/LinearProgress';
import { useCommon } from '../i18n/common';

/** A thin bar while data is fetched again; it takes its room all the time. */
export function ThinBar({ busy }: { busy: boolean }) {
  const t = useCommon();
  return <Box sx={{ height: 2 }}>{busy && <LinearProgress aria-label={t('loading')} sx={{ height: 2 }} />}</Box>;
}
