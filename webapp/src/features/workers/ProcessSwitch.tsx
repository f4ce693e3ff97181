import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { useMay } from '../../api/session';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { ErrorText } from '../../ui/ErrorText';
import { useToast } from '../../ui/Toast';
import { type Group, replace, type Workers } from './model';
import { useWorkersText } from './text';
import { workersKey } from './useWorkers';

type Props = {
  group: Group;
  /** All are paused: the switch would change nothing. */
  locked: boolean;
  /** Nothing is sent any more without it. */
  last: boolean;
};

/** What the processes of a name are to do. It moves at once, and back if the API refuses. */
export function ProcessSwitch({ group, locked, last }: Props) {
  const t = useWorkersText();
  const may = useMay('control');
  const say = useToast();
  const queries = useQueryClient();
  const [asks, setAsks] = useState(false);
  const { name } = group;
  const desire = api.useMutation('put', '/api/v1/workers/{name}/desired', {
    scope: { id: `worker ${name}` }, // one after the other
    onSuccess: (answer, { body }) => {
      queries.setQueryData<Workers>(workersKey, (known) => known && replace(known, name, answer));
      void queries.invalidateQueries({ queryKey: workersKey });
      setAsks(false);
      say(t(body.desired === 'running' ? 'turnedOn' : 'turnedOff', { name }));
    },
  });
  const wanted = desire.isPending ? desire.variables.body.desired : group.desired;
  const order = (desired: Group['desired'], reason = '') =>
    desire.mutate({ params: { path: { name } }, body: reason ? { desired, reason } : { desired } });

  const on = wanted === 'running';
  const shared = group.processes.length;
  return (
    <Box>
      {may ? (
        <FormControlLabel
          label={<Typography sx={{ fontWeight: 600, fontSize: '0.875rem' }}>{t('processOn')}</Typography>}
          control={
            <Switch
              checked={on}
              disabled={locked}
              onChange={(_, checked) => {
                if (!checked && last) {
                  desire.reset();
                  setAsks(true);
                } else order(checked ? 'running' : 'paused');
              }}
              slotProps={{ input: { 'aria-label': t('switchOf', { name }) } }}
            />
          }
        />
      ) : (
        <Typography variant="body2" sx={{ minHeight: 38, display: 'flex', alignItems: 'center', gap: 1 }}>
          {t('processOn')} <b>{t(on ? 'on' : 'off')}</b>
        </Typography>
      )}
      {locked && may && <Hint>{t('lockedByAll')}</Hint>}
      {shared > 1 && <Hint>{t('shared', { count: shared })}</Hint>}
      {desire.error && !asks && (
        <Alert severity="error" onClose={() => desire.reset()} sx={{ mt: 1 }}>
          {t('refused', { name })} <ErrorText error={desire.error} />
        </Alert>
      )}
      <ConfirmDialog
        open={asks}
        title={t('lastTitle')}
        verb={t('turnOff', { name })}
        danger
        reason="optional"
        busy={desire.isPending}
        error={desire.error}
        onConfirm={(reason) => order('paused', reason)}
        onClose={() => {
          setAsks(false);
          desire.reset();
        }}
      >
        <Typography>{t('lastBody', { name })}</Typography>
        <Typography>{t('waits')}</Typography>
      </ConfirmDialog>
    </Box>
  );
}

function Hint({ children }: { children: string }) {
  return (
    <Typography variant="caption" component="p" sx={{ color: 'text.secondary' }}>
      {children}
    </Typography>
  );
}
