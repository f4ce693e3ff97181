import Box from '@mui/material/Box';
import Chip from '@mui/material/Chip';
import { serverNow } from '../../time/clock';
import { Time } from '../../ui/Time';
import { useSettingsText } from './text';

/** How long before its end a token is marked, in ms. */
const soon = 14 * 86_400_000;

type Owned = { expires_at?: string; expired: boolean; stopped: boolean };

/** When a token ends, and whether it works. */
export function Standing({ of }: { of: Owned }) {
  const t = useSettingsText();
  const near = of.expires_at !== undefined && !of.expired && Date.parse(of.expires_at) - serverNow() < soon;
  return (
    <Box component="span" sx={{ display: 'inline-flex', gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
      {of.expires_at === undefined ? t('noEnd') : <Time at={of.expires_at} detail="minute" />}
      {of.expired && <Chip size="small" color="error" variant="outlined" label={t('expired')} />}
      {near && <Chip size="small" color="warning" variant="outlined" label={t('soon')} />}
      {of.stopped && <Chip size="small" color="error" variant="outlined" label={t('stopped')} />}
    </Box>
  );
}
