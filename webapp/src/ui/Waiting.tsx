import Box from '@mui/material/Box';
import { useCommon } from '../i18n/common';

/** Stands where something is still being loaded. */
export function Waiting() {
  const t = useCommon();
  return <Box role="progressbar" aria-label={t('loading')} sx={{ height: 2, bgcolor: 'primary.main', opacity: 0.4 }} />;
}
