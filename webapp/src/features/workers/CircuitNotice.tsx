import Alert from '@mui/material/Alert';
import Typography from '@mui/material/Typography';
import type { Schemas } from '../../api/client';
import { useHoldText } from '../../push/holds';
import { Time } from '../../ui/Time';
import type { Worker } from './model';
import { useWorkersText } from './text';

/** Why a process has stepped back: it does not get through to FCM, and others do its work. */
export function CircuitNotice({ worker, circuit }: { worker: Worker; circuit: Schemas['Circuit'] }) {
  const t = useWorkersText();
  const say = useHoldText();
  return (
    <Alert severity="error" variant="outlined" sx={{ '& .MuiAlert-message': { minWidth: 0 } }}>
      <Typography variant="body2" sx={{ fontWeight: 700 }}>
        {t(`circuit.${circuit.reason}`)}
      </Typography>
      <Typography variant="body2">
        {t('circuitSince')} <Time at={circuit.since} /> · {t('circuitTokens', { n: circuit.tokens })}
      </Typography>
      <Typography variant="body2" sx={{ mt: 0.5 }}>
        {t('circuitHelp')} {say(`${circuit.reason}.mend`)}
      </Typography>
      <Typography variant="body2" sx={{ mt: 0.5, color: 'text.secondary', overflowWrap: 'anywhere' }}>
        {worker.consumer} · <code>{circuit.code}</code>
        {circuit.detail && <span lang="en"> {circuit.detail}</span>}
      </Typography>
    </Alert>
  );
}
