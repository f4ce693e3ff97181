import Typography from '@mui/material/Typography';
import { api } from '../../api/client';
import { refusalOf } from '../../push/refusal';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { useToast } from '../../ui/Toast';
import type { DialogProps } from './actions';
import { Subject } from './Subject';
import { useScheduledText } from './text';

/** Asks before a push that waits is sent now, or cancelled. */
export function ChangeDialog({ action, due, onClose, onFate, onRefused }: { action: 'send' | 'cancel' } & DialogProps) {
  const t = useScheduledText();
  const say = useToast();
  const { id, status } = due.push;
  const send = api.useMutation('post', '/api/v1/pushes/{id}/send-now');
  const cancel = api.useMutation('post', '/api/v1/pushes/{id}/cancel');
  const change = action === 'send' ? send : cancel;
  const refusal = refusalOf(change.error);
  return (
    <ConfirmDialog
      open
      title={t(`${action}.title`)}
      verb={t(`${action}.verb`)}
      danger={action === 'cancel'}
      reason="optional"
      busy={change.isPending}
      disabled={refusal !== null}
      error={refusal ? undefined : change.error}
      onClose={onClose}
      onConfirm={(reason) =>
        change.mutate(
          { params: { path: { id } }, body: reason ? { reason } : {} },
          {
            onSuccess: () => {
              say(t(`done.${action}`));
              onFate(id, { status: action === 'send' ? 'queued' : 'cancelled' });
              onClose();
            },
            onError: (error) => {
              if (refusalOf(error)) void onRefused(id);
            },
          },
        )
      }
    >
      <Subject due={due} refusal={refusal} />
      <Typography>{t(`${action}.${status === 'retrying' ? 'retrying' : 'scheduled'}`)}</Typography>
    </ConfirmDialog>
  );
}
