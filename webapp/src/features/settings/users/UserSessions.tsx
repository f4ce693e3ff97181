import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Skeleton from '@mui/material/Skeleton';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { api, client, type Schemas } from '../../../api/client';
import { useMe } from '../../../api/session';
import { useCommon } from '../../../i18n/common';
import { ConfirmDialog } from '../../../ui/ConfirmDialog';
import { Empty } from '../../../ui/Empty';
import { ErrorNotice } from '../../../ui/ErrorNotice';
import { useToast } from '../../../ui/Toast';
import { SessionRows } from '../SessionRows';
import { useUsersText } from './text';

type Session = Schemas['Session'];
const key = api.queryOptions('get', '/api/v1/sessions').queryKey;

/** Where a user is logged in, and the end of it. */
export function UserSessions({ name, onClose }: { name: string; onClose: () => void }) {
  const t = useUsersText();
  const common = useCommon();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
  const id = useId();
  const [asked, setAsked] = useState<Session[]>([]);
  const [open, setOpen] = useState(false);
  const all = api.useQuery('get', '/api/v1/sessions');
  const sessions = all.data?.items.filter((s) => s.user === name);
  const end = useMutation({
    mutationFn: async (some: Session[]) => {
      for (const one of some) await client.DELETE('/api/v1/sessions/{id}', { params: { path: { id: one.id } } });
      return some.length;
    },
    onSuccess: (count) => {
      setOpen(false);
      say(t('ended', { count }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  const ask = (some: Session[]) => {
    end.reset();
    setAsked(some);
    setOpen(true);
  };
  return (
    <Dialog open onClose={onClose} aria-labelledby={id} fullWidth maxWidth="lg">
      <DialogTitle id={id}>{t('sessionsTitle', { name })}</DialogTitle>
      <DialogContent>
        {all.isPending && <Skeleton variant="rounded" height={120} />}
        {all.error && !all.data && <ErrorNotice error={all.error} retry={() => void all.refetch()} />}
        {sessions?.length === 0 && <Empty title={t('noSessions')} />}
        {sessions && sessions.length > 0 && (
          <SessionRows
            label={t('sessionsTitle', { name })}
            sessions={sessions}
            current={me.session}
            onEnd={(s) => ask([s])}
          />
        )}
      </DialogContent>
      <DialogActions>
        {sessions && sessions.length > 1 && (
          <Button color="error" onClick={() => ask(sessions)}>
            {t('endAll', { count: sessions.length })}
          </Button>
        )}
        <Button onClick={onClose} autoFocus>
          {common('close')}
        </Button>
      </DialogActions>
      <ConfirmDialog
        open={open}
        title={t('endTitle', { name })}
        verb={t('endAll', { count: asked.length })}
        danger
        busy={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate(asked)}
        onClose={() => setOpen(false)}
      >
        {t('endText', { name, count: asked.length })}
      </ConfirmDialog>
    </Dialog>
  );
}
