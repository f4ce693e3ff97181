import PauseIcon from '@mui/icons-material/Pause';
import PlayIcon from '@mui/icons-material/PlayArrow';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { ErrorText } from '../../ui/ErrorText';
import { useToast } from '../../ui/Toast';
import { useWorkersText } from './text';
import { workersKey } from './useWorkers';

/** Pauses all processes, or resumes them. */
export function AllSwitch({ paused, processes }: { paused: boolean; processes: number }) {
  const t = useWorkersText();
  const say = useToast();
  const queries = useQueryClient();
  const [asks, setAsks] = useState(false);
  const desire = api.useMutation('put', '/api/v1/workers/desired', {
    onSuccess: (answer, { body }) => {
      queries.setQueryData(workersKey, answer);
      setAsks(false);
      say(t(body.desired === 'running' ? 'resumedAll' : 'pausedAll'));
    },
  });
  if (paused) {
    return (
      <Button
        variant="contained"
        startIcon={<PlayIcon />}
        loading={desire.isPending}
        onClick={() =>
          desire.mutate({ body: { desired: 'running' } }, { onError: (e) => say(<ErrorText error={e} />, 'error') })
        }
      >
        {t('resumeAll')}
      </Button>
    );
  }
  return (
    <>
      <Button
        variant="outlined"
        color="inherit"
        startIcon={<PauseIcon />}
        onClick={() => {
          desire.reset();
          setAsks(true);
        }}
      >
        {t('pauseAll')}
      </Button>
      <ConfirmDialog
        open={asks}
        title={t('pauseAllTitle')}
        verb={t('pauseAllVerb', { count: processes })}
        danger
        reason="optional"
        busy={desire.isPending}
        error={desire.error}
        onConfirm={(reason) => desire.mutate({ body: reason ? { desired: 'paused', reason } : { desired: 'paused' } })}
        onClose={() => setAsks(false)}
      >
        <Typography>{t('pauseAllBody')}</Typography>
        <Typography>{t('waits')}</Typography>
      </ConfirmDialog>
    </>
  );
}
