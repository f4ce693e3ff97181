import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useAuditText } from './text';

type Props = {
  shown: number;
  /** undefined: there is none. */
  onNewest: (() => void) | undefined;
  onNewer: (() => void) | undefined;
  onOlder: (() => void) | undefined;
};

/** Pages of a log that has no page numbers: it only ever grows at its newer end. */
export function AuditPager({ shown, onNewest, onNewer, onOlder }: Props) {
  const t = useAuditText();
  return (
    <Box
      component="nav"
      aria-label={t('pages')}
      sx={{ display: 'flex', alignItems: 'center', gap: 1, mt: 1.5, flexWrap: 'wrap' }}
    >
      <Typography variant="body2" sx={{ color: 'text.secondary', flex: 1 }}>
        {t('shown', { count: shown })}
      </Typography>
      <Button size="small" onClick={onNewest} disabled={!onNewest}>
        {t('newest')}
      </Button>
      <Button size="small" onClick={onNewer} disabled={!onNewer}>
        {t('newer')}
      </Button>
      <Button size="small" variant="outlined" onClick={onOlder} disabled={!onOlder}>
        {t('older')}
      </Button>
    </Box>
  );
}
