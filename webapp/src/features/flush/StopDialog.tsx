import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { useToast } from '../../ui/Toast';
import { useFlushText } from './text';

const currentKey = api.queryOptions('get', '/api/v1/flushes/current').queryKey;

/** Asks before a running flush is stopped. */
export function StopDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useFlushText();
  const say = useToast();
  const queries = useQueryClient();
  const stop = api.useMutation('post', '/api/v1/flushes/current/cancel', {
    onSuccess: (flush) => {
      queries.setQueryData(currentKey, { flush });
      onClose();
      say(t('stopped'));
    },
    onError: () => void queries.invalidateQueries({ queryKey: currentKey }),
  });
  return (
    <ConfirmDialog
      open={open}
      title={t('stopTitle')}
      verb={t('stopVerb')}
      danger
      reason="optional"
      busy={stop.isPending}
      error={stop.error}
      onConfirm={(reason) => stop.mutate({ body: reason ? { reason } : {} })}
      onClose={() => {
        stop.reset();
        onClose();
      }}
    >
      <Typography>{t('stopText')}</Typography>
    </ConfirmDialog>
  );
}
