import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import Typography from '@mui/material/Typography';
import { useMay } from '../../api/session';
import { WorkerChip } from '../../push/workers';
import { CardFrame } from './ProcessCard';
import { useWorkersText } from './text';

/** The server that answers this page; nobody can switch it off here. */
export function WebServerCard() {
  const t = useWorkersText();
  const may = useMay('control');
  return (
    <CardFrame name={t('server')} chip={<WorkerChip state="running" />} place={`${location.host} · ${t('serverRole')}`}>
      {may && (
        <FormControlLabel
          label={<Typography sx={{ fontWeight: 600, fontSize: '0.875rem' }}>{t('processOn')}</Typography>}
          control={
            <Switch
              checked
              disabled
              slotProps={{
                input: { 'aria-label': t('switchOf', { name: t('server') }), 'aria-describedby': 'server-locked' },
              }}
            />
          }
        />
      )}
      <Typography id="server-locked" variant="body2" sx={{ color: 'text.secondary' }}>
        {t('serverLocked')}
      </Typography>
    </CardFrame>
  );
}
