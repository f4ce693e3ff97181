import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Schemas } from '../../api/client';
import { useMay } from '../../api/session';
import { hopeless } from '../../push/codes';
import { refusalOf, useRefusalText } from '../../push/refusal';
import { cancellable, isOneOf, redrivable } from '../../push/status';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { useToast } from '../../ui/Toast';
import { useDrawerText } from './drawerText';

type Kind = 'redrive' | 'cancel';

/** What can be done with a push, by who may. */
export function Actions({ record }: { record: Schemas['Record'] }) {
  const may = useMay('change');
  // What is asked stays asked, whatever becomes of the push meanwhile.
  const [asked, setAsked] = useState<Kind | null>(null);
  const kind = asked ?? kindOf(record);
  if (!may || !kind) return null;
  return <Change key={kind} record={record} kind={kind} onAsk={setAsked} />;
}

function kindOf(record: Schemas['Record']): Kind | null {
  if (isOneOf(redrivable, record.status) && record.error_code !== 'INVALID_JOB') return 'redrive';
  return isOneOf(cancellable, record.status) ? 'cancel' : null;
}

const paths = { redrive: '/api/v1/pushes/{id}/redrive', cancel: '/api/v1/pushes/{id}/cancel' } as const;

type Props = { record: Schemas['Record']; kind: Kind; onAsk: (kind: Kind | null) => void };

function Change({ record, kind, onAsk }: Props) {
  const t = useDrawerText();
  const refused = useRefusalText();
  const say = useToast();
  const queries = useQueryClient();
  const [open, setOpenHere] = useState(false);
  const setOpen = (to: boolean) => {
    setOpenHere(to);
    onAsk(to ? kind : null);
  };
  const readAnew = () =>
    queries.invalidateQueries({ queryKey: ['get', '/api/v1/pushes/{id}', { params: { path: { id: record.id } } }] });
  const change = api.useMutation('post', paths[kind], {
    onSuccess: () => {
      setOpen(false);
      say(t(kind === 'redrive' ? 'redriveDone' : 'cancelDone'));
      void readAnew();
    },
    onError: () => void readAnew(),
  });
  const refusal = refusalOf(change.error);
  return (
    <>
      <Button
        variant={kind === 'redrive' ? 'contained' : 'outlined'}
        color={kind === 'redrive' ? 'primary' : 'error'}
        size="small"
        onClick={() => {
          change.reset();
          setOpen(true);
        }}
      >
        {t(kind)}
      </Button>
      <ConfirmDialog
        open={open}
        title={t(`${kind}Title`)}
        verb={t(kind)}
        danger={kind === 'cancel'}
        reason="optional"
        busy={change.isPending}
        error={refusal ? undefined : change.error}
        onConfirm={(reason) =>
          change.mutate({ params: { path: { id: record.id } }, body: reason ? { reason } : undefined })
        }
        onClose={() => setOpen(false)}
      >
        <Typography>{t(`${kind}Text`)}</Typography>
        {kind === 'redrive' && record.error_code && hopeless.includes(record.error_code) && (
          <Alert severity="warning">{t('redriveHopeless', { code: record.error_code })}</Alert>
        )}
        {refusal && <Alert severity="error">{refused(refusal)}</Alert>}
      </ConfirmDialog>
    </>
  );
}
